import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Tree } from '../kit/tree.ts';
import { Bench, Folder, mercury, startMercury } from './run.ts';

const USER = { username: 'netops', password: 'Corr3ct-Horse', enable: 'B4ttery-Staple' };

let bench: Bench;
const folder = new Folder();
beforeAll(async () => {
  bench = await Bench.start({ devices: { 'sw-ios': 'cisco_ios', 'sw-eos': 'arista_eos' }, user: USER });
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
beforeEach(() => bench.lab.device('sw-ios').faults.clear());

const out = (name: string) => join(folder.path, name);
const record = (file: string, ...words: readonly string[]) => bench.run(['record', ...words, '--out', out(file)]);

describe('mercury record', () => {
  it('carries the change out, and leaves a recording without a secret', async () => {
    const words = ['attach_port', 'sw-ios', 'Gi1/0/1', '--native', '100', '--description', `the key is ${USER.enable}`];
    const { status, out: said } = await record('attach.yml', ...words);
    expect(status).toBe(0);
    expect(said).toContain('sw-ios attach_port: applied, saved');
    expect(said).toMatch(/attach\.yml: \d+ lines in 1 session, [1-9]\d* texts masked\n/);
    const text = readFileSync(out('attach.yml'), 'utf8');
    expect(text).toContain("typed: '********'");
    expect(text).toContain('typed: description the key is ********');
    for (const secret of [USER.password, USER.enable]) {
      const bytes = Buffer.from(secret);
      for (const form of [secret, bytes.toString('base64'), bytes.toString('hex'), encodeURIComponent(secret)])
        expect(text).not.toContain(form);
    }
  });

  it('keeps what a call in a file asks, but for the switch and the context', async () => {
    const call = {
      jsonrpc: '2.0',
      id: 1,
      method: 'attach_port',
      params: {
        context: { auth_token: 'gAAAAA-live', reason: 'deploy' },
        port: { local_link_information: [{ switch_info: 'sw-eos', port_id: 'Ethernet1' }] },
        native_vlan: 100,
      },
    };
    writeFileSync(out('call.json'), JSON.stringify(call));
    expect((await record('call.yml', '--request', out('call.json'))).status).toBe(0);
    const text = readFileSync(out('call.yml'), 'utf8');
    expect(text).toContain(
      'call:\n  method: attach_port\n  params:\n    port:\n      local_link_information:\n        - port_id: Ethernet1\n    native_vlan: 100\n',
    );
    expect(text).not.toContain('gAAAAA-live');
  });

  it('writes down a failure, too, and ends as the change did', async () => {
    bench.lab.device('sw-ios').faults.plant({ on: /^no shutdown$/, does: 'refuse' });
    const { status, err } = await record('failure.yml', 'attach_port', 'sw-ios', 'Gi1/0/2', '--native', '100');
    expect(status).toBe(7);
    expect(err).toContain('rescued: ');
    expect(readFileSync(out('failure.yml'), 'utf8')).toContain('\noutcome: rescued\n');
  });

  it('types nothing but reads with --reads', async () => {
    const before = bench.lab.device('sw-ios').device.running();
    expect((await record('reads.yml', 'attach_port', 'sw-ios', 'Gi1/0/3', '--native', '100', '--reads')).status).toBe(0);
    expect(bench.lab.device('sw-ios').device.running()).toBe(before);
    const text = readFileSync(out('reads.yml'), 'utf8');
    expect(text).toContain('typed: show running-config interface GigabitEthernet1/0/3');
    expect(text).not.toContain('configure terminal');
  });

  it('masks what --hide says and who logged in with --anonymous', async () => {
    const hidden = await record(
      'anonymous.yml',
      'attach_port',
      'sw-ios',
      'Gi1/0/4',
      '--native',
      '100',
      '--description',
      'netops at rack-17',
      '--anonymous',
      '--hide',
      'rack-\\d+',
    );
    expect(hidden.status).toBe(0);
    expect(readFileSync(out('anonymous.yml'), 'utf8')).toContain('typed: description user at ********');
  });

  it('is the recording and nothing else on standard output', async () => {
    const { status, out: text } = await bench.run(['record', 'attach_port', 'sw-ios', 'Gi1/0/5', '--native', '100']);
    expect(status).toBe(0);
    writeFileSync(out('stdout.yml'), text);
    expect(text.startsWith('# A session with sw-ios, recorded by "mercury record".')).toBe(true);
  });

  it('refuses several devices, a file that is there, and a pattern that is none, before anybody logs in', async () => {
    const { logins } = bench.lab.device('sw-ios');
    const several = await record('several.yml', 'add_network', 'sw-ios,sw-eos', '--vlan', '300');
    expect(several).toMatchObject({ status: 2, err: expect.stringContaining('a recording is of one device') });
    writeFileSync(out('there.yml'), 'mine');
    const words = ['attach_port', 'sw-ios', 'Gi1/0/6', '--native', '100'];
    expect(await record('there.yml', ...words)).toMatchObject({ status: 2, err: expect.stringContaining('is there already; --force') });
    expect(readFileSync(out('there.yml'), 'utf8')).toBe('mine');
    expect(await record('x.yml', ...words, '--hide', '(')).toMatchObject({ status: 2, err: expect.stringContaining('--hide (: ') });
    expect(existsSync(out('x.yml'))).toBe(false);
    expect(bench.lab.device('sw-ios').logins).toBe(logins);
  });
});

describe('mercury replay', () => {
  it('plays a recording as a switch: the same change ends the same, another is refused', async () => {
    expect((await record('played.yml', 'attach_port', 'sw-ios', 'Gi1/0/7', '--native', '100')).status).toBe(0);
    const site = out('site');
    await using replay = startMercury(['replay', out('played.yml'), '--seed', '42', '--write', site]);
    const [, port] = await replay.prints(/at 127\.0\.0\.1 port (\d+), cut into pieces by --seed 42\n/);
    await replay.prints(/Ctrl-C ends/);
    expect(Number(port)).toBeGreaterThan(0);
    expect(statSync(join(site, 'credentials.yml')).mode & 0o777).toBe(0o600);
    const env = { MERCURY_INVENTORY: join(site, 'inventory'), MERCURY_CREDENTIALS: join(site, 'credentials.yml'), MERCURY_LOCK: 'none' };
    const same = await mercury(['apply', 'attach_port', 'sw-ios', 'Gi1/0/7', '--native', '100'], { env });
    expect(same.out).toContain('sw-ios attach_port: applied, saved');
    const other = await mercury(['apply', 'attach_port', 'sw-ios', 'Gi1/0/8', '--native', '100'], { env });
    expect(other.status).not.toBe(0);
    await replay.prints(
      /"show running-config interface GigabitEthernet1\/0\/8" is not what was recorded: that is "show running-config interface GigabitEthernet1\/0\/7" \(.*played\.yml:\d+\)/,
      'err',
    );
    replay.signal('SIGTERM');
    expect(await replay.ended).toMatchObject({ status: 10 });
  });

  it('refuses what is no recording, and a port that is taken', async () => {
    writeFileSync(out('none.yml'), 'sessions: 7\n');
    expect(await mercury(['replay', out('none.yml')])).toMatchObject({ status: 2, err: expect.stringMatching(/none\.yml:1: /) });
    expect((await record('taken.yml', 'attach_port', 'sw-ios', 'Gi1/0/9', '--native', '100')).status).toBe(0);
    const taken = await mercury(['replay', out('taken.yml'), '--port', `${bench.lab.device('sw-ios').port}`]);
    expect(taken).toMatchObject({ status: 2, err: expect.stringContaining('something listens there already') });
  });
});

describe('a case that plays a recording', () => {
  it('needs no lab switch, and fails at the recording when something else is typed', async () => {
    using tree = new Tree();
    expect((await record('acme.yml', 'attach_port', 'sw-ios', 'Gi1/0/10', '--native', '100')).status).toBe(0);
    tree.write('test/cases/cisco_ios/recordings/acme.yml', readFileSync(out('acme.yml'), 'utf8'));
    tree.write(
      'test/cases/cisco_ios/acme.yml',
      'lab: nobody\ncases:\n  - name: As recorded\n    given: { recording: recordings/acme.yml }\n    expect: { outcome: applied, commands: { has: switchport access vlan 100 } }\n',
    );
    expect(await tree.mercury(['test'])).toMatchObject({ status: 0, out: expect.stringContaining('ok      cisco_ios: As recorded') });
    tree.edit('templates/cisco_ios/access.hbs', 'switchport mode access', 'switchport mode dynamic desirable');
    const { status, out: said } = await tree.mercury(['test']);
    expect(status).toBe(10);
    expect(said).toMatch(
      /test\/cases\/cisco_ios\/acme\.yml:4: "switchport mode dynamic desirable" is not what was recorded: that is "switchport mode access" \(.*recordings\/acme\.yml:\d+\)/,
    );
  });
});
