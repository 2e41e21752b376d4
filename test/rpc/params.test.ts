import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { Mercury, portOf } from '../harness.ts';
import { Beside } from './beside.ts';
import { type RpcReply, send, stateOf } from './wire.ts';

/* The params of the eight methods: what is taken, what is refused, and how the switch is found. Most calls are dry runs. */

let mercury: Mercury;
let beside: Beside;
let leaf: LabDevice;
let nic: LabDevice;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf: 'cisco_ios', nic: 'openvswitch', spine: 'dell_os10' } });
  beside = await Beside.start(mercury, {
    edit: ({ devices }) => {
      devices.leaf = { ...devices.leaf, switch_ids: ['00:1c:73:aa:bb:01', '001c73aabb02'] };
      devices.nic = { ...devices.nic, physical_networks: ['physnet9'] };
    },
  });
  leaf = mercury.device('leaf');
  nic = mercury.device('nic');
  await mercury.onNetwork('add_network', 'leaf', 100, 'tenant');
});
afterAll(async () => {
  await beside[Symbol.asyncDispose]();
  await mercury[Symbol.asyncDispose]();
});

const port = portOf('leaf', 'Gi1/0/1');
const linked = (...links: object[]) => ({ local_link_information: links });
const call = async (method: string, params: object): Promise<RpcReply> => (await send(beside.url, method, params)).json;
const dry = (params: object, method = 'attach_port') => call(method, { native_vlan: 100, dry_run: true, ...params });
const METHODS = [
  'get_allowed_network_types',
  'is_link_valid',
  'is_port_supported',
  'attach_port',
  'detach_port',
  'update_port',
  'add_network',
  'delete_network',
];
/** The least that each method can be called with. */
const least = (method: string): object => (/network$/.test(method) ? { network: { segmentation_id: 100 } } : { port, native_vlan: 100 });

describe('a refused call', () => {
  let before: object;
  let audited: number;
  beforeEach(() => {
    before = { leaf: stateOf(leaf), nic: stateOf(nic) };
    audited = beside.audit.length;
  });
  const refusedWith = async (method: string, params: object, code: number, message: RegExp) => {
    const { error } = await call(method, params);
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toMatch(/[\n✖]/);
    expect({ leaf: stateOf(leaf), nic: stateOf(nic) }).toEqual(before);
    expect(beside.audit.slice(audited).filter(line => line.event !== 'refusal')).toEqual([]);
  };

  it.each<[string, object, RegExp]>([
    ['no port', { native_vlan: 100 }, /port/],
    ['port as a string', { port: 'Gi1/0/1' }, /port/],
    ['port as a list', { port: [port] }, /port/],
    ['links as an object', { port: { local_link_information: { port_id: 'Gi1/0/1' } } }, /local_link_information/],
    ['a link as a string', { port: { local_link_information: ['leaf Gi1/0/1'] } }, /local_link_information\[0\]/],
    ['port_id as a number', { port: linked({ switch_info: 'leaf', port_id: 1 }) }, /port_id/],
    ['port_id as an object', { port: linked({ switch_info: 'leaf', port_id: { toString: 'Gi1/0/1' } }) }, /port_id/],
    ['switch_id as a number', { port: linked({ switch_id: 12, port_id: 'Gi1/0/1' }) }, /switch_id/],
    ['hostname as a list', { port: linked({ hostname: ['leaf'], port_id: 'Gi1/0/1' }) }, /hostname/],
    ['address as a number', { port: { ...port, address: 525400 } }, /address/],
    ['mode in capitals', { port, mode: 'Access' }, /mode/],
    ['mode nobody knows', { port, mode: 'dot1q-tunnel' }, /mode/],
    ['a VLAN in quotes', { port, native_vlan: '100' }, /native_vlan/],
    ['a VLAN and a half', { port, native_vlan: 1.5 }, /native_vlan/],
    ['a VLAN with an exponent', { port, native_vlan: 1e20 }, /native_vlan/],
    ['a VLAN that is true', { port, native_vlan: true }, /native_vlan/],
    ['a VLAN in a list', { port, native_vlan: [100] }, /native_vlan/],
    ['allowed_vlans as text', { port, mode: 'trunk', allowed_vlans: '100-200' }, /allowed_vlans/],
    ['a text among allowed_vlans', { port, mode: 'trunk', allowed_vlans: [100, '200'] }, /allowed_vlans\[1\]/],
    ['null among allowed_vlans', { port, mode: 'trunk', allowed_vlans: [null] }, /allowed_vlans\[0\]/],
    ['more VLANs than there are', { port, mode: 'trunk', allowed_vlans: Array(4095).fill(100) }, /allowed_vlans/],
    ['default_vlan in quotes', { port, native_vlan: 100, default_vlan: '1' }, /default_vlan/],
    ['description as a number', { port, native_vlan: 100, description: 42 }, /description/],
    ['description as an object', { port, native_vlan: 100, description: { a: 1 } }, /description/],
    ['mtu in quotes', { port, native_vlan: 100, mtu: '9000' }, /mtu/],
    ['mtu 0', { port, native_vlan: 100, mtu: 0 }, /mtu/],
    ['dry_run as text', { port, native_vlan: 100, dry_run: 'false' }, /dry_run/],
    ['dry_run as a number', { port, native_vlan: 100, dry_run: 1 }, /dry_run/],
    ['context as a string', { port, native_vlan: 100, context: 'admin' }, /context/],
    ['context as a list', { port, native_vlan: 100, context: [] }, /context/],
    ['a reason that is a number', { port, native_vlan: 100, context: { reason: 7 } }, /reason/],
    ['network as a string', { port, network: 'tenant-a' }, /network/],
    ['segmentation_id in quotes', { port, network: { segmentation_id: '100' } }, /segmentation_id/],
    ['segmentation_id 1.5', { port, network: { segmentation_id: 1.5 } }, /segmentation_id/],
    ['an Ironic parameter', { port, native_vlan: 100, switch_id: 'leaf' }, /switch_id/],
    ['a misspelt name', { port, natve_vlan: 100 }, /natve_vlan/],
  ])('for a wrong type or an unknown member gets -32602 and says which: %s', async (_, params, message) => {
    for (const method of ['attach_port', 'update_port']) await refusedWith(method, params, -32602, message);
  });

  it.each(METHODS)('for an unknown member at the top is %s’s too', async method => {
    await refusedWith(method, { ...least(method), surprise: 1 }, -32602, /surprise/);
    await refusedWith(method, { ...least(method), constructor: 1 }, -32602, /constructor/);
    // Ironic’s own update_port has it: that one misses what Ironic sends.
    await refusedWith(method, { ...least(method), 'rpc.version': '1.0' }, -32602, method === 'update_port' ? /switch_id/ : /rpc\.version/);
  });

  it.each(['add_network', 'delete_network'])('for a network that is not whole is %s’s', async method => {
    await refusedWith(method, {}, -32602, /network/);
    await refusedWith(method, { network: null }, -32602, /network/);
    await refusedWith(method, { network: {} }, -32602, /segmentation_id/);
    await refusedWith(method, { network: { segmentation_id: null } }, -32602, /segmentation_id/);
    await refusedWith(method, { network: { segmentation_id: '100' } }, -32602, /segmentation_id/);
    await refusedWith(method, { network: { segmentation_id: 4095 }, devices: ['leaf'] }, 400, /leaf: VLAN 4095 is outside/);
    await refusedWith(method, { network: { segmentation_id: 1 }, devices: ['leaf'] }, 400, /leaf: VLAN 1 is outside/);
    await refusedWith(method, { network: { segmentation_id: 100, name: 7 } }, -32602, /name/);
    await refusedWith(method, { network: { segmentation_id: 100 }, devices: [] }, -32602, /devices/);
    await refusedWith(method, { network: { segmentation_id: 100 }, devices: 'leaf' }, -32602, /devices/);
    await refusedWith(method, { network: { segmentation_id: 100 }, devices: ['leaf', 'nowhere'] }, 400, /nowhere/);
    await refusedWith(method, { network: { segmentation_id: 100, physical_network: 'physnet7' } }, 400, /physnet7/);
    await refusedWith(method, { network: { segmentation_id: 100, network_type: 'vxlan' }, devices: ['leaf'] }, 400, /leaf: .* no vxlan/);
  });

  it.each<[string, object, RegExp]>([
    ['VLAN 0', { port, native_vlan: 0 }, /VLAN 0 is outside/],
    ['VLAN 4095', { port, native_vlan: 4095 }, /VLAN 4095 is outside/],
    ['VLAN -1', { port, native_vlan: -1 }, /VLAN -1 is outside/],
    ['VLAN 4095 among allowed_vlans', { port, mode: 'trunk', allowed_vlans: [4095] }, /VLAN 4095 is outside/],
    ['a port without links', { port: {} }, /no local_link_information/],
    ['a port with an empty list of links', { port: linked() }, /no local_link_information/],
    ['links that are null', { port: { local_link_information: null, 'binding:profile': null } }, /no local_link_information/],
    ['a link without a switch', { port: linked({ port_id: 'Gi1/0/1' }) }, /names no switch/],
    [
      'a link whose names are empty',
      { port: linked({ switch_info: '', switch_id: '', hostname: '', port_id: 'Gi1/0/1' }) },
      /names no switch/,
    ],
    ['a link without port_id', { port: linked({ switch_info: 'leaf' }) }, /leaf: the link has no port_id/],
    ['a link whose port_id is null', { port: linked({ switch_info: 'leaf', port_id: null }) }, /leaf: the link has no port_id/],
    ['a link whose port_id is empty', { port: linked({ switch_info: 'leaf', port_id: '' }) }, /leaf: the link has no port_id/],
    ['an unknown switch', { port: linked({ switch_info: 'leaf-999', port_id: 'Gi1/0/1' }) }, /no switch .* leaf-999/],
    ['a switch whose name is nearly right', { port: linked({ switch_info: 'LEAF', port_id: 'Gi1/0/1' }) }, /LEAF/],
    ['a switch named like a method of every object', { port: linked({ switch_info: '__proto__', port_id: 'Gi1/0/1' }) }, /__proto__/],
    ['an unknown MAC', { port: linked({ switch_id: '00:1c:73:aa:bb:99', port_id: 'Gi1/0/1' }) }, /00:1c:73:aa:bb:99/],
    ['separators and nothing else', { port: linked({ switch_id: ':::', port_id: 'Gi1/0/1' }) }, /:::/],
    ['VLAN 1', { port, native_vlan: 1 }, /leaf: VLAN 1 is outside/],
    ['VLAN 1002, which is token ring’s', { port, native_vlan: 1002 }, /leaf: VLAN 1002 is outside/],
    ['VLAN 1 among the tagged', { port, mode: 'trunk', allowed_vlans: [100, 1] }, /leaf: VLAN 1 is outside/],
    ['VLAN 1 as default', { port, default_vlan: 1 }, /leaf: VLAN 1 is outside/],
    ['VLAN 1 by the network', { port, native_vlan: undefined, network: { segmentation_id: 1 } }, /leaf: VLAN 1 is outside/],
    ['VLAN 5000 by the network', { port, native_vlan: undefined, network: { segmentation_id: 5000 } }, /leaf: VLAN 5000 is outside/],
    ['access without a VLAN', { port, native_vlan: undefined }, /leaf: an access port needs native_vlan/],
    [
      'access with native_vlan null, whatever the network',
      { port, native_vlan: null, network: { segmentation_id: 100 } },
      /needs native_vlan/,
    ],
    ['access with allowed_vlans', { port, allowed_vlans: [200] }, /allowed_vlans belongs to mode trunk/],
    ['a trunk without allowed_vlans', { port, mode: 'trunk' }, /a trunk needs allowed_vlans/],
    ['a trunk with an empty list', { port, mode: 'trunk', allowed_vlans: [] }, /a trunk needs allowed_vlans/],
    ['a hybrid without native_vlan', { port, mode: 'hybrid', native_vlan: null, allowed_vlans: [200] }, /a hybrid needs native_vlan/],
    ['a network type that is not carried', { port, network: { network_type: 'vxlan' } }, /carries no vxlan/],
    ['an uplink', { port: portOf('leaf', 'TenGigabitEthernet1/1/1') }, /TenGigabitEthernet1\/1\/1 is an uplink/],
    ['an uplink by its short name', { port: portOf('leaf', 'te1/1/1') }, /TenGigabitEthernet1\/1\/1 is an uplink/],
    ['an uplink with blanks around it', { port: portOf('leaf', '  Te 1/1/1 ') }, /is an uplink/],
    ['an uplink with noughts in its number', { port: portOf('leaf', 'Te1/01/0001') }, /is an uplink|is no port name/],
    ['an uplink of a Linux host', { port: portOf('nic', 'p0') }, /is an uplink/],
  ])('that is well formed and still wrong gets 400 and says what: %s', async (_, params, message) => {
    for (const method of ['attach_port', 'update_port']) await refusedWith(method, { native_vlan: 100, ...params }, 400, message);
  });

  it('to detach an uplink, or a port to VLAN 1, is refused as well', async () => {
    await refusedWith('detach_port', { port: portOf('leaf', 'Te1/1/1') }, 400, /uplink/);
    await refusedWith('detach_port', { port, default_vlan: 1 }, 400, /VLAN 1 is outside/);
  });

  it('does not send a long name back whole', async () => {
    const long = 'x'.repeat(300_000);
    for (const params of [
      { port: portOf(long, 'Gi1/0/1') },
      { port: portOf('leaf', long) },
      { port, [long]: 1 },
      { port, native_vlan: 100, context: { request_id: [long] } },
    ]) {
      const { error } = await call('attach_port', { native_vlan: 100, ...params });
      expect(error?.message.length).toBeLessThan(1000);
    }
  });
});

describe('unknown members', () => {
  it('are kept out of the way inside context, port, its links, binding:profile and network: Neutron’s dicts go as they are', async () => {
    const neutron = {
      port: {
        ...linked({ switch_info: 'leaf', port_id: 'Gi1/0/1', switch_name: 'x', vlan: 1, __proto__: { a: 1 } }),
        id: 'b2a1c3d4-0000-4000-8000-00000000a001',
        'binding:profile': { local_link_information: [], capabilities: ['switchdev'] },
        'binding:vnic_type': 'baremetal',
        fixed_ips: [{ ip_address: '192.0.2.7', subnet_id: 'x' }],
        mode: 'trunk',
        native_vlan: 666,
      },
      network: { segmentation_id: 100, 'provider:segmentation_id': 666, mtu: 1500, router: { external: true }, 'router:external': false },
      context: { is_admin: true, roles: ['admin'], user_identity: '- - - - -', resource_uuid: null, auth_token: 'gAAAAABtoken' },
      native_vlan: null,
      mode: 'trunk',
      allowed_vlans: [100],
    };
    const { result } = await dry(neutron);
    expect(result).toMatchObject({ outcome: 'planned', devices: [{ device: 'leaf' }] });
    expect(JSON.stringify(result)).not.toMatch(/666|gAAAAABtoken|switchdev/);
  });
});

describe('every optional parameter', () => {
  it('may be null, as stock clients send them', async () => {
    const { result } = await dry({
      port: { ...port, id: null, address: null, 'binding:profile': null },
      context: { request_id: null, user: null, node: null },
      network: null,
      mode: null,
      allowed_vlans: null,
      default_vlan: null,
      description: null,
      mtu: null,
      dry_run: true,
    });
    expect(result).toMatchObject({ outcome: 'planned' });
    expect((await dry({ port, context: null })).result).toMatchObject({ outcome: 'planned' });
  });
});

describe('the switch of a link', () => {
  const found = async (link: object) => {
    const { result, error } = await dry({ port: linked({ port_id: 'Gi1/0/1', ...link }) });
    return error?.message ?? (result as { devices: { device: string }[] }).devices.map(({ device }) => device).join();
  };

  it.each([
    '00:1c:73:aa:bb:01',
    '00:1C:73:AA:BB:01',
    '001c.73aa.bb01',
    '00-1c-73-aa-bb-01',
    '001c73aabb01',
    '001C73AABB02',
    '001c.73aa.bb02',
  ])('is found by its MAC in any notation: %s', async mac => {
    expect(await found({ switch_id: mac })).toBe('leaf');
  });

  it.each([
    ['switch_info, its name', { switch_info: 'leaf' }],
    ['switch_id, its name', { switch_id: 'leaf' }],
    ['hostname, for a SmartNIC', { hostname: 'leaf' }],
    ['switch_info before switch_id', { switch_info: 'leaf', switch_id: 'spine' }],
    ['switch_info before hostname', { switch_info: 'leaf', hostname: 'spine' }],
    ['switch_id before hostname', { switch_id: '001c73aabb01', hostname: 'spine' }],
    ['switch_id, where switch_info says something else', { switch_info: 'sysname=rack 7', switch_id: '00:1c:73:aa:bb:01' }],
    ['switch_id, where switch_info is no text', { switch_info: { name: 'spine' }, switch_id: 'leaf' }],
    ['switch_id, where switch_info is empty', { switch_info: '', switch_id: 'leaf' }],
    ['hostname, where switch_id is null', { switch_info: null, switch_id: null, hostname: 'leaf' }],
  ])('is found by %s', async (_, link) => {
    expect(await found(link)).toBe('leaf');
  });

  it('is read from binding:profile too', async () => {
    const link = { switch_info: 'leaf', port_id: 'Gi1/0/1' };
    for (const profiled of [{ 'binding:profile': linked(link) }, { local_link_information: [], 'binding:profile': linked(link) }]) {
      expect((await dry({ port: profiled })).result).toMatchObject({ outcome: 'planned', devices: [{ device: 'leaf' }] });
    }
  });

  it('is the host of a SmartNIC, whose port is its representor', async () => {
    const { result } = await dry({ port: linked({ hostname: 'nic', port_id: 'pf0hpf' }) });
    expect(result).toMatchObject({ devices: [{ device: 'nic', platform: 'openvswitch' }] });
  });
});

describe('the devices of a network', () => {
  const on = async (params: object) => {
    const { result } = await call('add_network', { network: { segmentation_id: 100 }, dry_run: true, ...params });
    return (result as { devices: { device: string }[] } | undefined)?.devices.map(({ device }) => device);
  };

  it('are those named, by name or MAC', async () => {
    expect(await on({ devices: ['spine', 'leaf'] })).toEqual(['spine', 'leaf']);
    expect(await on({ devices: ['001c.73aa.bb01'] })).toEqual(['leaf']);
  });

  it('are each visited once, however often and by whatever names they are named', async () => {
    expect(await on({ devices: ['leaf', 'leaf', '001c73aabb02'] })).toEqual(['leaf']);
  });

  it('are those of the port’s links, each once', async () => {
    const link = { switch_info: 'leaf' };
    expect(await on({ port: linked({ ...link, port_id: 'Gi1/0/1' }, { ...link, port_id: 'Gi1/0/2' }) })).toEqual(['leaf']);
  });

  it('are those on its physical network, else all', async () => {
    expect(await on({ network: { segmentation_id: 100, physical_network: 'physnet9' } })).toEqual(['nic']);
    expect(await on({})).toEqual(['leaf', 'nic', 'spine']);
  });
});

describe('VLANs and modes', () => {
  const typed = async (params: object) => {
    const { result, error } = await dry({ port, native_vlan: undefined, ...params });
    if (error) return error.message;
    const [device] = (result as { devices: { commands: { task: string; sent: string }[] }[] }).devices;
    return device?.commands.filter(({ task }) => task.startsWith('change: ')).map(({ sent }) => sent);
  };

  it('take the network’s own VLAN when native_vlan is left out', async () => {
    expect(await typed({ network: { segmentation_id: 100 } })).toContain('switchport access vlan 100');
  });

  it('take native_vlan before the network’s', async () => {
    expect(await typed({ network: { segmentation_id: 100 }, native_vlan: 200 })).toContain('switchport access vlan 200');
  });

  it('take native_vlan null for none, whatever the network’s is', async () => {
    const trunk = { mode: 'trunk', allowed_vlans: [300], network: { segmentation_id: 100 } };
    expect(await typed({ ...trunk, native_vlan: null })).toContain('no switchport trunk native vlan');
    expect(await typed(trunk)).toContain('switchport trunk native vlan 100');
  });

  it('are access when the mode is left out', async () => {
    expect(await typed({ native_vlan: 100 })).toContain('switchport mode access');
  });

  it('read a list as a set: order and repeats do not matter', async () => {
    const trunk = { mode: 'trunk', native_vlan: 100 };
    const once = await typed({ ...trunk, allowed_vlans: [200, 201, 300] });
    expect(once).toContain('switchport trunk allowed vlan 100,200-201,300');
    expect(await typed({ ...trunk, allowed_vlans: [300, 201, 200, 201, 300, 100] })).toEqual(once);
  });

  it('let an empty list pass on an access port: Ironic sends it', async () => {
    expect(await typed({ native_vlan: 100, allowed_vlans: [] })).toContain('switchport access vlan 100');
  });
});
