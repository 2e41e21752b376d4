import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Service, startService } from '../../server/cli/serve.ts';
import { ChangeError } from '../../server/errors.ts';
import { loadLibrary } from '../../server/library/library.ts';
import { makeLogger } from '../../server/log.ts';
import { verifyPort } from '../../server/rpc/verify.ts';
import { slip, writesOf } from '../by-hand.ts';
import { soon } from '../ends.ts';
import { Mercury, portOf, ROOT, type Told } from '../harness.ts';
import { send, stateOf } from './wire.ts';

/* verify_port: whether ports still are as calls once asked, of either vocabulary. */

interface Verdict {
  readonly index?: number;
  readonly device?: string;
  readonly port?: string;
  readonly vlan?: number;
  readonly method: string;
  readonly title?: string;
  readonly holds: boolean | null;
  readonly misses: readonly string[];
  readonly error?: { readonly kind: string; readonly message: string };
}
interface Verified {
  readonly holds: boolean;
  readonly ports: readonly Verdict[];
}

const DEVICES = { ios: 'cisco_ios', eos: 'arista_eos', nic: 'openvswitch', gone: 'juniper_junos' };
let mercury: Mercury;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: DEVICES });
  await mercury.device('gone').close();
  for (const device of ['ios', 'eos']) {
    for (const vlan of [100, 200]) await mercury.onNetwork('add_network', device, vlan, `net-${vlan}`);
  }
});
afterAll(() => mercury[Symbol.asyncDispose]());
afterEach(() => {
  for (const device of mercury.lab.devices.values()) device.faults.clear();
});

async function verify(params: object, url = mercury.service.url): Promise<Verified> {
  const { json } = await send(url, 'verify_port', params);
  if (json.error) throw new Error(json.error.message);
  return json.result as Verified;
}
const verifyAll = (...requests: readonly (readonly [method: string, params: object])[]) =>
  verify({ requests: requests.map(([method, params]) => ({ jsonrpc: '2.0', id: 1, method, params })), context: { user: 'someone' } });
const held = ({ ports }: Verified) => ports.map(({ holds, error }) => error?.kind ?? holds);
const done = async (told: Promise<Told>) => expect((await told).outcome).toBe('applied');
const STOCK = { 'rpc.version': '1.0', context: { auth_token: 'alive' } };

describe('verify_port about one port', () => {
  it('answers whether it is on the network as attach_port would put it there, and types nothing but reads', async () => {
    const params = { port: portOf('ios', 'Gi1/0/1'), mode: 'trunk', native_vlan: 100, allowed_vlans: [200], description: 'node 1' };
    await done(mercury.tell('attach_port', params));
    mercury.device('ios').typed.length = 0;
    const before = { ...stateOf(mercury.device('ios')), logins: 0, typed: [] };
    expect(await verify(params)).toEqual({
      holds: true,
      ports: [
        {
          device: 'ios',
          port: 'GigabitEthernet1/0/1',
          method: 'attach_port',
          title: 'Attach GigabitEthernet1/0/1 to VLAN 100,200',
          holds: true,
          misses: [],
        },
      ],
    });
    const { holds, ports } = await verify({ ...params, allowed_vlans: [200, 201], description: 'node 2' });
    expect(holds).toBe(false);
    expect(ports[0]?.holds).toBe(false);
    expect(ports[0]?.misses).toEqual([
      expect.stringMatching(/its VLANs are 100,200 where they should be 100,200-201 \(playbooks\/cisco_ios\/attach_port\.yml:\d+\)$/),
      expect.stringMatching(/it does not show "description node 2", but "description node 1" \(/),
    ]);
    expect(writesOf(mercury.device('ios'))).toEqual([]);
    expect({ ...stateOf(mercury.device('ios')), logins: 0, typed: [] }).toEqual(before);
  });

  it('answers for each of its links, one that is away included', async () => {
    const links = [portOf('eos', 'Et1'), portOf('gone', 'xe-0/0/1'), portOf('eos', 'Et2')];
    const port = { local_link_information: links.flatMap(link => (link as { local_link_information: object[] }).local_link_information) };
    const { holds, ports } = await verify({ port, native_vlan: 100 });
    expect(holds).toBe(false);
    expect(ports.map(({ device, port, holds }) => [device, port, holds])).toEqual([
      ['eos', 'Ethernet1', false],
      ['gone', 'xe-0/0/1', null],
      ['eos', 'Ethernet2', false],
    ]);
    expect(ports[1]).toMatchObject({ misses: [], error: { kind: 'unreachable', message: expect.stringContaining('gone (127.0.0.1:') } });
  });

  it('answers the reads that it would make as a dry run, and nobody is logged in to', async () => {
    const before = [...mercury.lab.devices.values()].map(stateOf);
    const { json } = await send(mercury.service.url, 'verify_port', { port: portOf('ios', 'Gi1/0/1'), native_vlan: 100, dry_run: true });
    const { outcome, devices } = json.result as Told;
    expect(outcome).toBe('planned');
    const sent = devices.flatMap(({ commands }) => commands.map(command => command.sent));
    expect(sent).toContain('show running-config interface GigabitEthernet1/0/1');
    expect(sent.filter(line => !/^(?:terminal|enable|show)/.test(line))).toEqual([]);
    expect([...mercury.lab.devices.values()].map(stateOf)).toEqual(before);
    const wrong = await send(mercury.service.url, 'verify_port', { port: portOf('ios', 'Gi1/0/1'), native_vlan: 1, dry_run: true });
    expect(wrong.json.error).toMatchObject({ code: 400, data: { kind: 'not_valid' } });
  });
});

describe('verify_port about a list of calls', () => {
  const lag = { lag_name: 'Po10', description: null, mode: 'access', native_vlan: 100 };
  const CALLS: readonly (readonly [string, object])[] = [
    ['attach_port', { port: portOf('ios', 'Gi1/0/2'), native_vlan: 100 }],
    [
      'update_port',
      { switch_id: 'eos', port_name: 'Et3', description: 'Ironic Port 3', mode: 'trunk', native_vlan: 100, allowed_vlans: [200], ...STOCK },
    ],
    ['update_lag', { switch_ids: ['eos'], aggregation_mode: 'lacp', ...lag, ...STOCK }],
    ['update_port', { switch_id: 'eos', port_name: 'Ethernet4', ...lag, ...STOCK }],
    ['reset_port', { switch_id: 'ios', port_name: 'Gi1/0/3', native_vlan: 100, ...STOCK }],
    ['attach_port', { port: portOf('nic', 'pf0vf0'), native_vlan: 300, context: { node: 'node-1' } }],
    ['detach_port', { port: portOf('nic', 'pf0vf1') }],
    ['add_network', { network: { segmentation_id: 400, name: 'later' }, devices: ['ios', 'eos'] }],
    ['delete_lag', { switch_ids: ['eos'], lag_name: 'Po20', ...STOCK }],
  ];

  it('of both vocabularies, LAGs and networks holds once they were made, in one login per device', async () => {
    for (const [method, params] of CALLS) {
      const reply = await mercury.reply(method, params);
      expect(reply, method).toHaveProperty('result');
    }
    const names = ['ios', 'eos', 'nic'];
    const before = names.map(name => mercury.device(name).logins);
    for (const name of names) mercury.device(name).typed.length = 0;
    const audited = mercury.audit.length;
    const verified = await verifyAll(...CALLS);
    expect(verified.ports.map(({ index, device, port, vlan, method, holds }) => [index, device, port ?? vlan, method, holds])).toEqual([
      [0, 'ios', 'GigabitEthernet1/0/2', 'attach_port', true],
      [1, 'eos', 'Ethernet3', 'update_port', true],
      [2, 'eos', 'Port-Channel10', 'update_lag', true],
      [3, 'eos', 'Ethernet4', 'update_port', true],
      [4, 'ios', 'GigabitEthernet1/0/3', 'reset_port', true],
      [5, 'nic', 'pf0vf0', 'attach_port', true],
      [6, 'nic', 'pf0vf1', 'detach_port', true],
      [7, 'ios', 400, 'add_network', true],
      [7, 'eos', 400, 'add_network', true],
      [8, 'eos', 'Port-Channel20', 'delete_lag', true],
    ]);
    expect(verified.holds).toBe(true);
    expect(names.map(name => mercury.device(name).logins)).toEqual(before.map(count => count + 1));
    for (const name of names) expect(writesOf(mercury.device(name)), name).toEqual([]);
    // It changes nothing, and is no change: the audit has no line for it.
    expect(mercury.audit).toHaveLength(audited);
  });

  it('finds what somebody changed at the switch, and only that', async () => {
    slip(mercury.device('ios'), 'GigabitEthernet1/0/2', 'moved');
    slip(mercury.device('nic'), 'pf0vf0', 'moved');
    const verified = await verifyAll(...CALLS);
    expect(verified.holds).toBe(false);
    expect(verified.ports.filter(({ holds }) => !holds).map(({ index, holds, misses }) => [index, holds, misses.length])).toEqual([
      [0, false, 1],
      [5, false, 1],
    ]);
    expect(verified.ports[0]?.misses[0]).toContain('it does not show "switchport access vlan 100", but "switchport access vlan 200"');
  });

  it('answers for each what is wrong with it, and for the others whether they hold', async () => {
    const verified = await verifyAll(
      ['attach_port', { port: portOf('nowhere', 'Et1'), native_vlan: 100 }],
      ['attach_port', { port: portOf('eos', 'Et9'), native_vlan: 1 }],
      ['attach_port', { port: portOf('eos', 'Et9\nreload'), native_vlan: 100 }],
      ['attach_port', { prt: {} }],
      ['update_port', { switch_id: null, port_name: null, ...STOCK }],
      ['get_switches', {}],
      ['__proto__', {}],
      ['verify_port', { port: portOf('eos', 'Et9') }],
      ['detach_port', { port: portOf('gone', 'xe-0/0/0') }],
      ['detach_port', { port: portOf('eos', 'Et9') }],
    );
    expect(held(verified)).toEqual([
      'unknown_device',
      'not_valid',
      'not_valid',
      'bad_request',
      'bad_request',
      'bad_request',
      'bad_request',
      'bad_request',
      'unreachable',
      true,
    ]);
    expect(verified.holds).toBe(false);
    expect(verified.ports[3]?.error?.message).toMatch(/port: is missing/);
    expect(verified.ports[6]).toEqual({
      index: 6,
      method: '__proto__',
      holds: null,
      misses: [],
      error: { kind: 'bad_request', message: expect.stringMatching(/^calls __proto__; here it must be one of attach_port, /) },
    });
  });

  it('takes a thousand calls, and reads of one port once', async () => {
    mercury.device('eos').typed.length = 0;
    const requests = Array.from({ length: 1000 }, (_, nth) => ({
      method: 'detach_port',
      params: { port: portOf('eos', `Et${(nth % 4) + 6}`) },
    }));
    const logins = mercury.device('eos').logins;
    const { holds, ports } = await verify({ requests });
    expect(ports).toHaveLength(1000);
    expect(holds).toBe(true);
    expect(mercury.device('eos').logins).toBe(logins + 1);
    expect(mercury.device('eos').typed.length).toBeLessThan(20);
  });

  it.each<[string, object, number, RegExp]>([
    ['nothing at all', {}, 400, /nothing is asked about: verify_port needs port, or requests/],
    ['neither', { port: null, requests: null, native_vlan: 100 }, 400, /nothing is asked about/],
    ['both', { port: portOf('eos', 'Et1'), requests: [{ method: 'detach_port' }] }, 400, /leave out port/],
    ['more than the list', { requests: [{ method: 'detach_port' }], native_vlan: 100 }, 400, /leave out native_vlan/],
    ['an empty list', { requests: [] }, -32602, /requests/],
    ['no list', { requests: { method: 'detach_port' } }, -32602, /requests/],
    ['what is no call', { requests: [{ params: {} }] }, -32602, /requests\[0\]\.method/],
    ['params that are a list', { requests: [{ method: 'detach_port', params: [] }] }, -32602, /requests\[0\]\.params/],
    ['what nobody knows', { ports: [] }, -32602, /nobody knows ports/],
    ['more than a thousand', { requests: Array.from({ length: 1001 }, () => ({ method: 'detach_port' })) }, -32602, /requests/],
    [
      'calls that mean more than a thousand ports',
      { requests: Array.from({ length: 300 }, () => ({ method: 'add_network', params: { network: { segmentation_id: 100 } } })) },
      400,
      /these ask about 1200 ports and networks; at most 1000 at once/,
    ],
  ])('refuses %s', async (_, params, code, message) => {
    const { json } = await send(mercury.service.url, 'verify_port', params);
    expect(json.error?.code).toBe(code);
    expect(json.error?.message).toMatch(message);
  });
});

describe('verify_port in time', () => {
  it('answers before the call ends, with what was read by then, and says of the rest that it was not reached', async () => {
    mercury.device('ios').faults.plant({ on: /interface GigabitEthernet1\/0\/7$/, does: 'stall' });
    const config = { host: '127.0.0.1', port: 0, call_time: 8000, grace: 1000 };
    const hasty = await startService(mercury.desk, config, makeLogger('silent', 2, 'test'));
    const began = Date.now();
    const calls = [6, 7, 8].map(nth => ({ method: 'detach_port', params: { port: portOf('ios', `Gi1/0/${nth}`) } }));
    const verified = await verify({ requests: [...calls, { method: 'detach_port', params: { port: portOf('eos', 'Et9') } }] }, hasty.url);
    expect(Date.now() - began).toBeLessThan(2 * config.call_time);
    await hasty.stop();
    expect(held(verified)).toEqual([true, 'timeout', 'timeout', true]);
    expect(verified.ports[2]?.error?.message).toMatch(/^not asked: gave up after/);
  });

  it('is refused when the service is about to stop', async () => {
    const call = { id: 'x', caller: { name: 'x', address: '', scheme: '' }, deadline: soon(), closing: true };
    const thrown = await verifyPort({ port: portOf('eos', 'Et1') }, call, mercury.desk).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ChangeError);
    expect((thrown as ChangeError).kind).toBe('shutting_down');
  });
});

describe('verify_port under a policy', () => {
  let service: Service;
  beforeAll(async () => {
    const inventory = join(mercury.folder, 'inventory');
    writeFileSync(join(inventory, 'policy.yml'), 'rules: [{ devices: [eos], ports: [Ethernet1-8], vlans: 100-199, allow: true }]\n');
    writeFileSync(join(inventory, 'freeze.yml'), 'all: the yearly audit\n');
    const library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory });
    const config = { host: '127.0.0.1', port: 0, call_time: 60_000, grace: 1000 };
    service = await startService({ ...mercury.desk, library }, config, makeLogger('silent', 2, 'test'));
  });
  afterAll(() => service.stop());

  it('tells nobody of ports that are not theirs, and goes on in a freeze', async () => {
    const logins = mercury.device('ios').logins;
    const requests = [
      { method: 'attach_port', params: { port: portOf('eos', 'Et7'), native_vlan: 100 } },
      { method: 'attach_port', params: { port: portOf('eos', 'Et7'), native_vlan: 200 } },
      { method: 'detach_port', params: { port: portOf('eos', 'Et9') } },
      { method: 'detach_port', params: { port: portOf('ios', 'Gi1/0/1') } },
    ];
    const verified = await verify({ requests }, service.url);
    expect(held(verified)).toEqual([false, 'not_permitted', 'not_permitted', 'not_permitted']);
    expect(verified.ports[1]?.error?.message).toMatch(/VLAN 200 is not in 100-199 \(.*policy\.yml:1\)$/);
    expect(mercury.device('ios').logins).toBe(logins);
  });
});
