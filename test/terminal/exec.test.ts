import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type Connection as Client, type ServerChannel } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHostKey } from '../../server/lab/host-key.ts';
import { ExecTerminal } from '../../server/terminal/exec.ts';
import { connectSsh } from '../../server/transport/ssh.ts';
import type { Connection } from '../../server/transport/transport.ts';
import { soon } from '../ends.ts';
import { deviceAt } from '../transport/servers.ts';
import { IOS_LIKE, line } from './device.ts';

/** What the box does with a command; every one ends with status 0. */
const COMMANDS: Readonly<Record<string, (channel: ServerChannel) => Promise<void>>> = {
  yes: async channel => {
    const megabyte = Buffer.alloc(1024 * 1024, 'y\n');
    for (let i = 0; i < 30; i += 1) if (!channel.write(megabyte)) await once(channel, 'drain');
  },
  complain: async channel => {
    for (let i = 0; i < 10; i += 1) if (!channel.stderr.write(Buffer.alloc(1024 * 1024, 'n\n'))) await once(channel.stderr, 'drain');
  },
  odd: async channel => {
    channel.write(
      Buffer.concat([
        Buffer.from('\x1b[31mred\x1b[0m\0 \x07bell\x1b]0;title\x07\r\nZ'),
        Buffer.of(0xfc),
        Buffer.from('rich \x1b[6n\x1b\n'),
      ]),
    );
  },
};

let server: ssh2.Server;
let connection: Connection;
beforeAll(async () => {
  const { privateKey, fingerprint } = makeHostKey();
  server = new ssh2.Server({ hostKeys: [privateKey] }, (client: Client) => {
    client.on('error', () => {});
    client.on('authentication', context => context.accept());
    client.on('session', accept =>
      accept().on('exec', async (take, _refuse, { command }) => {
        const channel = take();
        channel.on('error', () => {});
        await COMMANDS[command]?.(channel);
        channel.exit(0);
        channel.end();
      }),
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  connection = await connectSsh(deviceAt(port, { hostKeys: [fingerprint] }), { username: 'm', password: 'x' }, soon());
});
afterAll(async () => {
  await connection.close();
  await new Promise<void>(resolve => server.close(() => resolve()));
});

const EXEC = { ...IOS_LIKE, session: 'exec' as const, modes: new Map(), failures: [/^box: /m], noise: [] };
const terminal = () => new ExecTerminal(connection, { dialect: EXEC, device: 'sw1' });
const step = (text: string) => ({ lines: [line(text)], tolerate: [] });

describe('a command', () => {
  it.each(['yes', 'complain'])('that does not stop fails as lost: of its answer a part is missing (%s)', async command => {
    const box = terminal();
    const before = process.memoryUsage().heapUsed + process.memoryUsage().external;
    await expect(box.run(step(command), soon())).rejects.toMatchObject({
      kind: 'session_lost',
      message: `sw1 said more than 8 MB after "${command}"`,
    });
    expect(process.memoryUsage().heapUsed + process.memoryUsage().external - before).toBeLessThan(150 * 1024 * 1024);
    expect(box.alive).toBe(false);
  });

  it('has its answer told without control characters', async () => {
    const [said] = await terminal().run(step('odd'), soon());
    expect(said?.received).toBe('red bell\nZ\ufffdrich');
  });
});
