import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../../server/cli/call.ts';
import { portOf, ROOT } from '../harness.ts';
import { Bench, Folder } from './run.ts';

let bench: Bench;
const folder = new Folder();
beforeAll(async () => {
  bench = await Bench.start({ devices: { 'sw-1': 'cisco_ios' } });
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const LISTENING = /"msg":"listening on (http:\/\/[^"]+)"/;
const attach = { port: portOf('sw-1', 'GigabitEthernet1/0/1'), native_vlan: 100 };

describe('mercury serve', () => {
  it('takes the config file and the variables, says where it listens, answers, and audits on standard output', async () => {
    const config = join(folder.path, 'mercury.yml');
    writeFileSync(config, `port: 1 # a variable wins\nlog_level: debug\ninventory: ${bench.env.MERCURY_INVENTORY}\n`);
    const { MERCURY_CREDENTIALS } = bench.env as { MERCURY_CREDENTIALS: string };
    const environment = {
      MERCURY_PORT: '0',
      MERCURY_SAVE_AFTER: '60m',
      MERCURY_SAVE_WITHIN: '60m',
      MERCURY_CREDENTIALS,
      MERCURY_INVENTORY: bench.env.MERCURY_INVENTORY as string,
    };
    await using service = bench.start(['serve', '--config', config], { env: environment });
    const [, url = ''] = await service.prints(LISTENING, 'err');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:(?!1$)\d+$/);
    expect(await call(url, 'attach_port', attach)).toMatchObject({ result: { outcome: 'applied' } });
    const [line] = await service.prints(/^.*"event":"change".*$/m);
    expect(JSON.parse(line)).toMatchObject({ name: 'audit', what: { device: 'sw-1', native_vlan: 100 }, how: { outcome: 'applied' } });
    // Everything on standard output is audit, and no secret is on either.
    expect(
      service.out
        .trim()
        .split('\n')
        .map(text => JSON.parse(text).name),
    ).toEqual(['audit']);
    expect(service.out + service.err).not.toMatch(/lab-password|lab-enable/);
    service.signal('SIGTERM');
    expect(await service.ended).toMatchObject({ status: 0 });
  });

  it('ends with 2 when its port is taken, and says what to do', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => squatter.once('listening', resolve));
    const { port } = squatter.address() as AddressInfo;
    const { status, err } = await bench.run(['serve'], { env: { MERCURY_PORT: String(port) } });
    squatter.close();
    expect(status).toBe(2);
    expect(err).toContain(`error: cannot listen on 127.0.0.1 port ${port}: something listens there already; MERCURY_PORT`);
    expect(err).not.toMatch(/\n {4}at /);
  });

  it.each([
    ['nothing can be put', 'file/locks', /lock folder .*file\/locks \(not a directory\)/],
    ['others may take locks away', 'open', /everybody may write to .*open, and take locks away; chmod o-w it/],
  ])('does not start on a lock folder into which %s', async (_what, name, why) => {
    using own = new Folder();
    writeFileSync(join(own.path, 'file'), '');
    mkdirSync(join(own.path, 'open'));
    chmodSync(join(own.path, 'open'), 0o777);
    const { status, out, err } = await bench.run(['serve'], { env: { MERCURY_LOCK_DIR: join(own.path, name), MERCURY_PORT: '0' } });
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(why);
    expect(err).not.toContain('listening');
  });

  it('leaves nothing in the lock folder that it tried', async () => {
    using own = new Folder();
    await using service = bench.start(['serve'], { env: { MERCURY_LOCK_DIR: join(own.path, 'locks'), MERCURY_PORT: '0' } });
    await service.prints(LISTENING, 'err');
    expect(readdirSync(join(own.path, 'locks'))).toEqual([]);
  });

  it('ends with 2 when the host is not this machine’s', async () => {
    const { status, err } = await bench.run(['serve'], {
      env: { MERCURY_HOST: '192.0.2.1', MERCURY_ANYONE_MAY_CALL: 'yes', MERCURY_PORT: '0' },
    });
    expect(status).toBe(2);
    expect(err).toContain('cannot listen on 192.0.2.1 port 0: this machine does not have that address');
  });

  it('ends with 2 before it listens when a variable is wrong, unknown or opens it to others', async () => {
    const wrong = { MERCURY_PROT: '6190', MERCURY_GRACE: 'long', MERCURY_HOST: '0.0.0.0' };
    const { status, out, err } = await bench.run(['serve'], { env: wrong });
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err.trim().split('\n')).toEqual([
      'MERCURY_PROT: unknown variable; did you mean MERCURY_PORT?',
      'MERCURY_GRACE: grace: must be a time such as 500ms, 30s or 2m',
      expect.stringMatching(/^MERCURY_HOST: host: others can reach this address and nobody is authenticated/),
    ]);
  });

  it('ends with 2 before it listens, with every complaint about playbooks, inventory and credentials at once', async () => {
    const playbooks = join(folder.path, 'playbooks');
    cpSync(join(ROOT, 'playbooks'), playbooks, { recursive: true });
    const attachFile = join(playbooks, 'cisco_ios', 'attach_port.yml');
    writeFileSync(attachFile, readFileSync(attachFile, 'utf8').replace('tasks:', 'taks:'));
    const inventory = join(folder.path, 'inventory');
    cpSync(bench.env.MERCURY_INVENTORY as string, inventory, { recursive: true });
    writeFileSync(join(inventory, 'more.yml'), 'devices:\n  sw-2: { platform: cisco_ios, address: 192.0.2.2, credentails: lab }\n');
    const credentials = join(folder.path, 'credentials.yml');
    cpSync(bench.env.MERCURY_CREDENTIALS as string, credentials);
    chmodSync(credentials, 0o644);
    const env = { MERCURY_PLAYBOOKS: playbooks, MERCURY_INVENTORY: inventory, MERCURY_CREDENTIALS: credentials, MERCURY_PORT: '0' };
    const { status, out, err } = await bench.run(['serve'], { env });
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).not.toContain('listening');
    expect(err).toMatch(/cisco_ios\/attach_port\.yml:\d+: unknown key taks; did you mean tasks\?/);
    expect(err).toMatch(/more\.yml:2: unknown key credentails; did you mean credentials\?/);
    expect(err).toContain(`${credentials}: others may read it (mode 644); chmod 600 it`);
  });

  it('ends with 2 when the inventory names credentials that are not there, or there is no such file', async () => {
    const credentials = join(folder.path, 'other.yml');
    writeFileSync(credentials, 'labs: { username: mercury, password: lab-password }\n', { mode: 0o600 });
    const [entry, file] = await Promise.all([
      bench.run(['serve'], { env: { MERCURY_PORT: '0', MERCURY_CREDENTIALS: credentials } }),
      bench.run(['serve'], { env: { MERCURY_PORT: '0', MERCURY_CREDENTIALS: '/nowhere/credentials.yml' } }),
    ]);
    expect(entry.status).toBe(2);
    expect(entry.err).toMatch(/lab\.yml:\d+: sw-1: the credentials file has no entry lab; did you mean labs\?/);
    expect(file.status).toBe(2);
    expect(file.err).toContain('/nowhere/credentials.yml: there is no such credentials file; MERCURY_CREDENTIALS');
  });
});
