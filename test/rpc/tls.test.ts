import { execFile } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SecureVersion } from 'node:tls';
import { promisify } from 'node:util';
import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mercury } from '../harness.ts';
import { Authority, type Pair } from './certificates.ts';
import { asks, attaches, basicAuth, Guarded, type Settings } from './guarded.ts';
import { toolsReady } from './ready.ts';
import { TlsClient } from './tls-client.ts';
import { request, stateOf, Wire } from './wire.ts';

/* TLS as a client meets it: versions, ciphers, certificates of both sides, and what somebody sends who speaks none. */

const { ready, why } = toolsReady();
if (!ready) console.error(`\n!!! LEFT OUT: TLS: ${why}\n`);
const run = promisify(execFile);

describe.skipIf(!ready)(ready ? 'TLS' : `TLS (left out: ${why})`, () => {
  let mercury: Mercury;
  let ours: Authority;
  let theirs: Authority;
  let server: Pair;
  let tls: Settings;
  let client: TlsClient;
  const clients = {} as Record<'conductor' | 'stranger' | 'nameless' | 'late' | 'server' | 'itself', Pair>;
  beforeAll(async () => {
    mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
    await mercury.onNetwork('add_network', 'leaf', 100, 'tenant');
    const { folder } = mercury;
    ours = new Authority(folder, 'ours');
    // By the same name: it is the signature that counts.
    theirs = new Authority(folder, 'theirs', 'ours');
    client = new TlsClient(ours);
    server = ours.forServer();
    clients.conductor = ours.forClient('/O=Cloud/CN=conductor-1');
    clients.stranger = theirs.forClient('/O=Cloud/CN=conductor-1');
    clients.nameless = ours.forClient('/O=Cloud/OU=Ironic');
    clients.late = ours.forClient('/CN=conductor-1', -1);
    clients.server = ours.forServer('/CN=conductor-1');
    clients.itself = theirs;
    tls = { MERCURY_TLS_CERT: server.cert, MERCURY_TLS_KEY: server.key };
    writeFileSync(join(folder, 'htpasswd'), `ironic:${bcrypt.hashSync('sesame', 4)}\n`, { mode: 0o640 });
  });
  afterAll(() => mercury[Symbol.asyncDispose]());

  const withUsers = (): Settings => ({ ...tls, MERCURY_AUTH: 'basic', MERCURY_USERS: join(mercury.folder, 'htpasswd') });
  const withCertificates = (auth = 'certificate'): Settings => ({ ...withUsers(), MERCURY_AUTH: auth, MERCURY_TLS_CLIENT_CA: ours.cert });

  const only = (version: SecureVersion) => ({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' });
  const TOO_OLD = { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' };

  /** curl's status line and body, or its exit status. */
  async function curl(...args: readonly string[]): Promise<string> {
    const common = ['--silent', '--show-error', '--max-time', '60', '--write-out', '\n%{http_code}', '--data', asks()];
    const { stdout } = await run('curl', [...common, ...args]).catch((thrown: { code: number }) => ({ stdout: `exit ${thrown.code}` }));
    return stdout;
  }

  describe('a service with a certificate', () => {
    let guarded: Guarded;
    beforeAll(async () => {
      guarded = await Guarded.start(mercury, withUsers());
    });
    afterAll(() => guarded[Symbol.asyncDispose]());

    it('says https, and answers who believes its authority and has a password', async () => {
      expect(guarded.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
      expect(await client.post(guarded.url, { headers: basicAuth('ironic', 'sesame') })).toMatchObject({
        status: 200,
        json: { result: true },
      });
      expect(await client.post(guarded.url, { headers: basicAuth('ironic', 'Sesame') })).toMatchObject({ status: 401 });
      expect(await client.post(guarded.url)).toMatchObject({ status: 401, challenge: 'Basic realm="Baremetal API"' });
    });

    it('is refused by who believes another authority', async () => {
      await expect(new TlsClient(theirs).post(guarded.url)).rejects.toThrow();
    });

    it('answers curl', async () => {
      const user = ['--basic', '--user', 'ironic:sesame'];
      expect(await curl('--cacert', ours.cert, ...user, guarded.url)).toMatch(/"result":true\}\n200$/);
      expect(await curl('--cacert', ours.cert, '--user', 'ironic:wrong', guarded.url)).toMatch(/Incorrect username or password.*\n401$/s);
      // 60: its certificate is not believed.
      expect(await curl('--cacert', theirs.cert, ...user, guarded.url)).toBe('exit 60');
      expect(await curl('--tlsv1.2', '--tls-max', '1.2', '--cacert', ours.cert, ...user, guarded.url)).toMatch(/\n200$/);
    });

    it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
      expect(await client.shake(guarded.url, only('TLSv1.2'))).toMatchObject({ protocol: 'TLSv1.2' });
      expect(await client.shake(guarded.url, only('TLSv1.3'))).toMatchObject({ protocol: 'TLSv1.3' });
      expect(await client.shake(guarded.url, only('TLSv1.1'))).toEqual(TOO_OLD);
      expect(await client.shake(guarded.url, only('TLSv1'))).toEqual(TOO_OLD);
    });

    it('hangs up on who speaks no TLS, and does nothing for him', async () => {
      const before = stateOf(mercury.device('leaf'));
      using wire = await Wire.open(guarded.url);
      wire.socket.write(request(attaches(1), `Authorization: ${basicAuth('ironic', 'sesame').authorization}`));
      expect(await wire.until(/never/)).not.toContain('200');
      expect(wire.socket.closed).toBe(true);
      expect(stateOf(mercury.device('leaf'))).toEqual(before);
      expect((await client.post(guarded.url)).status).toBe(401);
    });

    it('asks nobody for a certificate', async () => {
      const { host } = new URL(guarded.url);
      const handshake = run('openssl', ['s_client', '-connect', host, '-tls1_2', '-CAfile', ours.cert]);
      handshake.child.stdin?.end();
      expect((await handshake).stdout).toMatch(/No client certificate CA names sent\n(?!Client Certificate Types)/);
      const message = 'Authorization required';
      expect(await client.post(guarded.url, { as: clients.conductor })).toMatchObject({ status: 401, json: { error: { message } } });
    });

    it('stops in spite of connections that began no handshake', { timeout: 18_000 }, async () => {
      const own = await Guarded.start(mercury, tls);
      using silent = await Wire.open(own.url);
      expect(await own.service.stop()).toBe(true);
      await silent.until(/never/);
      expect(silent.socket.closed).toBe(true);
    });
  });

  describe('a service whose settings narrow TLS', () => {
    it('speaks 1.3 only when that is the least', async () => {
      await using guarded = await Guarded.start(mercury, { ...tls, MERCURY_TLS_MINIMUM_VERSION: '1.3' });
      expect(await client.shake(guarded.url, only('TLSv1.2'))).toEqual(TOO_OLD);
      expect(await client.shake(guarded.url, only('TLSv1.3'))).toMatchObject({ protocol: 'TLSv1.3' });
    });

    it('takes the ciphers that are listed, and 1.3 as ever', async () => {
      await using guarded = await Guarded.start(mercury, { ...tls, MERCURY_TLS_CIPHERS: 'ECDHE-ECDSA-AES128-GCM-SHA256' });
      expect(await client.shake(guarded.url, only('TLSv1.2'))).toMatchObject({ cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256' });
      expect(await client.shake(guarded.url, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })).toHaveProperty('code');
      expect(await client.shake(guarded.url, only('TLSv1.3'))).toMatchObject({ protocol: 'TLSv1.3' });
    });
  });

  describe('a client certificate', () => {
    let guarded: Guarded;
    let either: Guarded;
    beforeAll(async () => {
      [guarded, either] = await Promise.all([
        Guarded.start(mercury, withCertificates()),
        Guarded.start(mercury, withCertificates('certificate, basic')),
      ]);
    });
    afterAll(() => Promise.all([guarded[Symbol.asyncDispose](), either[Symbol.asyncDispose]()]));

    it.each(['TLSv1.2', 'TLSv1.3'] as const)('of our authority lets in whom its common name names: %s', async version => {
      const options = { as: clients.conductor, minVersion: version, maxVersion: version };
      expect(await client.post(guarded.url, options)).toMatchObject({ status: 200, json: { result: true } });
      await client.post(guarded.url, options, attaches(1, { params: undefined }));
      expect(guarded.audit.at(-1)?.who).toEqual({ name: 'conductor-1', address: '127.0.0.1', scheme: 'certificate' });
    });

    it('without a common name is known by its whole subject', async () => {
      await client.post(guarded.url, { as: clients.nameless }, attaches(1, { params: undefined }));
      expect(guarded.audit.at(-1)?.who.name).toBe('O=Cloud, OU=Ironic');
    });

    it.each(['stranger', 'late', 'server', 'itself'] as const)(
      'that does not verify is refused in words, with a good password too: %s',
      async who => {
        const before = { ...stateOf(mercury.device('leaf')), audit: [guarded.audit.length, either.audit.length] };
        const message = expect.stringMatching(/^Client certificate refused: [A-Z_]+$/);
        expect(await client.post(guarded.url, { as: clients[who] }, attaches(1))).toMatchObject({
          status: 401,
          json: { error: { code: 401, message } },
        });
        const headers = basicAuth('ironic', 'sesame');
        expect(await client.post(either.url, { as: clients[who], headers }, attaches(1))).toMatchObject({
          status: 401,
          json: { error: { message } },
        });
        expect({ ...stateOf(mercury.device('leaf')), audit: [guarded.audit.length, either.audit.length] }).toEqual(before);
      },
    );

    it('is required where there is nothing else', async () => {
      expect(await client.post(guarded.url)).toMatchObject({ status: 401, json: { error: { message: 'Client certificate required' } } });
      expect(await client.post(guarded.url, { headers: basicAuth('ironic', 'sesame') })).toMatchObject({ status: 401 });
      expect(await client.post(guarded.url, { method: 'GET' }, '')).toMatchObject({ status: 401 });
    });

    it('may be replaced by a password where that is allowed as well', async () => {
      expect(await client.post(either.url)).toMatchObject({ status: 401, challenge: 'Basic realm="Baremetal API"' });
      expect(await client.post(either.url, { headers: basicAuth('ironic', 'wrong') })).toMatchObject({ status: 401 });
      await client.post(either.url, { headers: basicAuth('ironic', 'sesame') }, attaches(1, { params: undefined }));
      expect(either.audit.at(-1)?.who).toMatchObject({ name: 'ironic', scheme: 'basic' });
      // Who shows both is whom the first of the list says.
      await client.post(either.url, { as: clients.conductor, headers: basicAuth('ironic', 'wrong') }, attaches(1, { params: undefined }));
      expect(either.audit.at(-1)?.who).toMatchObject({ name: 'conductor-1', scheme: 'certificate' });
    });

    it('is taken from curl', async () => {
      const shown = (pair: Pair) => ['--cacert', ours.cert, '--cert', pair.cert, '--key', pair.key];
      expect(await curl(...shown(clients.conductor), guarded.url)).toMatch(/"result":true\}\n200$/);
      expect(await curl(...shown(clients.stranger), guarded.url)).toMatch(/Client certificate refused.*\n401$/s);
      expect(await curl('--cacert', ours.cert, guarded.url)).toMatch(/Client certificate required.*\n401$/s);
    });

    it('is not made up for by a session that is taken up again without one', async () => {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
        expect(await client.twice(guarded.url, { minVersion: version, maxVersion: version })).toEqual({ reused: true, status: 401 });
    });

    it('counts for a session that is taken up again', async () => {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const options = { as: clients.conductor, minVersion: version, maxVersion: version };
        expect(await client.twice(guarded.url, options)).toEqual({ reused: true, status: 200 });
      }
    });
  });

  describe('files that change while a service runs', () => {
    let guarded: Guarded;
    let live: Pair;
    let authorities: string;
    beforeAll(async () => {
      live = { cert: join(mercury.folder, 'live.pem'), key: join(mercury.folder, 'live.key') };
      authorities = join(mercury.folder, 'authorities.pem');
      cpSync(server.cert, live.cert);
      cpSync(server.key, live.key);
      cpSync(ours.cert, authorities);
      const files = { MERCURY_TLS_CERT: live.cert, MERCURY_TLS_KEY: live.key, MERCURY_TLS_CLIENT_CA: authorities };
      guarded = await Guarded.start(mercury, { ...withCertificates(), ...files });
    });
    afterAll(() => guarded[Symbol.asyncDispose]());
    const shown = () => client.shake(guarded.url);

    it('count for the next connection, once they belong together again', async () => {
      const renewed = ours.forServer('/CN=renewed.test');
      expect(await shown()).toMatchObject({ name: 'mercury.test' });
      cpSync(renewed.cert, live.cert);
      expect(await shown()).toMatchObject({ name: 'mercury.test' });
      expect(await shown()).toMatchObject({ name: 'mercury.test' });
      expect(guarded.log.filter(line => line.includes('the TLS files cannot be used'))).toEqual([
        expect.stringContaining(`${live.key}: is not the key of the certificate in ${live.cert}`),
      ]);
      cpSync(renewed.key, live.key);
      expect(await shown()).toMatchObject({ name: 'renewed.test' });
    });

    it('count for authorities too, for sessions that are taken up again as well', async () => {
      const change = () => cpSync(theirs.cert, authorities);
      expect(await client.twice(guarded.url, { as: clients.conductor }, change)).toEqual({ reused: false, status: 401 });
      expect(await client.post(guarded.url, { as: clients.conductor })).toMatchObject({ status: 401 });
      expect(await client.post(guarded.url, { as: clients.stranger })).toMatchObject({ status: 200 });
    });
  });
});
