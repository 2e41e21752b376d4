import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, describe, expect, it } from 'vitest';
import { freePorts } from '../ports.ts';
import { Folder, mercury, type Running, startMercury } from './run.ts';

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());

interface Told {
  readonly user: { readonly username: string; readonly password: string; readonly enable: string };
  readonly devices: readonly {
    name: string;
    platform: string;
    address: string;
    port: number;
    fingerprint: string;
    ports: readonly string[];
  }[];
}

async function startLab(args: readonly string[] = []): Promise<{ lab: Running; told: Told }> {
  const lab = startMercury(['lab', '--json', ...args]);
  await lab.prints(/\n}\n/);
  return { lab, told: JSON.parse(lab.out) as Told };
}

/** Logs in with a client that is not ours and types lines, each when the device shows a prompt again. */
async function typeInto(told: Told, platform: string, lines: readonly [prompt: RegExp, line: string][]): Promise<string> {
  const device = told.devices.find(one => one.platform === platform);
  const client = new ssh2.Client();
  client.on('error', () => {});
  client.connect({ host: device?.address ?? '', port: device?.port ?? 0, username: told.user.username, password: told.user.password });
  await once(client, 'ready');
  const stream = await new Promise<ssh2.ClientChannel>((resolve, reject) =>
    client.shell((error, channel) => (error ? reject(error) : resolve(channel))),
  );
  let screen = '';
  let heard = () => {};
  stream.on('data', (data: Buffer) => {
    screen += data.toString();
    heard();
  });
  let seen = 0;
  for (const [prompt, line] of lines) {
    while (!prompt.test(screen.slice(seen))) await new Promise<void>(resolve => (heard = resolve));
    seen = screen.length;
    stream.write(`${line}\n`);
  }
  await once(stream, 'close');
  client.end();
  return screen;
}

const refused = (port: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
  });

describe('mercury lab', () => {
  it('prints for people where each switch is and how to log in', async () => {
    await using lab = startMercury(['lab']);
    await lab.prints(/Ctrl-C stops the switches/);
    for (const platform of ['cisco_ios', 'arista_eos', 'juniper_junos', 'dell_os10', 'openvswitch']) {
      expect(lab.out).toMatch(new RegExp(`^lab-\\S+ +${platform} +\\d+ +\\S+ and 11 more$`, 'm'));
    }
    expect(lab.out).toContain('ssh -p PORT mercury@127.0.0.1');
    expect(lab.out).toContain('--write DIR');
    lab.signal('SIGINT');
    expect(await lab.ended).toMatchObject({ status: 0, signal: null, err: '' });
    expect(lab.leftBehind).toBe(false);
  });

  it('lets a real SSH client in, with enable, configuration and a way out', async () => {
    const { lab, told } = await startLab();
    await using _ = lab;
    const screen = await typeInto(told, 'cisco_ios', [
      [/>$/, 'enable'],
      [/Password: ?$/, told.user.enable],
      [/#$/, 'terminal length 0'],
      [/#$/, 'configure terminal'],
      [/\(config\)#$/, 'vlan 123'],
      [/#$/, 'end'],
      [/#$/, 'show vlan id 123'],
      [/#$/, 'show vlna id 123'],
      [/#$/, 'exit'],
    ]);
    expect(screen).toMatch(/^123 +VLAN0123 +active/m);
    expect(screen).toContain('% Invalid input');
    expect(screen).not.toContain(told.user.enable);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s with 0 and leaves nothing, whoever is still connected', async signal => {
    const { lab, told } = await startLab();
    await using _ = lab;
    const [first] = told.devices;
    const client = new ssh2.Client().on('error', () => {});
    client.connect({ port: first?.port ?? 0, username: told.user.username, password: told.user.password });
    await once(client, 'ready');
    // Connected and silent, and deaf to the server's goodbye.
    const silent = connect({ port: first?.port ?? 0, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
    await once(silent, 'connect');
    lab.signal(signal);
    expect(await lab.ended).toMatchObject({ status: 0, signal: null });
    expect(lab.leftBehind).toBe(false);
    for (const { port } of told.devices) expect(await refused(port)).toBe(true);
    silent.destroy();
    client.end();
  });

  it('writes an inventory and credentials with which the other sub-commands work', async () => {
    const where = mkdtempSync(join(folder.path, 'written-'));
    const { lab } = await startLab(['--write', where]);
    await using _ = lab;
    expect(readdirSync(where).sort()).toEqual(['credentials.yml', 'inventory']);
    expect(statSync(join(where, 'credentials.yml')).mode & 0o777).toBe(0o600);
    const env = { MERCURY_INVENTORY: join(where, 'inventory'), MERCURY_CREDENTIALS: join(where, 'credentials.yml') };
    const words = ['attach_port', 'lab-eos-2', 'Ethernet1', '--native', '100'];
    expect(await mercury(['apply', ...words], { env })).toMatchObject({ status: 0 });
    expect(await mercury(['verify', ...words], { env })).toMatchObject({ status: 0 });
  });

  it('overwrites files of its own and leaves those of others alone', async () => {
    const where = mkdtempSync(join(folder.path, 'foreign-'));
    const credentials = join(where, 'credentials.yml');
    writeFileSync(credentials, 'real: { username: admin, password: precious }\n');
    const first = await mercury(['lab', '--write', where]);
    expect(first).toMatchObject({ status: 2, err: expect.stringContaining(`${credentials} is there and was not written by the lab`) });
    expect(readFileSync(credentials, 'utf8')).toContain('precious');
    expect(existsSync(join(where, 'inventory'))).toBe(false);

    const own = mkdtempSync(join(folder.path, 'own-'));
    for (let times = 0; times < 2; times += 1) {
      const { lab } = await startLab(['--write', own]);
      lab.signal('SIGTERM');
      expect(await lab.ended).toMatchObject({ status: 0 });
    }
  });

  it('takes the time that it is told to take', async () => {
    const { lab, told } = await startLab(['--login', '400', '--command', '150']);
    await using _ = lab;
    const since = Date.now();
    await typeInto(told, 'arista_eos', [
      [/>$/, 'show vlan'],
      [/>$/, 'exit'],
    ]);
    expect(Date.now() - since).toBeGreaterThanOrEqual(400 + 2 * 150);
  });

  it('lets in no more sessions than it is told', async () => {
    const { lab, told } = await startLab(['--sessions', '1']);
    await using _ = lab;
    const options = { port: told.devices[1]?.port ?? 0, username: told.user.username, password: told.user.password };
    const first = new ssh2.Client().on('error', () => {}).connect(options);
    await once(first, 'ready');
    const second = new ssh2.Client().on('error', () => {});
    const outcome = Promise.race([once(second, 'ready').then(() => 'in'), once(second, 'close').then(() => 'out')]);
    second.connect(options);
    expect(await outcome).toBe('out');
    first.end();
  });

  it('starts at the port it is told, and ends with 2 when one of them is taken or there is none', async () => {
    const before = await freePorts(8);
    const first = before + 3;
    const { lab, told } = await startLab(['--first-port', `${first}`]);
    await using _ = lab;
    expect(told.devices.map(({ port }) => port)).toEqual([0, 1, 2, 3, 4].map(nth => first + nth));
    const [taken, beyond] = await Promise.all([mercury(['lab', '--first-port', `${before}`]), mercury(['lab', '--first-port', '65533'])]);
    expect(taken).toMatchObject({ status: 2, out: '' });
    expect(taken.err).toContain(
      `cannot listen on port ${before} and those after it: something listens there already; --first-port chooses others`,
    );
    expect(await refused(before)).toBe(true);
    expect(beyond).toMatchObject({ status: 2, err: expect.stringContaining('--first-port 65533: must be from 1 to 65531') });
  });

  it('ends with 2 when it cannot write', async () => {
    const file = join(folder.path, 'a-file');
    writeFileSync(file, '');
    expect(await mercury(['lab', '--write', file])).toMatchObject({ status: 2, err: expect.stringContaining(`error: --write ${file}: `) });
  });
});
