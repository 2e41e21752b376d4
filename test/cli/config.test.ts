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
      host: '127.0.0.1',
      port: 6190,
      call_time: 110_000,
      grace: 60_000,
      log_level: 'info',
      anyone_may_call: false,
    });
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

  it.each(['0.0.0.0', '::', '192.0.2.7', 'mercury.example.org', '127.0.0.1.example.org'])(
    'refuses to listen on %s unless anyone may call',
    host => {
      const [complaint] = complaints(`host: '${host}'\n`);
      expect(complaint).toMatch(/^mercury.yml:1: host: others can reach this address/);
      expect(complaints(undefined, { MERCURY_HOST: host })[0]).toMatch(/^MERCURY_HOST: host: others/);
      expect(read(`host: '${host}'\n`, { MERCURY_ANYONE_MAY_CALL: 'true' })).toMatchObject({ host, anyone_may_call: true });
    },
  );

  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('listens on %s without further words', host => {
    expect(read(undefined, { MERCURY_HOST: host }).host).toBe(host);
  });
});
