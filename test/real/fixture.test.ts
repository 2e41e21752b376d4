import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { descendantsOf } from './daemon.ts';
import { startOvs } from './ovs.ts';
import { realSwitchReady } from './ready.ts';
import { run } from './run.ts';
import { type Sshd, startSshd } from './sshd.ts';

const { ready, why } = realSwitchReady();

describe.skipIf(!ready)(ready ? 'a real switch' : `a real switch (left out: ${why})`, () => {
  it('is configured over ssh, carries frames between servers of one VLAN only, and leaves nothing behind', async () => {
    const before = await traces();
    {
      await using ovs = await startOvs();
      await using sshd = await startSshd(ovs);
      await using login = await logIn(sshd);
      const [one, two] = ovs.servers;

      for (const { port } of ovs.servers) expect(await login.exec(`ovs-vsctl --timeout=15 add-port br-int ${port} tag=100`)).toBe('');
      expect(await one.ping(two.address)).toBe(true);
      expect(await two.ping(one.address, { count: 3 })).toBe(true);

      await login.exec(`ovs-vsctl --timeout=15 set Port ${two.port} tag=200`);
      expect(await ovs.vsctl('get', 'Port', two.port, 'tag')).toBe('200');
      expect(await one.ping(two.address, { deadline: 1 })).toBe(false);

      await login.exec(`ovs-vsctl --timeout=15 set Port ${one.port} tag=200`);
      expect(await one.ping(two.address)).toBe(true);
    }
    expect(await traces()).toEqual(before);
  });

  it('puts the login where the ports are', async () => {
    await using ovs = await startOvs();
    await using sshd = await startSshd(ovs);
    await using login = await logIn(sshd);
    const [{ port }] = ovs.servers;
    expect(await login.exec(`ip -brief link show ${port} && cat /sys/class/net/${port}/operstate`)).toMatch(/^pf0hpf@\S+ +UP .*\nup$/);
    expect(await login.exec(`echo "a  b" 'c;d' $OVS_RUNDIR; exit 3`)).toBe(`a  b c;d ${ovs.env.OVS_RUNDIR} (3)`);
    expect(sshd.log).toContain('Accepted publickey for');
  });

  it('stands beside another', async () => {
    await using one = await startOvs();
    await using other = await startOvs();
    await one.vsctl('add-port', 'br-int', 'pf0hpf');
    expect(await one.vsctl('list-ports', 'br-int')).toBe('pf0hpf');
    expect(await other.vsctl('list-ports', 'br-int')).toBe('');
  });

  it('ends a login that is still at work', async () => {
    const before = await traces();
    let sleeper = '';
    {
      await using sshd = await startSshd({ env: {} });
      const login = await logIn(sshd);
      sleeper = await login.begin('echo $$; exec sleep 600');
      expect(commandOf(sleeper)).toContain('sleep');
    }
    expect(await traces()).toEqual(before);
    await expect.poll(() => commandOf(sleeper)).toBe('');
  });

  it('leaves nothing behind when it fails half-way', async () => {
    const before = await traces();
    await expect(startOvs({ bridge: 'no/bridge' })).rejects.toThrow('no/bridge');
    expect(await traces()).toEqual(before);
  });
});

/** All that the fixture could forget. */
async function traces() {
  return {
    processes: descendantsOf(process.pid),
    namespaces: (await run('ip', ['netns', 'list'])).match(new RegExp(`^mercury-${process.pid}-\\S+`, 'gm')),
    links: readdirSync('/sys/class/net').filter(name => name.startsWith('pf')),
    directories: readdirSync(tmpdir()).filter(name => name.startsWith(`mercury-${process.pid}-`)),
  };
}

/** Empty when the process is gone. */
function commandOf(pid: string): string {
  const path = `/proc/${pid}/cmdline`;
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

interface Shell extends AsyncDisposable {
  /** What the command printed; a failure's status stands behind it. */
  exec(command: string): Promise<string>;
  /** What it printed first; the command goes on. */
  begin(command: string): Promise<string>;
}

async function logIn(sshd: Sshd): Promise<Shell> {
  const client = new ssh2.Client();
  const privateKey = await readFile(sshd.privateKey);
  await new Promise<void>((resolve, reject) => {
    client.once('ready', () => resolve()).on('error', reject);
    client.connect({
      host: sshd.address,
      port: sshd.port,
      username: sshd.username,
      privateKey,
      hostHash: 'sha256',
      hostVerifier: (hash: string) => `SHA256:${Buffer.from(hash, 'hex').toString('base64').replace(/=+$/, '')}` === sshd.fingerprint,
    });
  });
  // Listened to at once: everything that a short command has to say, its exit status too, may come in one packet with the channel.
  const open = <T>(command: string, listen: (channel: ssh2.ClientChannel, done: (value: T) => void) => void) =>
    new Promise<T>((resolve, reject) => client.exec(command, (error, channel) => (error ? reject(error) : listen(channel, resolve))));
  return {
    exec: command =>
      open<string>(command, (channel, done) => {
        let said = '';
        for (const stream of [channel, channel.stderr]) stream.on('data', (data: Buffer) => (said += data));
        let status: number | null = null;
        channel.once('exit', (code: number | null) => (status = code));
        channel.once('close', () => done(`${said.trim()}${status === 0 ? '' : ` (${status})`}`));
      }),
    begin: command => open<string>(command, (channel, done) => channel.once('data', (data: Buffer) => done(String(data).trim()))),
    async [Symbol.asyncDispose]() {
      client.end();
    },
  };
}
