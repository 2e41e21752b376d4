import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStandings } from '../../server/cli/asked.ts';
import { call } from '../../server/cli/call.ts';
import { verifyCommand } from '../../server/cli/verify.ts';
import type { Standing } from '../../server/engine/drift.ts';
import { type Library, loadLibrary } from '../../server/library/library.ts';
import { slip, writesOf } from '../by-hand.ts';
import { portOf, ROOT } from '../harness.ts';
import { Bench, MAIN, Running } from './run.ts';

/* `mercury verify --all`: what a running service wrote into its audit, held against the switches. */

const DEVICES = { ios: 'cisco_ios', eos: 'arista_eos', junos: 'juniper_junos', os10: 'dell_os10', ovs: 'openvswitch' };

let bench: Bench;
let library: Library;
/** The audit of the service that made everything here. */
let audit = '';
beforeAll(async () => {
  bench = await Bench.start({ devices: DEVICES });
  const more = 'devices:\n  gone: { platform: cisco_ios, address: 127.0.0.1, port: 1, credentials: lab }\n';
  writeFileSync(join(bench.folder, 'inventory', 'more.yml'), more);
  library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: join(bench.folder, 'inventory') });
  audit = await history();
});
afterAll(() => bench[Symbol.asyncDispose]());

/** A day in the life of five switches, by a real `mercury serve`; answers what it wrote on standard output. */
async function history(): Promise<string> {
  await using service = bench.start(['serve'], { env: { MERCURY_PORT: '0' } });
  const [, url = ''] = await service.prints(/"msg":"listening on (http:\/\/[^"]+)"/, 'err');
  const tell = async (method: string, params: object) => {
    const reply = await call(url, method, params);
    return 'result' in reply ? (reply.result as { outcome: string }).outcome : reply.error.data?.outcome;
  };
  const network = (vlan: number) => ({ network: { segmentation_id: vlan, name: `net-${vlan}` }, devices: ['ios', 'eos', 'junos', 'os10'] });
  const attach = (device: string, port: string, more: object = {}) => ({ port: portOf(device, port), native_vlan: 100, ...more });
  const lag = { lag_name: 'Po10', description: null, mode: 'access', native_vlan: 100 };
  for (const vlan of [100, 200, 300]) expect(await tell('add_network', network(vlan))).toBe('applied');
  const trunk = { mode: 'trunk', allowed_vlans: [200], description: 'node 42', context: { node: 'node-42' } };
  const steps: readonly [string, object, string][] = [
    ['attach_port', attach('ios', 'Gi1/0/1'), 'applied'],
    ['attach_port', attach('eos', 'Et1', trunk), 'applied'],
    ['attach_port', attach('junos', 'xe-0/0/1', trunk), 'applied'],
    ['attach_port', attach('os10', 'ethernet1/1/1', trunk), 'applied'],
    ['attach_port', attach('ovs', 'pf0vf0', trunk), 'applied'],
    ['update_port', attach('ios', 'GigabitEthernet1/0/1', { native_vlan: 200 }), 'applied'],
    ['attach_port', attach('ios', 'Gi1/0/2'), 'applied'],
    ['reset_port', { switch_id: 'ios', port_name: 'Gi1/0/2', native_vlan: 100, default_vlan: 300 }, 'applied'],
    ['reset_port', { switch_id: 'ios', port_name: 'Gi1/0/3', native_vlan: null }, 'unchanged'],
    ['update_lag', { switch_ids: ['eos'], aggregation_mode: 'lacp', ...lag }, 'applied'],
    ['update_port', { switch_id: 'eos', port_name: 'Et2', ...lag }, 'applied'],
    ['update_port', { switch_id: 'eos', port_name: 'Et3', ...lag }, 'applied'],
    // The members are asked about by the VLAN that the LAG has now.
    ['update_lag', { switch_ids: ['eos'], aggregation_mode: 'lacp', ...lag, native_vlan: 200 }, 'applied'],
    ['delete_network', { ...network(300), devices: ['eos', 'junos'] }, 'applied'],
    // Neither of these changes what a port should be.
    ['attach_port', attach('ios', 'Gi1/0/1', { native_vlan: 1 }), 'refused'],
    ['attach_port', attach('ios', 'Gi1/0/1', { native_vlan: 100, dry_run: true }), 'planned'],
    ['attach_port', attach('nowhere', 'Gi1/0/1'), 'refused'],
  ];
  for (const [method, params, outcome] of steps) expect(await tell(method, params), `${method} ${JSON.stringify(params)}`).toBe(outcome);
  expect(await tell('attach_port', attach('ios', 'Gi1/0/9', { native_vlan: 200 }))).toBe('applied');
  bench.lab.device('ios').faults.plant({ on: /^switchport access vlan 100$/, does: 'refuse' });
  expect(await tell('attach_port', attach('ios', 'Gi1/0/9'))).toBe('rescued');
  service.signal('SIGTERM');
  expect((await service.ended).status).toBe(0);
  return service.out;
}

const withoutTheFailed = () => {
  const lines = audit.split('\n').filter(line => !line.includes('Gi1/0/9'));
  return lines.join('\n');
};
const verify = (input: string, ...more: string[]) => bench.run(['verify', '--all', '-', ...more], { input });
const devices = () => [...bench.lab.devices.values()];

/** What a file of that text says should be so. */
function standingsIn(text: string): Standing[] {
  const file = join(bench.folder, 'asked');
  writeFileSync(file, text);
  return readStandings(file, library);
}

describe('mercury verify --all, of the audit of a service', () => {
  it('finds that all of it holds, by one login a device and reads, and ends with 0', async () => {
    const file = join(bench.folder, 'audit.log');
    writeFileSync(file, withoutTheFailed());
    const before = devices().map(({ device, logins }) => ({ running: device.running(), logins: logins + 1 }));
    for (const device of devices()) device.typed.length = 0;
    const { status, out, err } = await bench.run(['verify', '--all', file]);
    expect(err).toBe('');
    const rows = out.trim().split('\n');
    expect(rows.slice(0, -2).map(row => row.split(/ {2,}/))).toEqual(
      [
        ['eos', 'Ethernet1', 'Attach Ethernet1 to VLAN 100,200'],
        ['eos', 'Ethernet2', 'Make Ethernet2 a member of Port-Channel10 on VLAN 200'],
        ['eos', 'Ethernet3', 'Make Ethernet3 a member of Port-Channel10 on VLAN 200'],
        ['eos', 'Port-Channel10', 'Attach Port-Channel10 to VLAN 200'],
        ['eos', 'VLAN 100', 'Create VLAN 100 net-100'],
        ['eos', 'VLAN 200', 'Create VLAN 200 net-200'],
        ['eos', 'VLAN 300', 'Delete VLAN 300'],
        ['ios', 'GigabitEthernet1/0/1', 'Change GigabitEthernet1/0/1 to VLAN 200'],
        ['ios', 'GigabitEthernet1/0/2', 'Detach GigabitEthernet1/0/2 to VLAN 300'],
        ['ios', 'GigabitEthernet1/0/3', 'Detach GigabitEthernet1/0/3'],
        ['ios', 'VLAN 100', 'Create VLAN 100 net-100'],
        ['ios', 'VLAN 200', 'Create VLAN 200 net-200'],
        ['ios', 'VLAN 300', 'Create VLAN 300 net-300'],
        ['junos', 'VLAN 100', 'Create VLAN 100 net-100'],
        ['junos', 'VLAN 200', 'Create VLAN 200 net-200'],
        ['junos', 'VLAN 300', 'Delete VLAN 300 net-300'],
        ['junos', 'xe-0/0/1', 'Attach xe-0/0/1 to VLAN 100,200'],
        ['os10', 'ethernet1/1/1', 'Attach ethernet1/1/1 to VLAN 100,200'],
        ['os10', 'VLAN 100', 'Create VLAN 100 net-100'],
        ['os10', 'VLAN 200', 'Create VLAN 200 net-200'],
        ['os10', 'VLAN 300', 'Create VLAN 300 net-300'],
        ['ovs', 'pf0vf0', 'Plug pf0vf0 into br-int on VLAN 100,200'],
      ].map(row => [...row, 'holds']),
    );
    expect(rows.slice(-2)).toEqual(['', '22 hold']);
    expect(status).toBe(0);
    expect(devices().map(({ device, logins }) => ({ running: device.running(), logins }))).toEqual(before);
    for (const device of devices()) expect(writesOf(device), device.name).toEqual([]);
  });

  it('lists a port whose last change failed as one that nobody knows the state of, and ends with 5', async () => {
    const { status, out } = await verify(audit, '--json');
    expect(status).toBe(5);
    const { holds, ports } = JSON.parse(out) as { holds: boolean; ports: { holds: boolean | null }[] };
    expect(holds).toBe(false);
    expect(ports).toHaveLength(23);
    expect(ports.filter(port => !port.holds)).toEqual([
      {
        device: 'ios',
        port: 'GigabitEthernet1/0/9',
        method: 'attach_port',
        request: expect.stringMatching(/^mercury-/),
        time: expect.stringMatching(/^\d{4}-/),
        holds: null,
        misses: [],
        error: {
          kind: 'not_known',
          message: expect.stringMatching(/^it is not known .*: its last change, attach_port at .*Z, ended rescued$/),
        },
      },
    ]);
  });

  it('finds in each line all that is needed to ask again', () => {
    const attach = audit.split('\n').find(line => line.includes('"pf0vf0"')) ?? '';
    expect(JSON.parse(attach)).toMatchObject({
      what: {
        port: 'pf0vf0',
        mode: 'trunk',
        native_vlan: 100,
        allowed_vlans: [200],
        description: 'node 42',
        mac: '52:54:00:12:34:56',
        port_id: 'b2a1c3d4-0000-4000-8000-00000000a001',
        node: 'node-42',
      },
    });
  });

  it('passes over what the service logs, and takes the logs of two services in one file', () => {
    const log = '{"level":30,"time":"2026-11-22T10:00:00.000Z","name":"mercury","method":"attach_port","msg":"internal error"}';
    const lines = withoutTheFailed().trim().split('\n');
    // As `cat` puts them together: the last change is the last by the clock, not by its place.
    const shuffled = [...lines.slice(9), log, '', ...lines.slice(0, 9)].join('\n');
    expect(standingsIn(shuffled)).toEqual(standingsIn(withoutTheFailed()));
    expect(standingsIn(shuffled)).toHaveLength(22);
  });

  it('finds what somebody changed by hand on each switch, and ends with 9 although it knows less of others', async () => {
    slip(bench.lab.device('ios'), 'GigabitEthernet1/0/1', 'closed');
    slip(bench.lab.device('junos'), 'xe-0/0/1', 'closed');
    slip(bench.lab.device('os10'), 'ethernet1/1/1', 'closed');
    slip(bench.lab.device('ovs'), 'pf0vf0', 'moved');
    slip(bench.lab.device('eos'), 'Port-Channel10', 'closed');
    slip(bench.lab.device('eos'), 'Ethernet1', 'closed');
    const { status, out } = await verify(audit);
    expect(status).toBe(9);
    const different = out.split('\n').filter(line => line.endsWith(' differs'));
    expect(different.map(line => line.split(/ {2,}/).slice(0, 2).join(' '))).toEqual([
      'eos Ethernet1',
      // A member is nothing without its LAG.
      'eos Ethernet2',
      'eos Ethernet3',
      'eos Port-Channel10',
      'ios GigabitEthernet1/0/1',
      'junos xe-0/0/1',
      'os10 ethernet1/1/1',
      'ovs pf0vf0',
    ]);
    expect(out).toMatch(/\nios +GigabitEthernet1\/0\/9 +attach_port +not known\n {4}it is not known what it should be: .*rescued\n/);
    expect(out).toMatch(
      /\nios +GigabitEthernet1\/0\/1 +Change GigabitEthernet1\/0\/1 to VLAN 200 +differs\n {4}GigabitEthernet1\/0\/1 is /,
    );
    expect(out).toMatch(/\n\n14 hold, 1 not known, 8 differ\n$/);
  });
});

describe('mercury verify --all, of calls', () => {
  const attach = { jsonrpc: '2.0', id: 1, method: 'attach_port', params: { port: portOf('ios', 'Gi1/0/5'), native_vlan: 100 } };
  const reset = {
    method: 'reset_port',
    params: { switch_id: 'eos', port_name: 'Et7', native_vlan: null, context: {}, 'rpc.version': '1.0' },
  };
  const away = (port: string) => ({ method: 'detach_port', params: { port: portOf('gone', port) } });

  it.each([
    ['in a list', JSON.stringify([attach, reset], null, 2)],
    ['one a line', `${JSON.stringify(attach)}\n\n${JSON.stringify(reset)}\n`],
  ])('takes both vocabularies, %s', (_, text) => {
    expect(standingsIn(text)).toMatchObject([
      { about: { device: 'ios', port: 'GigabitEthernet1/0/5', method: 'attach_port' }, request: { method: 'attach_port' } },
      { about: { device: 'eos', port: 'Ethernet7', method: 'reset_port' }, request: { method: 'detach_port' } },
    ]);
  });

  it('takes a single one, spread over lines', () => {
    expect(standingsIn(JSON.stringify(reset, null, 2))).toMatchObject([{ about: { device: 'eos', port: 'Ethernet7' } }]);
  });

  it('ends with 5 when some could not be asked and the others hold, and says the reason of several once', async () => {
    const wrong = { ...attach, params: { ...attach.params, native_vlan: 1 } };
    const { status, out } = await verify(JSON.stringify([away('Gi1/0/1'), reset, away('Gi1/0/2'), wrong]));
    expect(status).toBe(5);
    expect(out).toMatch(/^eos +Ethernet7 +Detach Ethernet7 +holds\n/);
    expect(out.match(/gone \(127\.0\.0\.1:1\) cannot be reached/g)).toHaveLength(1);
    expect(out).toMatch(/\nios +GigabitEthernet1\/0\/5 +attach_port +cannot be asked\n {4}ios: VLAN 1 is outside 2-1001,1006-4094\n/);
    expect(out).toMatch(/\n1 hold, 3 cannot be asked\n$/);
  });

  it.each<[string, string, RegExp]>([
    ['nothing', '', /holds no call, and no change that was made/],
    ['only refusals', '{"event":"refusal","what":{"request":"x"},"how":{"outcome":"refused"}}', /holds no call, and no change/],
    ['a line that is cut', `${JSON.stringify(reset)}\n{"event":"cha`, /asked:2 is not JSON/],
    ['a list that is cut', '[{"method": "reset_port"', /asked is not JSON/],
    ['a value that is no call', `${JSON.stringify(reset)}\n42\n`, /asked:2 is neither a JSON-RPC call, .* nor a line of the audit/],
    ['an entry that is no call', '[{"methd": "reset_port"}]', /asked: entry 1 is neither a JSON-RPC call/],
    ['an audit line that says too little', '{"event":"change","what":{},"how":{"outcome":"applied"}}', /asked:1 is no audit line: .*time/],
  ])('refuses a file with %s as wrong usage', (_, text, message) => {
    expect(() => standingsIn(text)).toThrow(expect.objectContaining({ kind: 'bad_request', message: expect.stringMatching(message) }));
  });

  it('refuses other words and options beside it, and a file that is not there', async () => {
    const { status, err } = await bench.run(['verify', 'attach_port', '--all', '-']);
    expect(status).toBe(2);
    expect(err).toContain('--all FILE says it all');
    expect(err).toContain('"mercury verify --help" says how.');
    for (const beside of [{ native: '100' }, { request: '-' }, { default: '1' }])
      await expect(verifyCommand([], { root: ROOT, all: '-', ...beside })).rejects.toThrow('--all FILE says it all');
    expect(() => readStandings('/nowhere/audit.log', library)).toThrow('there is no file /nowhere/audit.log');
  });

  it('tells on a terminal which devices are done, and fits its table on it', async () => {
    const file = join(bench.folder, 'calls.json');
    const trunk = { ...attach.params, mode: 'trunk', allowed_vlans: Array.from({ length: 60 }, (_, nth) => 200 + 2 * nth) };
    writeFileSync(file, JSON.stringify([{ ...attach, params: trunk }, reset, away('Gi1/0/1')]));
    const words = [process.execPath, MAIN, 'verify', '--all', file].map(word => `'${word}'`).join(' ');
    await using running = new Running('script', ['-qec', `stty cols 80 rows 50; exec ${words}`, '/dev/null'], {
      env: { ...bench.env, TERM: 'xterm-256color' },
    });
    const { status, out } = await running.ended;
    const lines = out
      .replace(/\x1b\[[0-9;]*m/g, '')
      .replaceAll('\r', '')
      .split('\n');
    expect(status).toBe(9);
    expect(lines.slice(0, 3).map(line => line.slice(0, 6))).toEqual(['[1/3] ', '[2/3] ', '[3/3] ']);
    expect(
      lines
        .slice(0, 3)
        .map(line => line.slice(6))
        .toSorted(),
    ).toEqual(['eos 1 asked', 'gone 1 asked, 1 not answered', 'ios 1 asked, 1 differ']);
    const table = lines.filter(line => / (?:holds|differs|cannot be asked)$/.test(line));
    expect(table).toHaveLength(3);
    expect(Math.max(...table.map(line => line.length))).toBeLessThanOrEqual(80);
    expect(table.at(-1)).toMatch(/^ios +GigabitEthernet1\/0\/5 +Attach GigabitEthernet1.*… +differs$/);
  });
});
