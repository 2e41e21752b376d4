import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../server/cli/setup.ts';
import { at } from '../../server/errors.ts';
import { LibraryError } from '../../server/library/complaints.ts';
import { Folder } from './run.ts';

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());

function read(yaml: string | undefined, environment: Record<string, string> = {}) {
  const config = join(folder.path, 'mercury.yml');
  if (yaml !== undefined) writeFileSync(config, yaml);
  return readConfig({ root: '/nowhere', ...(yaml === undefined ? {} : { config }) }, environment);
}

/** Every complaint as it is shown, the folder left out. */
function complaints(yaml: string | undefined, environment: Record<string, string> = {}): string[] {
  try {
    read(yaml, environment);
  } catch (thrown) {
    if (!(thrown instanceof LibraryError)) throw thrown;
    return thrown.complaints.map(({ place, message }) => `${at(place)}: ${message}`.replace(`${folder.path}/`, ''));
  }
  return [];
}

describe('the configuration', () => {
  it('listens on loopback, answers before Ironic gives up, and needs no file', () => {
    expect(read(undefined)).toMatchObject({
      host: ['127.0.0.1'],
      port: 6190,
      call_time: 110_000,
      connect_time: 10_000,
      grace: 60_000,
      log_level: 'info',
      auth: ['none'],
      users: '/etc/mercury/htpasswd',
      digest_users: '/etc/mercury/htdigest',
      calls_at_once: 256,
      calls_at_most: 512,
      queue_at_most: 100,
      anyone_may_call: false,
    });
    expect(Object.keys(read(undefined)).filter(key => key.startsWith('tls_'))).toEqual([]);
  });

  it('takes a variable over the file', () => {
    const yaml = 'port: 6200\ngrace: 5s\n';
    expect(read(yaml, { MERCURY_PORT: '6300', MERCURY_CALL_TIME: '2500ms', HOME: '/' })).toMatchObject({
      port: 6300,
      grace: 5000,
      call_time: 2500,
    });
  });

  it('takes an empty file', () => {
    expect(read('# nothing yet\n').port).toBe(6190);
  });

  it('names the line of what is wrong in the file', () => {
    expect(complaints('log_level: info\nport: 70000\n')).toEqual(['mercury.yml:2: port: must be a port number from 0 to 65535']);
    expect(complaints('\ngrace: 60\n')).toEqual(['mercury.yml:2: grace: must be a time such as 500ms, 30s or 2m']);
    expect(complaints('host: 127.0.0.1\nhots: x\n')).toEqual(['mercury.yml:2: unknown key hots; did you mean host?']);
    expect(complaints('anyone_may_call: maybe\n')).toEqual(['mercury.yml:1: anyone_may_call: must be true or false']);
    expect(complaints('- port\n')[0]).toContain('mercury.yml:1: must hold settings');
    expect(complaints('port\n')[0]).toContain('mercury.yml:1: must hold settings');
    expect(complaints('port: [\n')[0]).toMatch(/^mercury.yml:\d: not YAML/);
  });

  it('names the variable that is wrong', () => {
    expect(complaints('port: 1\n', { MERCURY_PORT: 'http' })).toEqual(['MERCURY_PORT: port: must be a port number from 0 to 65535']);
    expect(complaints(undefined, { MERCURY_GRACE: 'soon' })).toEqual(['MERCURY_GRACE: grace: must be a time such as 500ms, 30s or 2m']);
    expect(complaints(undefined, { MERCURY_CONNECT_TIME: '0s' })).toEqual(['MERCURY_CONNECT_TIME: connect_time: must be 100ms or more']);
    expect(complaints(undefined, { MERCURY_CALL_TIME: '5m' })).toEqual(['MERCURY_CALL_TIME: call_time: must be from 1s to 115s']);
    expect(complaints(undefined, { MERCURY_LOG_LEVEL: 'loud' })[0]).toMatch(/^MERCURY_LOG_LEVEL: .*"info"/);
  });

  it('does not take an empty variable for port 0', () => {
    expect(complaints(undefined, { MERCURY_PORT: '' })).toEqual(['MERCURY_PORT: port: must be a port number from 0 to 65535']);
  });

  it('names the nearest variable when one is unknown, letters swapped included', () => {
    expect(complaints(undefined, { MERCURY_HSOT: 'x' })).toEqual(['MERCURY_HSOT: unknown variable; did you mean MERCURY_HOST?']);
    expect(complaints(undefined, { MERCURY_CREDENTAILS: 'x' })[0]).toContain('did you mean MERCURY_CREDENTIALS?');
    expect(complaints(undefined, { MERCURY_COLOUR_OF_THE_SKY: 'x' })[0]).toContain('there are MERCURY_HOST, MERCURY_PORT');
  });

  it('names a folder that is not there, and does not miss one that nobody named', () => {
    expect(complaints('log_level: info\ninventory: /nowhere/inventory\n')).toEqual([
      'mercury.yml:2: there is no folder /nowhere/inventory',
    ]);
    expect(complaints(undefined, { MERCURY_PLAYBOOKS: 'plays' })).toEqual(['MERCURY_PLAYBOOKS: there is no folder /nowhere/plays']);
    expect(complaints(undefined)).toEqual([]);
  });

  it('tells every complaint at once, from the file and from the variables', () => {
    expect(complaints('prot: 1\n', { MERCURY_GRACE: '1h', MERCURY_NO: 'x' }).map(text => text.split(':')[0])).toEqual([
      'MERCURY_NO',
      'MERCURY_GRACE',
      'mercury.yml',
    ]);
  });

  it('takes lists from the file, and with commas from a variable', () => {
    const both = { host: ['127.0.0.1', '::1'], auth: ['certificate', 'basic'] };
    const tls = 'tls_cert: c\ntls_key: k\ntls_client_ca: a\n';
    expect(read(`host: [127.0.0.1, '::1']\nauth: [certificate, basic]\n${tls}`)).toMatchObject(both);
    expect(read(tls, { MERCURY_HOST: '127.0.0.1,[::1]', MERCURY_AUTH: 'certificate , basic' })).toMatchObject(both);
    expect(read('auth: basic\n').auth).toEqual(['basic']);
  });

  it('takes a TLS version with and without quotes', () => {
    const tls = 'tls_cert: c\ntls_key: k\n';
    for (const version of ['1.3', "'1.3'"]) expect(read(`${tls}tls_minimum_version: ${version}\n`).tls_minimum_version).toBe('1.3');
  });

  it('takes whole numbers from 1 for what is counted, and no limit per minute unless one is set', () => {
    expect(read('calls_at_once: 8\n', { MERCURY_CALLS_PER_MINUTE: '600' })).toMatchObject({ calls_at_once: 8, calls_per_minute: 600 });
    expect(read(undefined).calls_per_minute).toBeUndefined();
    for (const wrong of ['0', '-1', '1.5', 'many', "''"])
      expect(complaints(`queue_at_most: ${wrong}\n`)).toEqual(['mercury.yml:1: queue_at_most: must be a whole number from 1']);
  });

  it('leaves the password of "mercury call" alone', () => {
    expect(complaints(undefined, { MERCURY_PASSWORD: 'sesame' })).toEqual([]);
  });

  const TLS = 'tls_cert: c\ntls_key: k\n';
  it.each([
    ['auth: [basci]\n', 'mercury.yml:1: auth.0: must be none, basic, digest or certificate'],
    ['auth: []\n', 'mercury.yml:1: auth: must be none, basic, digest or certificate'],
    ['auth: 7\n', 'mercury.yml:1: auth: must be none, basic, digest or certificate'],
    ['host: []\n', 'mercury.yml:1: host: must be an address or a host name, or a list of them'],
    ['host: [127.0.0.1, 7]\n', 'mercury.yml:1: host.1: must be an address or a host name, or a list of them'],
    ['port: 1\nauth: [none, basic]\n', 'mercury.yml:2: auth: none lets everybody in: it cannot stand beside basic'],
    ['auth: [basic, basic]\n', 'mercury.yml:1: auth: a scheme is there twice'],
    ['auth: basic\nanyone_may_call: true\n', 'mercury.yml:2: anyone_may_call: auth says basic: take one of the two out'],
    ['tls_cert: c\n', 'mercury.yml:1: tls_cert: there is no tls_key for it'],
    ['tls_key: k\n', 'mercury.yml:1: tls_key: there is no tls_cert for it'],
    [`${TLS}auth: certificate\n`, 'mercury.yml:3: auth: certificate needs tls_client_ca, the authorities to believe'],
    ['auth: certificate\ntls_client_ca: a\n', 'mercury.yml:1: auth: certificate needs TLS: set tls_cert and tls_key'],
    [`${TLS}tls_client_ca: a\n`, 'mercury.yml:3: tls_client_ca: nobody is asked for a certificate: add certificate to auth'],
    [`${TLS}tls_minimum_version: '1.1'\n`, 'mercury.yml:3: tls_minimum_version: must be 1.2 or 1.3'],
    ['tls_minimum_version: 1.3\n', 'mercury.yml:1: tls_minimum_version: there is no TLS without tls_cert and tls_key'],
    ['tls_ciphers: HIGH\n', 'mercury.yml:1: tls_ciphers: there is no TLS without tls_cert and tls_key'],
    [`${TLS}tls_ciphers: NONE-SUCH\n`, 'mercury.yml:3: tls_ciphers: OpenSSL knows none of these ciphers'],
  ])('refuses what does not go together or is none: %j', (yaml, complaint) => {
    expect(complaints(yaml)).toEqual([complaint]);
  });

  it.each(['0.0.0.0', '::', '192.0.2.7', 'mercury.example.org', '127.0.0.1.example.org'])(
    'refuses to listen on %s unless callers are authenticated, or anyone may call',
    host => {
      const [complaint] = complaints(`host: '${host}'\n`);
      expect(complaint).toMatch(/^mercury.yml:1: host: others can reach this address/);
      expect(complaints(undefined, { MERCURY_HOST: `127.0.0.1,${host}` })[0]).toMatch(/^MERCURY_HOST: host: others/);
      expect(read(`host: '${host}'\n`, { MERCURY_ANYONE_MAY_CALL: 'true' })).toMatchObject({ host: [host], anyone_may_call: true });
      expect(read(`host: '${host}'\nauth: [basic]\n`)).toMatchObject({ host: [host], auth: ['basic'] });
      expect(read(`host: '${host}'\n`, { MERCURY_ANYONE_MAY_CALL: 'false', MERCURY_AUTH: 'basic' }).host).toEqual([host]);
    },
  );

  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('listens on %s without further words', host => {
    expect(read(undefined, { MERCURY_HOST: host }).host).toEqual([host]);
  });
});
