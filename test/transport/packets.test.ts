import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import ssh2, { type CipherAlgorithm, type Client, type ClientChannel, type Connection, type MacAlgorithm } from 'ssh2';
import { expect, it } from 'vitest';
import { logIn } from '../../server/transport/login.ts';
import { sealPacketKeys } from '../../server/transport/packet-keys.ts';
import { soon } from '../ends.ts';
import { deviceAt, Ssh } from './servers.ts';

/** Where npm was let compile it, ssh2's own addon keeps the keys. */
const ADDON = existsSync(
  createRequire(import.meta.url)
    .resolve('ssh2')
    .replace(/index\.js$/, 'protocol/crypto/build/Release/sshcrypto.node'),
);
const USER = { username: 'mercury', password: 'lab-password' };

/** Lets anybody in, and says in its shell what is said to it. */
function parrot(client: Connection): void {
  client.on('authentication', context => context.accept());
  client.on('session', accept =>
    accept()
      .on('pty', agree => agree())
      .on('shell', agree => {
        const channel = agree();
        channel.pipe(channel);
      }),
  );
}

function shellOf(client: Client): Promise<ClientChannel> {
  return new Promise((resolve, reject) => client.shell((error, shell) => (error ? reject(error) : resolve(shell))));
}

/** What comes back, as a text of so many characters. */
async function said(channel: ClientChannel, text: string): Promise<string> {
  let heard = '';
  const whole = new Promise<string>(resolve => {
    channel.on('data', (data: Buffer) => {
      heard += data.toString();
      if (heard.length >= text.length) resolve(heard);
    });
  });
  channel.write(text);
  return whole.finally(() => channel.removeAllListeners('data'));
}

it.each<[cipher: CipherAlgorithm, mac: MacAlgorithm, keys: number]>([
  ['aes128-gcm@openssh.com', 'hmac-sha2-256', 2],
  ['aes256-gcm@openssh.com', 'hmac-sha2-256', 2],
  ['aes128-ctr', 'hmac-sha2-256-etm@openssh.com', 2],
  ['aes256-ctr', 'hmac-sha2-512', 2],
  ['aes256-cbc', 'hmac-sha1', 2],
  ['chacha20-poly1305@openssh.com' as CipherAlgorithm, 'hmac-sha2-256', 4],
])('speaks %s with %s by keys that are sealed, and after they were changed', async (cipher, mac, keys) => {
  await using ssh = await Ssh.start(parrot, { algorithms: { cipher: [cipher], hmac: [mac] } });
  const client = new ssh2.Client();
  client.connect({ ...USER, host: '127.0.0.1', port: ssh.port, algorithms: { cipher: [cipher], hmac: [mac] } });
  await once(client, 'ready');
  expect(sealPacketKeys(client)).toBe(ADDON ? 0 : keys);
  const channel = await shellOf(client);
  for (const text of ['a', 'show running-config\n'.repeat(5000)]) expect(await said(channel, text)).toBe(text);
  const changed = once(client, 'handshake');
  for (const one of ssh.clients) one.rekey();
  await changed;
  expect(await said(channel, 'show clock\n')).toBe('show clock\n');
  expect(sealPacketKeys(client)).toBe(ADDON ? 0 : keys);
  expect(await said(channel, 'show users\n')).toBe('show users\n');
  client.end();
});

/** A connection to the server that counts what is handed to the kernel at one time. */
class Counted extends Duplex {
  readonly #far: Socket;
  pieces = 0;

  constructor(port: number) {
    super();
    this.#far = connect(port, '127.0.0.1')
      .on('data', data => this.push(data))
      .on('close', () => this.destroy());
  }

  override _read(): void {}

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.pieces += 1;
    this.#far.write(piece, done);
  }

  override _writev(pieces: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(pieces.map(({ chunk }) => chunk)), '', done);
  }

  override _final(done: () => void): void {
    this.#far.end(done);
  }
}

it('hands a packet to the kernel in one piece', async () => {
  await using ssh = await Ssh.start(parrot);
  const socket = new Counted(ssh.port);
  const session = await logIn({ host: deviceAt(ssh.port), credentials: USER }, 'sw1', async () => socket, soon());
  const channel = await shellOf(session.client);
  const before = socket.pieces;
  for (let nth = 0; nth < 20; nth += 1) {
    const heard = once(channel, 'data');
    session.together(() => channel.write(`line ${nth}\n`));
    expect(String(await heard)).toBe(`line ${nth}\n`);
  }
  expect(socket.pieces - before).toBe(20);
  await session.hangUp();
});
