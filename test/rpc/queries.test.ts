import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Mercury, PLATFORMS, portOf } from '../harness.ts';
import { Beside } from './beside.ts';
import { IRONIC, type RpcReply, send, stateOf } from './wire.ts';

/* The three methods that change nothing: what they answer, and that they touch no more than they say. */

let mercury: Mercury;
let beside: Beside;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { ...Object.fromEntries(PLATFORMS.map(platform => [platform, platform])), gone: 'cisco_ios' } });
  await mercury.device('gone').close();
  beside = await Beside.start(mercury, {
    credentials: { wrong: { username: 'mercury', password: 'not-the-password' } },
    edit: ({ devices }) => {
      devices.impostor = { ...devices.cisco_ios, host_keys: [`SHA256:${'A'.repeat(43)}`] };
      devices.locked = { ...devices.cisco_ios, credentials: 'wrong' };
    },
  });
});
afterAll(async () => {
  await beside[Symbol.asyncDispose]();
  await mercury[Symbol.asyncDispose]();
});
afterEach(() => {
  for (const platform of PLATFORMS) mercury.device(platform).faults.clear();
});

const ask = async (method: string, params: object): Promise<RpcReply> => (await send(beside.url, method, params)).json;
const firstPort = (platform: string) => mercury.device(platform).device.ports[0] ?? '';
const all = () => Object.fromEntries(PLATFORMS.map(platform => [platform, stateOf(mercury.device(platform))]));

describe('get_allowed_network_types', () => {
  const types = async (params: object = {}) => (await ask('get_allowed_network_types', params)).result;

  it('answers what any device can carry, without touching one', async () => {
    const before = all();
    expect(await types()).toEqual(['vlan']);
    expect(await types({ port: null, context: { user: 'x' }, dry_run: true })).toEqual(['vlan']);
    expect(all()).toEqual(before);
  });

  it.each(PLATFORMS)('answers what the device of the port can carry: %s', async platform => {
    expect(await types({ port: portOf(platform, firstPort(platform)) })).toEqual(['vlan']);
    // The port's name is not asked about.
    expect(await types({ port: { local_link_information: [{ switch_info: platform }] } })).toEqual(['vlan']);
  });

  it('answers for a device that is out of reach as well: nobody is asked', async () => {
    expect(await types({ port: portOf('gone', 'Gi1/0/1') })).toEqual(['vlan']);
  });

  it('answers an error for a device that nobody knows', async () => {
    const { error } = await ask('get_allowed_network_types', { port: portOf('nowhere', 'Gi1/0/1') });
    expect(error).toMatchObject({ code: 400, data: { kind: 'unknown_device', class: `${IRONIC}InvalidParameterValue` } });
  });
});

describe('is_link_valid', () => {
  let before: object;
  beforeEach(() => {
    before = all();
  });
  afterEach(() => expect(all()).toEqual(before));
  const valid = (params: object) => ask('is_link_valid', params);
  const port = portOf('cisco_ios', 'Gi1/0/1');

  it.each(PLATFORMS)('says true of a port that is well named: %s', async platform => {
    const named = portOf(platform, firstPort(platform));
    expect((await valid({ port: named })).result).toBe(true);
    expect((await valid({ port: named, native_vlan: 100 })).result).toBe(true);
    expect((await valid({ port: named, network: { segmentation_id: 100, network_type: 'vlan' } })).result).toBe(true);
    expect((await valid({ port: named, mode: 'trunk', allowed_vlans: [100, 200] })).result).toBe(true);
    expect((await valid({ port: named, explain: true })).result).toEqual({ valid: true, reasons: [] });
  });

  it('asks no device: neither whether it is there nor whether it has the port', async () => {
    expect((await valid({ port: portOf('gone', 'Gi1/0/1') })).result).toBe(true);
    expect((await valid({ port: portOf('cisco_ios', 'Gi1/0/99') })).result).toBe(true);
  });

  it.each<[string, object, RegExp]>([
    ['an unknown switch', { port: portOf('nowhere', 'Gi1/0/1') }, /no switch .* nowhere/],
    ['no link', { port: {} }, /no local_link_information/],
    ['no port_id', { port: { local_link_information: [{ switch_info: 'cisco_ios' }] } }, /no port_id/],
    ['a name that is none', { port: portOf('cisco_ios', 'Ethernet1; reload') }, /"Ethernet1; reload" is no port name/],
    ['another vendor’s name', { port: portOf('arista_eos', 'Gi1/0/1') }, /is no port name of Arista/],
    ['an uplink', { port: portOf('cisco_ios', 'Te1/1/1') }, /uplink/],
    ['VLAN 1', { port, native_vlan: 1 }, /VLAN 1 is outside/],
    ['VLAN 0', { port, native_vlan: 0 }, /VLAN 0 is outside/],
    ['VLAN 4095', { port, native_vlan: 4095 }, /VLAN 4095 is outside/],
    ['VLAN 5000 of the network', { port, network: { segmentation_id: 5000 } }, /VLAN 5000 is outside/],
    ['VLAN 4095 among the tagged', { port, mode: 'trunk', allowed_vlans: [100, 4095] }, /VLAN 4095 is outside/],
    ['a network type that is not carried', { port, network: { network_type: 'vxlan' } }, /no vxlan networks/],
    ['a hybrid without native_vlan', { port, mode: 'hybrid', native_vlan: null, allowed_vlans: [100] }, /a hybrid needs native_vlan/],
    ['a trunk without a list', { port, mode: 'trunk', native_vlan: 100 }, /a trunk needs allowed_vlans/],
    ['access without a VLAN', { port, mode: 'access' }, /needs native_vlan/],
    ['a list on an access port', { port, native_vlan: 100, allowed_vlans: [200] }, /belongs to mode trunk/],
    ['a list without a mode', { port, allowed_vlans: [200] }, /belongs to mode trunk/],
    [
      'one good link and one bad',
      {
        port: {
          local_link_information: [
            { switch_info: 'cisco_ios', port_id: 'Gi1/0/1' },
            { switch_info: 'cisco_ios', port_id: 'x' },
          ],
        },
      },
      /"x" is no port name/,
    ],
  ])('says false, and with explain why: %s', async (_, params, reason) => {
    expect((await valid(params)).result).toBe(false);
    const { result } = await valid({ ...params, explain: true });
    expect(result).toMatchObject({ valid: false, reasons: [expect.stringMatching(reason)] });
  });

  it.each<[string, object]>([
    ['a VLAN in quotes', { port, native_vlan: '100' }],
    ['no port at all', {}],
    ['an unknown member', { port, natve_vlan: 100 }],
    ['explain as text', { port, explain: 'yes' }],
  ])('is no question with params of the wrong shape: -32602 and no answer: %s', async (_, params) => {
    expect((await valid(params)).error).toMatchObject({ code: -32602, data: { kind: 'bad_request' } });
  });
});

describe('is_port_supported', () => {
  const supported = (params: object) => ask('is_port_supported', params);

  it.each(PLATFORMS)('asks the device and types nothing but reads: %s', async platform => {
    const device = mercury.device(platform);
    const { running, saved } = stateOf(device) as { running: string; saved?: string };
    const { logins } = device;
    const typed = device.typed.length;
    expect((await supported({ port: portOf(platform, firstPort(platform)) })).result).toBe(true);
    expect(device.logins).toBe(logins + 1);
    expect(device.typed.length).toBeGreaterThan(typed);
    expect(
      device.typed
        .slice(typed)
        .filter(line => /^(?:conf|interface|set (?!cli)|delete|write|lock|start)|add-port|del-port| set /.test(line)),
    ).toEqual([]);
    expect(stateOf(device)).toMatchObject({ running, ...(saved === undefined ? {} : { saved }) });
  });

  it.each([
    ['cisco_ios', 'Gi1/0/99'],
    ['arista_eos', 'Ethernet99'],
    ['juniper_junos', 'xe-0/0/99'],
    ['dell_os10', 'ethernet1/1/99'],
    ['openvswitch', 'pf9vf9'],
  ])('says false of a port that the device has not, and with explain why: %s %s', async (platform, port_id) => {
    expect((await supported({ port: portOf(platform, port_id) })).result).toBe(false);
    const { result } = await supported({ port: portOf(platform, port_id), explain: true });
    expect(result).toMatchObject({ valid: false });
    expect((result as { reasons: string[] }).reasons.join()).not.toBe('');
  });

  it('says false of what is_link_valid refuses, and asks no device about it', async () => {
    const before = all();
    for (const params of [
      { port: portOf('nowhere', 'x') },
      { port: portOf('cisco_ios', 'x') },
      { port: portOf('cisco_ios', 'Gi1/0/1'), native_vlan: 1 },
      { port: portOf('cisco_ios', 'Gi1/0/1'), native_vlan: 4095 },
    ]) {
      expect((await supported(params)).result).toBe(false);
      expect((await supported({ ...params, explain: true })).result).toMatchObject({ valid: false, reasons: [expect.any(String)] });
    }
    expect(all()).toEqual(before);
  });

  it('says every reason, of every link', async () => {
    const links = ['Gi1/0/97', 'Gi1/0/1', 'Gi1/0/98'].map(port_id => ({ switch_info: 'cisco_ios', port_id }));
    const { result } = await supported({ port: { local_link_information: links }, explain: true });
    const { reasons } = result as { reasons: string[] };
    expect(reasons.join('\n')).toMatch(/1\/0\/97/);
    expect(reasons.join('\n')).toMatch(/1\/0\/98/);
    expect(reasons).toHaveLength(2);
  });

  it.each([
    ['out of reach', 'gone', 'unreachable', 503],
    ['refusing the login', 'locked', 'login_refused', 500],
    ['another than it was', 'impostor', 'host_key', 500],
  ])('answers an error, never false, when the device is %s', async (_, name, kind, code) => {
    for (const explain of [false, true]) {
      const { result, error } = await supported({ port: portOf(name, 'Gi1/0/1'), explain });
      expect(result).toBeUndefined();
      expect(error).toMatchObject({ code, data: { kind, outcome: 'refused', class: `${IRONIC}NetworkError` } });
      expect(error?.message).toContain(name);
    }
  });

  it.each([
    ['stall', 'timeout'],
    ['cut', 'session_lost'],
  ] as const)('answers an error, never false, when the device does not answer (%s)', async (does, kind) => {
    await using hasty = await Beside.start(mercury, { callTime: 5000 });
    mercury.device('cisco_ios').faults.plant({ on: /^show running-config interface/, does, times: 2 });
    const { result, error } = (await send(hasty.url, 'is_port_supported', { port: portOf('cisco_ios', 'Gi1/0/1') })).json;
    expect(result).toBeUndefined();
    expect(error).toMatchObject({ data: { kind, class: `${IRONIC}NetworkError` } });
  });

  it('logs in to nobody in a dry run, and answers the plan: true would be a guess', async () => {
    const before = all();
    for (const port_id of ['Gi1/0/1', 'Gi1/0/99']) {
      const { result } = await supported({ port: portOf('cisco_ios', port_id), dry_run: true });
      expect(result).toMatchObject({ outcome: 'planned', devices: [{ device: 'cisco_ios', outcome: 'planned' }] });
    }
    expect(all()).toEqual(before);
  });
});
