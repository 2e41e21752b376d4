import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection as Client, ServerChannel } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAB_USER, type Lab, startLab } from '../../server/lab/lab.ts';
import type { Device } from '../../server/model.ts';
import { openTerminal } from '../../server/terminal/open.ts';
import type { Credentials } from '../../server/transport/hop.ts';
import { connectSsh } from '../../server/transport/ssh.ts';
import { failureOf, soon } from '../ends.ts';
import { deviceAt, Ssh } from '../transport/servers.ts';
import { IOS_LIKE, line } from './device.ts';

/** A TCP server of the test's own; `await using` stops it with everything that is connected. */
class Tcp implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(talk: (socket: Socket) => void) {
    this.#server = createServer(socket => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      talk(socket);
    });
  }

  static async start(talk: (socket: Socket) => void): Promise<Tcp> {
    const tcp = new Tcp(talk);
    tcp.#server.listen(0, '127.0.0.1');
    await once(tcp.#server, 'listening');
    return tcp;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get open(): number {
    return [...this.#sockets].filter(socket => !socket.destroyed).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const letIn = (client: Client) => client.on('authentication', context => context.accept());

/** A box whose every command is carried out by `run`. */
function box(run: (command: string, channel: ServerChannel) => void): Promise<Ssh> {
  return Ssh.start(client => {
    letIn(client);
    client.on('session', accept => accept().on('exec', (take, _refuse, info) => run(info.command, take())));
  });
}

const PASSWORD: Credentials = { username: 'mercury', password: 'lab-password' };

describe('logging in to a lab switch', () => {
  let lab: Lab;
  let device: Device;
  const right: Credentials = { username: LAB_USER.username, password: LAB_USER.password };
  beforeAll(async () => {
    lab = await startLab({ devices: { sw1: 'cisco_ios' } });
    device = deviceAt(lab.device('sw1').port, { hostKeys: [lab.device('sw1').fingerprint] });
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  it('works with the right password and the right key', async () => {
    const connection = await connectSsh(device, right, soon());
    expect(connection.alive).toBe(true);
    await connection.close();
    expect(connection.alive).toBe(false);
  });

  it('works with any of several keys, as while one is being replaced', async () => {
    const other = `SHA256:${'A'.repeat(43)}`;
    const connection = await connectSsh({ ...device, hostKeys: [other, lab.device('sw1').fingerprint] }, right, soon());
    await connection.close();
  });

  it('works without a look at the key only where the inventory says `any`', async () => {
    const connection = await connectSsh({ ...device, hostKeys: 'any' }, right, soon());
    await connection.close();
  });

  it('is refused for a wrong password, and the message holds none', async () => {
    const before = lab.device('sw1').logins;
    const failure = await failureOf(connectSsh(device, { username: 'mercury', password: 'not-the-password' }, soon()));
    expect(failure).toMatchObject({
      kind: 'login_refused',
      outcome: 'refused',
      message: `sw1 (127.0.0.1:${device.port}) refused the login of mercury`,
    });
    expect(JSON.stringify(failure)).not.toContain('not-the-password');
    expect(lab.device('sw1').logins).toBe(before);
  });

  it('is refused for a key that is none of the inventory’s, and the message names the fingerprint that was seen', async () => {
    const { fingerprint } = lab.device('sw1');
    const failure = await failureOf(connectSsh({ ...device, hostKeys: [`SHA256:${'A'.repeat(43)}`] }, right, soon()));
    expect(failure).toMatchObject({
      kind: 'host_key',
      message: `sw1 shows the host key ${fingerprint}: it is none of those in the inventory (SHA256:${'A'.repeat(43)})`,
    });
  });

  it('is refused where the inventory has no key, before any password is sent', async () => {
    const before = lab.device('sw1').logins;
    const failure = await failureOf(connectSsh({ ...device, hostKeys: [] }, right, soon()));
    expect(failure).toMatchObject({
      kind: 'host_key',
      message: expect.stringMatching(/^sw1 shows the host key SHA256:\S{43}: the inventory has no host_keys for it$/),
    });
    expect(lab.device('sw1').logins).toBe(before);
  });

  it('is refused for a private key that is not there, and for one that is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mercury-key-'));
    const garbage = join(folder, 'id');
    writeFileSync(garbage, 'not a key\n');
    const missing = await failureOf(connectSsh(device, { username: 'mercury', private_key: join(folder, 'nothing') }, soon()));
    expect(missing).toMatchObject({ kind: 'login_refused', message: expect.stringContaining('nothing cannot be read: ENOENT') });
    const wrong = await failureOf(connectSsh(device, { username: 'mercury', private_key: garbage }, soon()));
    expect(wrong).toMatchObject({ kind: 'login_refused', message: expect.stringContaining(`${garbage} cannot be used: `) });
    rmSync(folder, { recursive: true });
  });

  it('leaves no session behind when it failed', async () => {
    await failureOf(connectSsh(device, { username: 'mercury', password: 'not-the-password' }, soon()));
    await failureOf(connectSsh({ ...device, hostKeys: [] }, right, soon()));
    await expect.poll(() => lab.device('sw1').sessions).toBe(0);
  });
});

describe('a device that cannot be reached', () => {
  it('refuses the connection', async () => {
    const tcp = await Tcp.start(() => {});
    const { port } = tcp;
    await tcp[Symbol.asyncDispose]();
    const failure = await failureOf(connectSsh(deviceAt(port), PASSWORD, soon()));
    expect(failure).toMatchObject({
      kind: 'unreachable',
      outcome: 'refused',
      message: `sw1 (127.0.0.1:${port}) cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  it('has a name that nobody knows', async () => {
    const failure = await failureOf(connectSsh(deviceAt(22, { address: 'no-such-switch.invalid' }), PASSWORD, soon()));
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toMatch(/^sw1 \(no-such-switch\.invalid:22\) cannot be reached: getaddrinfo E/);
  });

  it('accepts and stays silent: the deadline ends it, and the connection is dropped', async () => {
    await using tcp = await Tcp.start(socket => socket.resume());
    const failure = await failureOf(connectSsh(deviceAt(tcp.port), PASSWORD, soon(1000)));
    expect(failure).toMatchObject({
      kind: 'timeout',
      outcome: 'refused',
      message: expect.stringMatching(/^gave up after [\d.]+ s waiting to log in to sw1/),
    });
    await expect.poll(() => tcp.open).toBe(0);
  });

  it('accepts and says what is no SSH', async () => {
    await using tcp = await Tcp.start(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const failure = await failureOf(connectSsh(deviceAt(tcp.port), PASSWORD, soon()));
    expect(failure.kind).toBe('unreachable');
  });

  it('closes during login', async () => {
    await using tcp = await Tcp.start(socket => socket.end('SSH-2.0-test\r\n'));
    const failure = await failureOf(connectSsh(deviceAt(tcp.port), PASSWORD, soon()));
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toMatch(/^sw1 \(127\.0\.0\.1:\d+\) (?:closed the connection during login|cannot be reached: )/);
  });

  it('resets the connection while it is asked for the password, which ends one call and not the process', async () => {
    await using ssh = await Ssh.start(client => {
      client.on('authentication', context => {
        if (context.method === 'none') return context.reject(['password']);
        const { _sock } = client as unknown as { _sock: Socket };
        _sock.resetAndDestroy();
      });
    });
    const failure = await failureOf(connectSsh(deviceAt(ssh.port), PASSWORD, soon()));
    expect(failure).toMatchObject({ kind: 'unreachable', outcome: 'refused' });
  });

  it('has no time left', async () => {
    await using ssh = await Ssh.start(letIn);
    const failure = await failureOf(connectSsh(deviceAt(ssh.port), PASSWORD, soon(-1)));
    expect(failure).toMatchObject({ kind: 'timeout', message: expect.stringContaining('no time left to log in to sw1') });
  });

  it('takes the login and gives no shell', async () => {
    await using ssh = await Ssh.start(client => {
      letIn(client);
      client.on('session', accept => accept().on('shell', (_take, refuse) => refuse()));
    });
    const failure = await failureOf(openTerminal(deviceAt(ssh.port), IOS_LIKE, PASSWORD, soon()));
    expect(failure).toMatchObject({ kind: 'session_lost', message: 'the connection to sw1 was lost' });
    await expect.poll(() => ssh.clients.size).toBe(0);
  });
});

it('says at once that the shell is gone, when the device closed it before anybody listened', async () => {
  await using ssh = await Ssh.start(client => {
    letIn(client);
    client.on('session', accept =>
      accept()
        .on('pty', take => take?.())
        .on('shell', take => take().end('no more sessions\r\n'))
        .on('exec', take => {
          const channel = take();
          channel.exit(0);
          channel.end();
        }),
    );
  });
  const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
  const shell = await connection.openShell();
  shell.onText(() => {});
  // What comes later on the connection is answered, so the end of the shell has come by.
  await connection.exec('true');
  await new Promise<void>(resolve => shell.onClose(resolve));
  await connection.close();
});

describe('a login by questions', () => {
  it('answers them with the password', async () => {
    const answers: string[] = [];
    await using ssh = await Ssh.start(client => {
      client.on('authentication', context => {
        if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
        context.prompt([{ prompt: 'Password: ', echo: false }], given => {
          answers.push(...given);
          context.accept();
        });
      });
    });
    const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
    await connection.close();
    expect(answers).toEqual(['lab-password']);
  });
});

describe('a command on a box', () => {
  it('answers with both outputs and the exit status', async () => {
    await using ssh = await box((command, channel) => {
      channel.write(`out of ${command}\n`);
      channel.stderr.write('and a warning\n');
      channel.exit(3);
      channel.end();
    });
    const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
    expect(await connection.exec('ls')).toEqual({ stdout: 'out of ls\n', stderr: 'and a warning\n', status: 3 });
    await connection.close();
  });

  it('has no status when a signal ended it', async () => {
    await using ssh = await box((_command, channel) => {
      channel.exit('KILL', false, 'killed');
      channel.end();
    });
    const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
    expect(await connection.exec('sleep')).toEqual({ stdout: '', stderr: '', status: undefined });
    await connection.close();
  });

  it('keeps characters whole that are cut between two packets', async () => {
    const text = Buffer.from('Zürich 雨 ☂\n');
    await using ssh = await box((_command, channel) => {
      const pieces = [...text].map(byte => Buffer.of(byte));
      const send = () => {
        const piece = pieces.shift();
        if (piece) channel.write(piece, () => setImmediate(send));
        else {
          channel.stderr.write('');
          channel.exit(0);
          channel.end();
        }
      };
      send();
    });
    const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
    expect((await connection.exec('cat')).stdout).toBe(text.toString());
    await connection.close();
  });

  it('that never ends is kept in bounds: what it printed, and how long it may take', async () => {
    await using ssh = await box((_command, channel) => {
      const megabyte = Buffer.alloc(1024 * 1024, 'x');
      let left = 12;
      const send = () => {
        left -= 1;
        if (left >= 0) channel.write(megabyte, send);
        else {
          channel.exit(0);
          channel.end();
        }
      };
      send();
    });
    const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
    expect((await connection.exec('yes')).stdout.length).toBeLessThan(9 * 1024 * 1024);
    await connection.close();
  });

  it('fails as lost when the connection drops before its status', async () => {
    await using ssh = await Ssh.start(client => {
      letIn(client);
      client.on('session', accept => accept().on('exec', () => (client as unknown as { _sock: Socket })._sock.destroy()));
    });
    const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
    expect(await failureOf(connection.exec('ls'))).toMatchObject({ kind: 'session_lost', message: 'the connection to sw1 was lost' });
    expect(connection.alive).toBe(false);
  });

  it('fails as lost when its channel closes without a status', async () => {
    await using ssh = await box((_command, channel) => channel.end('half an answer'));
    const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
    expect((await failureOf(connection.exec('ls'))).kind).toBe('session_lost');
    await connection.close();
  });

  const EXEC = { ...IOS_LIKE, session: 'exec' as const, modes: new Map(), failures: [/^box: /m] };
  const step = (text: string, tolerate: readonly RegExp[] = []) => ({ mode: 'shell', lines: [line(text)], tolerate, answer: [] });

  it('is refused by its status, by the vendor’s words in spite of status 0, and by neither where that is tolerated', async () => {
    await using ssh = await box((command, channel) => {
      if (command === 'wrong') channel.stderr.write('no such port\n');
      if (command === 'lies') channel.write('box: could not\n');
      channel.exit(command === 'right' || command === 'lies' ? 0 : 2);
      channel.end();
    });
    const terminal = await openTerminal(deviceAt(ssh.port), EXEC, PASSWORD, soon());
    expect(await terminal.run(step('right'), soon())).toHaveLength(1);
    expect(await failureOf(terminal.run(step('wrong'), soon()))).toMatchObject({ kind: 'rejected', said: 'no such port' });
    expect(await failureOf(terminal.run(step('lies'), soon()))).toMatchObject({ kind: 'rejected', said: 'box: could not' });
    expect(await failureOf(terminal.run(step('silent'), soon()))).toMatchObject({ kind: 'rejected', said: 'exit status 2' });
    expect(await terminal.run(step('wrong', [/no such port/]), soon())).toHaveLength(1);
    expect(terminal.alive).toBe(true);
    await terminal.close();
  });

  it('has its log lines left out, wherever it prints them', async () => {
    await using ssh = await box((command, channel) => {
      channel.stderr.write('sudo: unable to resolve host sw1\n');
      channel.stderr.write(command === 'wrong' ? 'no such port\n' : '');
      channel.write('one\nsudo: unable to resolve host sw1\ntwo\n');
      channel.exit(command === 'wrong' ? 1 : 0);
      channel.end();
    });
    const terminal = await openTerminal(deviceAt(ssh.port), { ...EXEC, noise: [/^sudo: unable to resolve host /m] }, PASSWORD, soon());
    expect((await terminal.run(step('right'), soon()))[0]?.received).toBe('one\ntwo');
    expect(await failureOf(terminal.run(step('wrong'), soon()))).toMatchObject({ said: 'no such port' });
    await terminal.close();
  });

  it('that hangs is given up at the deadline, and its session is trusted no more', async () => {
    await using ssh = await box(() => {});
    const terminal = await openTerminal(deviceAt(ssh.port), EXEC, PASSWORD, soon());
    const failure = await failureOf(terminal.run(step('sleep'), soon(1000)));
    expect(failure).toMatchObject({ kind: 'timeout', message: expect.stringContaining('waiting to hear from sw1 after "sleep"') });
    expect(terminal.alive).toBe(false);
    await terminal.close();
    await expect.poll(() => ssh.clients.size).toBe(0);
  });
});
