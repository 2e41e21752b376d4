import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAB_USER, type Lab, startLab } from '../../server/lab/lab.ts';
import { KnownHosts } from '../../server/library/known-hosts.ts';
import type { Device, Host } from '../../server/model.ts';
import type { Credentials, Hop } from '../../server/transport/hop.ts';
import { scanHostKeys } from '../../server/transport/keyscan.ts';
import { connectSsh } from '../../server/transport/ssh.ts';
import { Way } from '../../server/transport/way.ts';
import { ensurePackages } from '../debian.ts';
import { failureOf, soon } from '../ends.ts';
import { BlackHole } from '../transport/black-hole.ts';
import { deviceAt } from '../transport/servers.ts';
import { startDaemon } from './daemon.ts';
import { temporaryDirectory } from './directory.ts';
import { run } from './run.ts';
import { makeKey, type Sshd, startSshd } from './sshd.ts';

const readiness = process.getuid?.() === 0 ? ensurePackages(['openssh-server']) : { ready: false, why: 'only root can start sshd here' };
if (!readiness.ready && process.env.CI === 'true') throw new Error(`no OpenSSH to test with: ${readiness.why}`);
if (!readiness.ready) console.error(`\n!!! LEFT OUT: logins to OpenSSH: ${readiness.why}\n`);

const deviceOf = ({ port, fingerprint }: { port: number; fingerprint?: string }, more: Partial<Device> = {}): Device =>
  deviceAt(port, { hostKeys: fingerprint === undefined ? [] : [fingerprint], ...more });

describe.skipIf(!readiness.ready)(readiness.ready ? 'a login to OpenSSH' : `a login to OpenSSH (left out: ${readiness.why})`, () => {
  const cleanup = new AsyncDisposableStack();
  let folder: string;
  let sshd: Sshd;
  let key: Credentials;
  beforeAll(async () => {
    folder = await temporaryDirectory('login', cleanup);
    sshd = cleanup.use(await startSshd({ env: {}, keys: ['ed25519', 'rsa', 'ecdsa'], config: [`Banner ${join(folder, 'banner')}`] }));
    await writeFile(join(folder, 'banner'), `${'No trespassing! '.repeat(300)}\nsw1# \nPassword: \n`);
    key = { username: sshd.username, private_key: sshd.privateKey };
  });
  afterAll(() => cleanup.disposeAsync());

  /** Logs in, and asks for the name of whoever got in. */
  async function whoami(device: Device, credentials: Credentials, jumps: readonly Hop[] = []): Promise<string> {
    const connection = await connectSsh(device, credentials, soon(), jumps);
    const { stdout } = await connection.exec('id -un');
    await connection.close();
    return stdout.trim();
  }

  describe('with a key', () => {
    it.each([
      ['ed25519', ''],
      ['ed25519', 'open sesame'],
      ['rsa', ''],
      ['rsa', 'open sesame'],
      ['ecdsa', 'open sesame'],
    ])('of type %s and the passphrase %j works, as a file and as the key itself', async (type, passphrase) => {
      const path = join(folder, `user_${type}_${passphrase.length}`);
      await makeKey(path, type, passphrase);
      await using other = await startSshd({ env: {}, config: [`AuthorizedKeysFile ${path}.pub`] });
      const secret = passphrase === '' ? {} : { passphrase };
      const device = deviceOf(other);
      expect(await whoami(device, { username: other.username, private_key: path, ...secret })).toBe(other.username);
      const text = await readFile(path, 'utf8');
      expect(await whoami(device, { username: other.username, private_key: text, ...secret })).toBe(other.username);
    });

    it('whose passphrase is wrong is refused before anybody is called, and the message has neither', async () => {
      const path = join(folder, 'user_locked');
      await makeKey(path, 'ed25519', 'open sesame');
      const failure = await failureOf(
        connectSsh(deviceOf({ port: 1 }), { username: 'x', private_key: path, passphrase: 'barley' }, soon()),
      );
      expect(failure).toMatchObject({ kind: 'login_refused', message: expect.stringContaining(`${path} cannot be used: `) });
      expect(failure.message).not.toContain('barley');
    });

    it('that the host does not know is refused', async () => {
      const path = join(folder, 'user_stranger');
      await makeKey(path);
      const failure = await failureOf(connectSsh(deviceOf(sshd), { username: sshd.username, private_key: path }, soon()));
      expect(failure).toMatchObject({
        kind: 'login_refused',
        message: `sw1 (127.0.0.1:${sshd.port}) refused the login of ${sshd.username}`,
      });
    });

    it('is what a host wants that takes no passwords: the refusal says so', async () => {
      const failure = await failureOf(connectSsh(deviceOf(sshd), { username: sshd.username, password: 'long-password' }, soon()));
      expect(failure.message).toBe(
        `sw1 (127.0.0.1:${sshd.port}) refused the login of ${sshd.username}: it takes publickey, and the credentials have a password`,
      );
    });
  });

  describe('with an ssh-agent', () => {
    it('works by the path of its socket, and by SSH_AUTH_SOCK', async () => {
      const socket = join(folder, 'agent.sock');
      await using agent = await startDaemon({ command: 'ssh-agent', args: ['-D', '-a', socket], ready: /SSH_AUTH_SOCK/ });
      expect(agent.log).toContain(socket);
      const empty = await failureOf(connectSsh(deviceOf(sshd), { username: sshd.username, agent: socket }, soon()));
      expect(empty).toMatchObject({ kind: 'login_refused', message: expect.stringContaining('refused the login of') });
      const others = join(folder, 'user_other');
      await makeKey(others, 'rsa');
      await run('ssh-add', ['-q', others, sshd.privateKey], { SSH_AUTH_SOCK: socket });
      expect(await whoami(deviceOf(sshd), { username: sshd.username, agent: socket })).toBe(sshd.username);
      const before = process.env.SSH_AUTH_SOCK;
      process.env.SSH_AUTH_SOCK = socket;
      try {
        expect(await whoami(deviceOf(sshd), { username: sshd.username, agent: true })).toBe(sshd.username);
        delete process.env.SSH_AUTH_SOCK;
        const none = await failureOf(connectSsh(deviceOf(sshd), { username: sshd.username, agent: true }, soon()));
        expect(none).toMatchObject({ kind: 'login_refused', message: expect.stringContaining('SSH_AUTH_SOCK') });
      } finally {
        if (before !== undefined) process.env.SSH_AUTH_SOCK = before;
      }
    });

    it('that does not answer is said to be the reason, unless there is another way in', async () => {
      const gone = join(folder, 'nobody.sock');
      const failure = await failureOf(connectSsh(deviceOf(sshd), { username: sshd.username, agent: gone }, soon()));
      expect(failure).toMatchObject({
        kind: 'login_refused',
        message: expect.stringMatching(/refused the login of \S+; the ssh-agent: ./),
      });
      const stranger = join(folder, 'user_agentless');
      await makeKey(stranger);
      await failureOf(connectSsh(deviceOf(sshd), { username: sshd.username, agent: gone, private_key: stranger }, soon()));
      expect(await whoami(deviceOf(sshd), { ...key, agent: gone })).toBe(sshd.username);
    });
  });

  describe('its host key', () => {
    it('is looked at as ssh-keyscan looks at it, all of its types', async () => {
      await using way = await Way.open('sw1', [], soon());
      const { keys, discord } = await scanHostKeys(deviceOf(sshd), way, soon());
      expect(discord).toBeUndefined();
      expect(keys.map(({ type }) => type).sort()).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519', 'ssh-rsa']);
      const theirs = await run('sh', ['-c', `ssh-keyscan -p ${sshd.port} 127.0.0.1 2>/dev/null | ssh-keygen -lf -`]);
      const fingerprints = theirs.split('\n').map(line => line.split(' ')[1] ?? '');
      expect(keys.map(({ fingerprint }) => fingerprint).sort()).toEqual(fingerprints.sort());
    });

    it('may be any one that the inventory has, whichever type that is: known_hosts asks for the type it knows', async () => {
      const lines = await run('sh', ['-c', `ssh-keyscan -H -t rsa -p ${sshd.port} 127.0.0.1 2>/dev/null`]);
      expect(lines).toMatch(/^\|1\|/m);
      const path = join(folder, 'known_hosts');
      await writeFile(path, `${lines}\n`);
      const { fingerprints, about } = new KnownHosts(path, 'known_hosts').of('127.0.0.1', sshd.port);
      expect(about.types).toEqual(['ssh-rsa']);
      const known = { hostKeys: fingerprints, knownHosts: about };
      expect(await whoami(deviceOf(sshd, known), key)).toBe(sshd.username);
      // Without knowing the type it is asked for the best, and that is another key.
      const failure = await failureOf(connectSsh(deviceOf(sshd, { hostKeys: fingerprints }), key, soon()));
      expect(failure.kind).toBe('host_key');
      expect(failure.message).toContain(sshd.fingerprints[0] as string);
      expect(failure.message).toContain(fingerprints[0] as string);
    });

    it('that was revoked is refused, although the inventory has it', async () => {
      const revoked = new Map([[sshd.fingerprint, { file: 'inventory/known_hosts', line: 7 }]]);
      const about = { file: 'inventory/known_hosts', types: [], revoked };
      const failure = await failureOf(connectSsh(deviceOf(sshd, { knownHosts: about }), key, soon()));
      expect(failure).toMatchObject({
        kind: 'host_key',
        message: `sw1 shows the host key ${sshd.fingerprint}, which inventory/known_hosts:7 has revoked`,
      });
      const any = await failureOf(connectSsh(deviceOf(sshd, { hostKeys: 'any', knownHosts: about }), key, soon()));
      expect(any.kind).toBe('host_key');
    });
  });

  describe('that has old algorithms only', () => {
    const OLD = [
      [
        'key exchange',
        'KexAlgorithms diffie-hellman-group1-sha1,diffie-hellman-group14-sha1',
        'diffie-hellman-group1-sha1, diffie-hellman-group14-sha1',
      ],
      ['kind of host key', 'HostKeyAlgorithms ssh-rsa', 'ssh-rsa'],
      ['cipher', 'Ciphers aes128-cbc,3des-cbc', 'aes128-cbc, 3des-cbc'],
      ['MAC', 'Ciphers aes128-ctr\nMACs hmac-sha1', 'hmac-sha1'],
    ] as const;

    it.each(OLD)('(%s: %s) is refused in words that say what it offers and what allows it', async (what, config, offered) => {
      await using old = await startSshd({ env: {}, keys: ['rsa'], config: [config] });
      const credentials = { username: old.username, private_key: old.privateKey };
      const failure = await failureOf(connectSsh(deviceOf(old), credentials, soon()));
      expect(failure).toMatchObject({
        kind: 'login_refused',
        message:
          `sw1 (127.0.0.1:${old.port}) cannot be spoken to: it offers no ${what} that is strong enough, only ${offered}; ` +
          '`ssh_profile: legacy` in the inventory would allow it',
      });
      expect(await whoami(deviceOf(old, { sshProfile: 'legacy' }), credentials)).toBe(old.username);
      await using way = await Way.open('sw1', [], soon());
      const scan = await scanHostKeys(deviceOf(old), way, soon());
      expect(scan).toMatchObject({ keys: [{ type: 'ssh-rsa', fingerprint: old.fingerprint }], discord: expect.stringContaining(what) });
    });

    it('is told that nothing helps where nothing does', async () => {
      await using old = await startSshd({ env: {}, config: ['Ciphers aes128-ctr', 'MACs umac-64@openssh.com'] });
      const device = deviceOf(old, { sshProfile: 'legacy' });
      const failure = await failureOf(connectSsh(device, { username: old.username, private_key: old.privateKey }, soon()));
      expect(failure.message).toContain(
        'no MAC that is strong enough, only umac-64@openssh.com; `ssh_profile: legacy` has none of these either',
      );
    });

    it('gets modern ones from the legacy profile where it has them', async () => {
      expect(await whoami(deviceOf(sshd, { sshProfile: 'legacy' }), key)).toBe(sshd.username);
      expect(sshd.log).not.toContain('diffie-hellman-group1-sha1');
    });
  });

  describe('over jump hosts', () => {
    let lab: Lab;
    let target: Device;
    const password: Credentials = { username: LAB_USER.username, password: LAB_USER.password };
    beforeAll(async () => {
      lab = await startLab({ devices: { sw1: 'cisco_ios' } });
      target = deviceOf(lab.device('sw1'));
    });
    afterAll(() => lab[Symbol.asyncDispose]());

    const hostOf = (at: Pick<Sshd, 'port' | 'fingerprint'>, more: Partial<Host> = {}): Host => ({
      name: '127.0.0.1',
      address: '127.0.0.1',
      port: at.port,
      credentials: 'jump',
      hostKeys: [at.fingerprint],
      ...more,
    });
    const hop = (more: Partial<Host> = {}, at: Pick<Sshd, 'port' | 'fingerprint'> = sshd): Hop => ({
      host: hostOf(at, more),
      credentials: key,
    });

    it.each([1, 2, 3])('%i of them, one after another, leads to the device', async count => {
      const connection = await connectSsh(
        target,
        password,
        soon(),
        Array.from({ length: count }, () => hop()),
      );
      const shell = await connection.openShell();
      const greeted = new Promise<string>(resolve => shell.onText(resolve));
      expect(await greeted).not.toBe('');
      expect(lab.device('sw1').sessions).toBe(1);
      await connection.close();
      await expect.poll(() => lab.device('sw1').sessions).toBe(0);
    });

    it('checks the key of each, and names the one that is wrong; nobody further on is called', async () => {
      const logins = lab.device('sw1').logins;
      const wrong = hop({ name: 'bastion', hostKeys: [`SHA256:${'A'.repeat(43)}`] });
      const first = await failureOf(connectSsh(target, password, soon(), [wrong]));
      expect(first).toMatchObject({
        kind: 'host_key',
        message: `the jump host bastion (127.0.0.1:${sshd.port}) of sw1 shows the host key ${sshd.fingerprint}: it is none of those in the inventory (SHA256:${'A'.repeat(43)})`,
      });
      const second = await failureOf(connectSsh(target, password, soon(), [hop(), wrong]));
      expect(second.message).toBe(first.message);
      const unpinned = await failureOf(connectSsh(target, password, soon(), [hop({ hostKeys: [] })]));
      expect(unpinned.message).toMatch(
        /^the jump host 127\.0\.0\.1:\d+ of sw1 shows the host key \S+: the inventory has no host_keys for it$/,
      );
      expect(lab.device('sw1').logins).toBe(logins);
    });

    it('checks the key of the device behind them as strictly', async () => {
      const failure = await failureOf(connectSsh({ ...target, hostKeys: [] }, password, soon(), [hop()]));
      expect(failure).toMatchObject({ kind: 'host_key', message: expect.stringMatching(/^sw1 shows the host key/) });
    });

    it('names the one that refuses the login', async () => {
      const failure = await failureOf(
        connectSsh(target, password, soon(), [
          { ...hop({ name: 'bastion' }), credentials: { username: 'nobody', private_key: sshd.privateKey } },
        ]),
      );
      expect(failure).toMatchObject({
        kind: 'login_refused',
        message: `the jump host bastion (127.0.0.1:${sshd.port}) of sw1 refused the login of nobody`,
      });
    });

    it('names both ends where one does not reach the next', async () => {
      const failure = await failureOf(connectSsh({ ...target, port: 1 }, password, soon(), [hop({ name: 'bastion' })]));
      expect(failure).toMatchObject({
        kind: 'unreachable',
        message: `sw1 (127.0.0.1:1) cannot be reached from the jump host bastion (127.0.0.1:${sshd.port}) of sw1: Connection refused`,
      });
    });

    it('waits no longer for a device that nothing answers for than for one without a jump host', async () => {
      await using hole = await BlackHole.start();
      const failure = await failureOf(connectSsh({ ...target, port: hole.port }, password, soon(), [hop({ name: 'bastion' })], 500));
      expect(failure).toMatchObject({
        kind: 'unreachable',
        message: `sw1 (127.0.0.1:${hole.port}) cannot be reached from the jump host bastion (127.0.0.1:${sshd.port}) of sw1: nothing answered within 0.5 s`,
      });
    });

    it('names the one that does not forward', async () => {
      await using closed = await startSshd({ env: {}, config: ['AllowTcpForwarding no', `AuthorizedKeysFile ${sshd.privateKey}.pub`] });
      const failure = await failureOf(connectSsh(target, password, soon(), [hop(), hop({ name: 'closed' }, closed)]));
      expect(failure).toMatchObject({
        kind: 'login_refused',
        message: expect.stringMatching(/^sw1 \S+ cannot be reached from the jump host closed \S+ of sw1, which forbids it: ./),
      });
    });

    it('names the one that keeps us waiting, within the time of the call', async () => {
      await using silent = await startDaemon({
        command: process.execPath,
        args: [
          '-e',
          "const s = require('net').createServer(c => c.resume()).listen(0, '127.0.0.1', () => console.log('port ' + s.address().port))",
        ],
        ready: /port \d+/,
      });
      const port = Number(/port (\d+)/.exec(silent.log)?.[1]);
      const failure = await failureOf(
        connectSsh(target, password, soon(3000), [hop(), hop({ name: 'sleepy' }, { port, fingerprint: sshd.fingerprint })]),
      );
      expect(failure).toMatchObject({
        kind: 'timeout',
        message: expect.stringMatching(/^gave up after [\d.]+ s waiting to log in to the jump host sleepy \(127\.0\.0\.1:\d+\) of sw1$/),
      });
    });

    it('tells that one went away while the device was being spoken to', async () => {
      const bastion = await startSshd({ env: {}, config: [`AuthorizedKeysFile ${sshd.privateKey}.pub`] });
      const connection = await connectSsh(target, password, soon(), [hop({ name: 'bastion' }, bastion)]);
      const shell = await connection.openShell();
      shell.onText(() => {});
      const closed = new Promise<void>(resolve => shell.onClose(resolve));
      await bastion[Symbol.asyncDispose]();
      await closed;
      expect(connection.alive).toBe(false);
      const failure = await failureOf(connection.openShell().then(() => connection));
      expect(failure).toMatchObject({
        kind: 'session_lost',
        message: `the connection to sw1 was lost: the jump host bastion (127.0.0.1:${bastion.port}) of sw1 went away`,
      });
      await connection.close();
    });

    it('looks at the keys of a device behind them', async () => {
      await using way = await Way.open('sw1', [hop(), hop()], soon());
      const { keys } = await scanHostKeys(target, way, soon());
      expect(keys).toEqual([{ type: 'ssh-ed25519', fingerprint: lab.device('sw1').fingerprint }]);
    });

    it('leaves nobody logged in anywhere', async () => {
      const marker = () => sshd.log.match(/Accepted publickey/g)?.length;
      const gone = () => sshd.log.match(/Disconnected from|Connection closed by user|Received disconnect from/g)?.length ?? 0;
      expect(marker()).toBeGreaterThan(0);
      await expect.poll(() => gone() >= (marker() ?? 0)).toBe(true);
    });
  });
});
