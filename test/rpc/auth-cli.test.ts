import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, type Ended, MAIN, mercury, plainEnvironment, type Running } from '../cli/run.ts';
import { portOf } from '../harness.ts';
import { Authority, openssl, type Pair } from './certificates.ts';
import { toolsReady } from './ready.ts';

/* `mercury serve` and `mercury call` as two processes, with passwords, TLS and certificates between them. */

const { ready, why } = toolsReady();
if (!ready) console.error(`\n!!! LEFT OUT: mercury serve and mercury call over TLS: ${why}\n`);

const PASSWORD = 'sesam: öffne dich';
const LISTENING = /"msg":"listening on (https?:\/\/[^"]+)"/;
const ATTACH = JSON.stringify({ port: portOf('sw-1', 'Gi1/0/1'), native_vlan: 100 });

describe.skipIf(!ready)(ready ? 'mercury serve and mercury call' : `mercury serve and mercury call (left out: ${why})`, () => {
  let bench: Bench;
  let service: Running;
  let url: string;
  let ours: Authority;
  let server: Pair;
  let conductor: Pair;
  let users: string;
  beforeAll(async () => {
    bench = await Bench.start({ devices: { 'sw-1': 'cisco_ios' } });
    ours = new Authority(bench.folder, 'ours');
    server = ours.forServer();
    conductor = ours.forClient('/CN=conductor-1');
    users = join(bench.folder, 'htpasswd');
    writeFileSync(users, `ironic:${bcrypt.hashSync(PASSWORD, 4)}\n`, { mode: 0o640 });
    service = serve({ ...TLS(), MERCURY_AUTH: 'certificate,basic', MERCURY_USERS: users, MERCURY_TLS_CLIENT_CA: ours.cert });
    [, url = ''] = await service.prints(LISTENING, 'err');
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  const TLS = () => ({ MERCURY_TLS_CERT: server.cert, MERCURY_TLS_KEY: server.key });
  const serve = (env: Record<string, string>) => bench.start(['serve'], { env: { MERCURY_PORT: '0', MERCURY_LOG_LEVEL: 'trace', ...env } });
  const call = (args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ended> =>
    mercury(['call', '--url', url, ...args], { env, input });

  describe('mercury call', () => {
    it('shows a user and the password of the variable, and believes an authority', async () => {
      const { status, out, err } = await call(['attach_port', ATTACH, '--user', 'ironic', '--cacert', ours.cert], {
        MERCURY_PASSWORD: PASSWORD,
      });
      expect({ status, err }).toEqual({ status: 0, err: '' });
      expect(JSON.parse(out)).toMatchObject({ outcome: 'applied' });
      const [line] = await service.prints(/^.*"event":"change".*$/m);
      expect(JSON.parse(line).who).toEqual({ name: 'ironic', address: '127.0.0.1', scheme: 'basic' });
    });

    it('takes the password from a file, too, with params on standard input', async () => {
      const file = join(bench.folder, 'password');
      writeFileSync(file, `${PASSWORD}\n`, { mode: 0o600 });
      const args = ['is_link_valid', '-', '--user', 'ironic', '--password-file', file, '--cacert', ours.cert];
      expect(await call(args, { MERCURY_PASSWORD: 'not this one' }, ATTACH)).toMatchObject({ status: 0, out: 'true\n' });
    });

    it('asks at a terminal, and does not show what is typed', async () => {
      const words = ['call', '--url', url, 'is_link_valid', ATTACH, '--user', 'ironic', '--cacert', ours.cert];
      const quoted = [process.execPath, MAIN, ...words].map(word => `'${word}'`).join(' ');
      const terminal = spawn('script', ['-qec', `exec ${quoted}`, '/dev/null'], { env: plainEnvironment() });
      const ended = once(terminal, 'close');
      let seen = '';
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
        // Who types sees the question first.
        if (!seen.includes('Password') && `${seen}${text}`.includes('Password of ironic: ')) terminal.stdin.write(`${PASSWORD}\r`);
        seen += text;
      });
      expect([(await ended)[0], seen.replaceAll('\r', '')]).toEqual([0, 'Password of ironic: \ntrue\n']);
    });

    it('shows a certificate', async () => {
      const shown = ['--cacert', ours.cert, '--cert', conductor.cert, '--key', conductor.key];
      expect(await call(['is_link_valid', ATTACH, ...shown])).toMatchObject({ status: 0, out: 'true\n' });
      const both = join(bench.folder, 'both.pem');
      writeFileSync(both, readFileSync(conductor.cert, 'utf8') + readFileSync(conductor.key, 'utf8'));
      expect(await call(['is_link_valid', ATTACH, '--cacert', ours.cert, '--cert', both])).toMatchObject({ status: 0, out: 'true\n' });
    });

    it('ends with 3 when it is not let in', async () => {
      const [wrong, none] = await Promise.all([
        call(['is_link_valid', ATTACH, '--user', 'ironic', '--cacert', ours.cert], { MERCURY_PASSWORD: 'wrong' }),
        call(['is_link_valid', ATTACH, '--cacert', ours.cert]),
      ]);
      expect(wrong).toMatchObject({ status: 3, err: 'error: Incorrect username or password\n' });
      expect(none).toMatchObject({ status: 3, err: 'error: Authorization required\n' });
    });

    it('ends with 5 when it does not believe the certificate, or the other side does not speak as it does, and says so', async () => {
      const [unbelieved, plain] = await Promise.all([
        call(['rpc.discover']),
        mercury(['call', 'rpc.discover', '--url', url.replace('https:', 'http:')]),
      ]);
      expect(unbelieved).toMatchObject({ status: 5, err: expect.stringContaining('--cacert names the file with the authorities') });
      expect(plain).toMatchObject({ status: 5, err: expect.stringContaining('try https://') });
    });

    it.each([
      [['--user', 'ironic'], 'no password for ironic: set MERCURY_PASSWORD, or name a file with --password-file'],
      [['--user', 'a:b'], 'a user has no colon'],
      [['--user', 'ironic', '--password-file', '/nowhere'], 'there is no file /nowhere'],
      [['--password-file', '/nowhere'], '--password-file needs --user'],
      [['--key', '/nowhere'], '--key needs --cert'],
      [['--cacert', '/nowhere'], 'there is no file /nowhere'],
      [['--url', 'https://ironic:s3same@127.0.0.1'], '--url must hold no user and no password'],
      [['--url', 'localhost:6190'], 'must be a URL such as http://'],
    ])('%j is wrong usage', async (args, message) => {
      const { status, out, err } = await call(['is_link_valid', '{}', ...args]);
      expect({ status, out }).toEqual({ status: 2, out: '' });
      expect(err).toContain(message);
      expect(err).not.toContain('s3same');
    });
  });

  describe('mercury serve', () => {
    it('says every complaint about its entrance and its devices at once, and does not start', async () => {
      const other = ours.forServer();
      const env = {
        MERCURY_AUTH: 'basic,certificate',
        MERCURY_USERS: '/nowhere/htpasswd',
        MERCURY_CREDENTIALS: '/nowhere/credentials.yml',
        MERCURY_TLS_CERT: server.cert,
        MERCURY_TLS_KEY: other.key,
        MERCURY_TLS_CLIENT_CA: users,
      };
      await using refused = serve(env);
      const { status, out, err } = await refused.ended;
      expect({ status, out }).toEqual({ status: 2, out: '' });
      expect(err.trim().split('\n')).toEqual([
        expect.stringMatching(/^\/nowhere\/credentials\.yml: there is no such credentials file/),
        expect.stringMatching(/^\/nowhere\/htpasswd: there is no such file; MERCURY_USERS/),
        `${users}: holds no certificate in PEM`,
        `${other.key}: is not the key of the certificate in ${server.cert}`,
      ]);
    });

    it('does not start with a key that others may read, that is none, or that has a passphrase', async () => {
      const files = ['loose', 'none', 'locked'].map(name => join(bench.folder, `${name}.key`)) as [string, string, string];
      const [loose, none, locked] = files;
      cpSync(server.key, loose);
      chmodSync(loose, 0o644);
      writeFileSync(none, 'nothing', { mode: 0o600 });
      openssl('pkcs8', '-topk8', '-in', server.key, '-out', locked, '-passout', 'pass:x');
      const ends = await Promise.all(files.map(key => bench.run(['serve'], { env: { ...TLS(), MERCURY_TLS_KEY: key } })));
      expect(ends.map(({ status }) => status)).toEqual([2, 2, 2]);
      expect(ends.map(({ err }) => err)).toEqual([
        `${loose}: others may read it (mode 644); chmod 640 it\n`,
        `${none}: holds no private key in PEM\n`,
        `${locked}: the key has a passphrase: take it off\n`,
      ]);
    });

    it('takes relative paths from the root folder', async () => {
      const root = join(bench.folder, 'root');
      cpSync(join(bench.folder, 'inventory'), join(root, 'inventory'), { recursive: true });
      for (const folder of ['playbooks', 'templates']) cpSync(join(MAIN, '..', '..', folder), join(root, folder), { recursive: true });
      cpSync(users, join(root, 'users'));
      writeFileSync(join(root, 'mercury.yml'), 'port: 0\nauth: [basic]\nusers: users\n');
      await using running = bench.start(['serve', '--root', root]);
      const [, there = ''] = await running.prints(LISTENING, 'err');
      const { status } = await mercury(['call', 'rpc.discover', '--url', there, '--user', 'ironic'], {
        env: { MERCURY_PASSWORD: PASSWORD },
      });
      expect(status).toBe(0);
    });

    it('warns when passwords would come in plain text from elsewhere, or its certificate has run out', async () => {
      const late = ours.forServer('/CN=late', -1);
      const basic = { MERCURY_AUTH: 'basic', MERCURY_USERS: users };
      await using plain = serve({ ...basic, MERCURY_HOST: '0.0.0.0' });
      await using own = serve({ ...basic, MERCURY_HOST: '127.0.0.1' });
      await using old = serve({ ...basic, MERCURY_TLS_CERT: late.cert, MERCURY_TLS_KEY: late.key });
      await plain.prints(/"level":40.*passwords come here in plain text/, 'err');
      await old.prints(/"level":40.*the certificate is valid from .* to .*: clients will refuse it/, 'err');
      await own.prints(LISTENING, 'err');
      own.signal('SIGTERM');
      expect((await own.ended).err).not.toMatch(/"level":40.*(?:plain text|certificate)/);
    });

    it('has written no password, in whatever form', async () => {
      const written = service.out + service.err;
      expect(written).toContain('Incorrect username or password');
      for (const secret of [PASSWORD, 'sesam', Buffer.from(`ironic:${PASSWORD}`).toString('base64').slice(0, 20), '$2b$'])
        expect(written).not.toContain(secret);
    });
  });
});
