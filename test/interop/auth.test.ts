import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePackages } from '../debian.ts';
import { Mercury } from '../harness.ts';
import { Authority, type Pair } from '../rpc/certificates.ts';
import { Guarded, type Settings } from '../rpc/guarded.ts';
import { type Settings as ClientSettings, Conductor, conductorReady } from './conductor.ts';

const { ready, why } = conductorReady();
const openssl = ready ? ensurePackages(['openssl']) : { ready: false };
if (!ready) console.error(`\n!!! LEFT OUT: Ironic's own client and who it is: ${why}\n`);

const PASSWORD = 'a:long secret';

/*
 * Ironic's own client, let in and turned away: http_basic and TLS as a conductor's settings have them, client certificates, and a burst.
 */
describe.skipIf(!ready || !openssl.ready)(ready ? 'Ironic’s own client' : `Ironic’s own client (left out: ${why})`, () => {
  let mercury: Mercury;
  let users: string;
  let authority: Authority;
  let server: Pair;
  let folder: string;

  beforeAll(async () => {
    mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
    folder = mkdtempSync(join(mercury.folder, 'interop-'));
    users = join(folder, 'htpasswd');
    writeFileSync(users, `ironic:${bcrypt.hashSync(PASSWORD, 10)}\n`);
    authority = new Authority(folder, 'ca');
    server = authority.forServer();
  });
  afterAll(() => mercury[Symbol.asyncDispose]());

  const basic = (): Settings => ({ MERCURY_AUTH: 'basic', MERCURY_USERS: users });
  const tls = (): Settings => ({ MERCURY_TLS_CERT: server.cert, MERCURY_TLS_KEY: server.key });
  const asUser = (password: string, more: ClientSettings = {}): ClientSettings => ({
    auth_strategy: 'http_basic',
    username: 'ironic',
    password,
    ...more,
  });
  const ask = async (service: Guarded, settings: ClientSettings) => {
    await using conductor = new Conductor(service.url, settings);
    return conductor.getSwitches();
  };

  it('is let in with the right password, and with no other', async () => {
    await using service = await Guarded.start(mercury, basic());
    expect(await ask(service, asUser(PASSWORD))).toMatchObject({ result: { leaf: {} } });
    expect((await ask(service, asUser('a:wrong one'))).raised).toBe('keystoneauth1.exceptions.http.Unauthorized');
    expect((await ask(service, { auth_strategy: 'noauth' })).raised).toBe('keystoneauth1.exceptions.http.Unauthorized');
    expect(service.log.join('')).not.toContain('secret');
  });

  it('speaks TLS to a service that its authority vouches for, and to no other', async () => {
    await using service = await Guarded.start(mercury, { ...basic(), ...tls() });
    expect(service.url).toMatch(/^https:/);
    expect(await ask(service, asUser(PASSWORD, { cafile: authority.cert }))).toMatchObject({ result: { leaf: {} } });
    const other = new Authority(folder, 'other-ca');
    expect((await ask(service, asUser(PASSWORD, { cafile: other.cert }))).raised).toBe('keystoneauth1.exceptions.connection.SSLError');
  });

  it('shows a certificate, and is the caller of its name', async () => {
    const settings: Settings = { MERCURY_AUTH: 'certificate', MERCURY_TLS_CLIENT_CA: authority.cert, ...tls() };
    await using service = await Guarded.start(mercury, settings);
    const client = authority.forClient('/CN=conductor-1');
    const shows = { cafile: authority.cert, certfile: client.cert, keyfile: client.key };
    await using conductor = new Conductor(service.url, shows);
    expect((await conductor.resetPort('leaf', 'Gi1/0/9')).result).toMatchObject({ status: 'reset' });
    expect(service.audit.at(-1)?.who).toMatchObject({ name: 'conductor-1', scheme: 'certificate' });
    expect((await ask(service, { cafile: authority.cert })).raised).toBe('keystoneauth1.exceptions.http.Unauthorized');
  });

  it('is answered 50 times at once, over TLS and with a password', async () => {
    await using service = await Guarded.start(mercury, { ...basic(), ...tls() });
    await using conductor = new Conductor(service.url, asUser(PASSWORD, { cafile: authority.cert }));
    const told = await Promise.all(Array.from({ length: 50 }, () => conductor.getSwitches()));
    expect(told.filter(({ result }) => result?.leaf !== undefined)).toHaveLength(50);
  });

  it('finds the service by the name localhost, whichever address that is', async () => {
    await using service = await Guarded.start(mercury, { ...basic(), MERCURY_HOST: 'localhost' });
    const { port } = new URL(service.url);
    await using conductor = new Conductor(`http://localhost:${port}`, asUser(PASSWORD));
    expect(await conductor.getSwitches()).toMatchObject({ result: { leaf: {} } });
  });
});
