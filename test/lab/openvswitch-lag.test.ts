import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenVswitch } from '../../server/lab/switches/openvswitch.ts';
import { Mercury } from '../harness.ts';

/*
 * Bonds of Open vSwitch, where they are not like the LAGs of others: one Port with several Interfaces, VLANs and LACP on the Port, and never
 * without an Interface. What all platforms do alike is in lag.test.ts.
 */

const LACP = 'active\nbalance-tcp\n{all-members-active="false", lacp-fallback-ab="true"}';
const PLACE = 'bond0: patch\n{}\n-1';

describe('bonds on the lab box with Open vSwitch', () => {
  let mercury: Mercury;
  let box: OpenVswitch;

  beforeEach(async () => {
    mercury = await Mercury.start({ devices: { sw: 'openvswitch' } });
    box = mercury.device('sw').device as OpenVswitch;
  });
  afterEach(() => mercury[Symbol.asyncDispose]());

  const said = (command: string) => {
    const { stdout, stderr } = box.exec(command);
    return `${stdout}${stderr}`.trimEnd();
  };
  const port = (columns: string, name = 'bond0') => said(`ovs-vsctl get Port ${name} ${columns}`);
  const members = () => said('ovs-vsctl list-ifaces br-int').split('\n');
  const plant = (on: RegExp, does: 'refuse' | 'ignore' | 'cut' = 'refuse') => mercury.device('sw').faults.plant({ on, does });
  const updateLag = (wanted: object = {}, lag_name = 'bond0') =>
    mercury.tell('update_lag', {
      ...{ switch_ids: ['sw'], lag_name, description: null, mode: 'access', native_vlan: 100, aggregation_mode: 'lacp' },
      ...wanted,
    });
  const deleteLag = (lag_name = 'bond0') => mercury.tell('delete_lag', { switch_ids: ['sw'], lag_name });
  const join = (port_name: string, wanted: object = {}) =>
    mercury.tell('update_port', {
      ...{ switch_id: 'sw', port_name, description: null, mode: 'access', native_vlan: 100, lag_name: 'bond0' },
      ...wanted,
    });
  const reset = (port_name: string, more: object = {}) =>
    mercury.tell('reset_port', { switch_id: 'sw', port_name, native_vlan: null, allowed_vlans: null, ...more });

  it('makes a bond before it has members: what holds the place is no device, forwards nothing, and stays', async () => {
    const before = box.running();
    expect((await updateLag({ description: 'node 42' })).outcome).toBe('applied');
    expect(port('vlan_mode tag trunks protected external_ids')).toBe('access\n100\n[]\nfalse\n{description="node 42"}');
    expect(port('lacp bond_mode other_config')).toBe(LACP);
    const place = () => `bond0: ${said('ovs-vsctl get Interface bond0 type options ofport')}`;
    expect(place()).toBe(PLACE);
    expect(said('test -e /sys/class/net/bond0')).toBe('');
    expect(box.exec('test -e /sys/class/net/bond0').status).toBe(1);
    expect((await updateLag()).outcome).toBe('unchanged');
    for (const name of ['pf0vf0', 'pf0vf1']) expect((await join(name)).outcome).toBe('applied');
    expect(members()).toEqual(['bond0', 'pf0vf0', 'pf0vf1']);
    for (const name of ['pf0vf0', 'pf0vf1']) expect((await reset(name)).outcome).toBe('applied');
    expect([members(), place()]).toEqual([['bond0'], PLACE]);
    expect((await updateLag()).outcome).toBe('unchanged');
    expect((await deleteLag()).outcome).toBe('applied');
    expect(box.running()).toBe(before);
  });

  it('ends in the same state, whether the bond was asked for first or a port joined first', async () => {
    const trunk = { mode: 'hybrid', native_vlan: 10, allowed_vlans: [20, 30, 31] };
    await updateLag(trunk);
    await join('pf0vf0', trunk);
    const there = box.running();
    expect((await updateLag(trunk)).outcome).toBe('unchanged');
    await reset('pf0vf0');
    await deleteLag();
    await join('pf0vf0', trunk);
    expect(box.running()).toBe(there);
    expect((await updateLag(trunk)).outcome).toBe('unchanged');
    expect(port('vlan_mode tag trunks')).toBe('native-untagged\n10\n[20, 30, 31]');
  });

  it('takes a port from wherever it stood alone, with nothing left of it there', async () => {
    said('ovs-vsctl add-port ovsbr1 pf0vf0 tag=5 -- set Interface pf0vf0 external_ids:iface-id=old');
    expect((await join('pf0vf0', { description: 'node 42' })).outcome).toBe('applied');
    expect(said('ovs-vsctl list-ports ovsbr1 -- get Interface pf0vf0 external_ids admin_state')).toBe('p0\n{description="node 42"}\nup');
    expect((await join('pf0vf0', { description: 'node 42' })).outcome).toBe('unchanged');
  });

  it('changes between LACP and static for all members at once', async () => {
    for (const name of ['pf0vf0', 'pf0vf1']) await join(name);
    expect((await updateLag({ aggregation_mode: 'static' })).outcome).toBe('applied');
    expect(port('lacp bond_mode other_config:all-members-active')).toBe('off\nbalance-slb\n"true"');
    expect((await updateLag({ aggregation_mode: 'static' })).outcome).toBe('unchanged');
    expect((await updateLag({ aggregation_mode: 'lacp' })).outcome).toBe('applied');
    expect(port('lacp bond_mode other_config')).toBe(LACP);
  });

  it('closes a bond that goes off its networks, keeps its members, and opens it again', async () => {
    await join('pf0vf0', { mode: 'trunk', native_vlan: 10, allowed_vlans: [20] });
    await updateLag({ description: 'node 42' });
    expect((await mercury.onPort('detach_port', 'sw', 'bond0')).outcome).toBe('applied');
    expect(port('vlan_mode tag trunks protected external_ids')).toBe('trunk\n[]\n[4095]\ntrue\n{}');
    expect(members()).toEqual(['bond0', 'pf0vf0']);
    expect((await mercury.onPort('detach_port', 'sw', 'bond0')).outcome).toBe('unchanged');
    expect((await mercury.onPort('detach_port', 'sw', 'bond0', { default_vlan: 99 })).outcome).toBe('applied');
    expect(port('vlan_mode tag trunks protected')).toBe('access\n99\n[]\nfalse');
    expect((await mercury.onPort('attach_port', 'sw', 'bond0', { native_vlan: 200 })).outcome).toBe('applied');
    expect(port('vlan_mode tag trunks protected')).toBe('access\n200\n[]\nfalse');
    expect((await mercury.onPort('detach_port', 'sw', 'bond9')).outcome).toBe('unchanged');
    const absent = await mercury.onPort('detach_port', 'sw', 'bond9', { default_vlan: 99 });
    expect(absent).toMatchObject({ outcome: 'refused', message: expect.stringContaining('there is no bond9 in br-int') });
  });

  it('leaves a bond that failed to attach on no VLAN, and a port that failed to join in no bridge', async () => {
    plant(/tag=100/, 'ignore');
    expect((await updateLag()).outcome).toBe('rescued');
    expect(port('vlan_mode trunks protected')).toBe('trunk\n[4095]\ntrue');
    await join('pf0vf1');
    for (const [on, does] of [
      [/add-bond-iface/, 'refuse'],
      [/ip link set/, 'refuse'],
      [/ip link set/, 'ignore'],
      [/add-bond-iface/, 'cut'],
    ] as const) {
      said('ovs-vsctl --may-exist add-port br-int pf0vf0 tag=5');
      plant(on, does);
      expect((await join('pf0vf0')).outcome).toBe('rescued');
      expect(members()).toEqual(['bond0', 'pf0vf1']);
      expect(port('tag')).toBe('100');
      said('sudo -n ip link set dev pf0vf0 down');
    }
  });

  it('gives a serving bond back as it was when a change is refused', async () => {
    await join('pf0vf0');
    const before = box.running();
    plant(/tag=200/);
    expect((await updateLag({ native_vlan: 200 })).outcome).toBe('undone');
    expect(box.running()).toBe(before);
  });

  it.each([
    [
      'a port that another bond holds',
      'ovs-vsctl add-bond br-int bond1 pf0vf0 pf0vf1',
      'pf0vf0 is a member of another bond; detach it first',
    ],
    ['a bond in another bridge', 'ovs-vsctl add-bond ovsbr1 bond0 pf0vf2 pf0vf3', 'bond0 is in another bridge'],
    ['a bond that is a port', 'ovs-vsctl add-port br-int bond0 -- set Interface bond0 type=internal', 'no bond itself'],
    ['a bond that is a patch', 'ovs-vsctl add-port br-int bond0 -- set Interface bond0 type=patch options:peer=x', 'no bond itself'],
  ])('lets no port join: %s', async (_, byHand, why) => {
    said(byHand);
    const before = box.running();
    expect(await join('pf0vf0')).toMatchObject({ outcome: 'refused', kind: 'not_possible', message: expect.stringContaining(why) });
    expect(box.running()).toBe(before);
  });

  it('makes no bond of the name of a network device, or of a bridge', async () => {
    box.netdevs.set('bond0', { mtu: 1500, up: true });
    const kernels = 'bond0 is a network device of this host: a bond of the kernel’s?';
    for (const told of [await updateLag(), await join('pf0vf0')])
      expect(told).toMatchObject({ outcome: 'refused', message: expect.stringContaining(kernels) });
    box.database.addBridge('bond0', {});
    for (const told of [await updateLag(), await join('pf0vf0'), await deleteLag()])
      expect(told).toMatchObject({ outcome: 'refused', message: expect.stringContaining('bond0 is a bridge') });
  });

  it('knows whether a bond can be had', async () => {
    const asked = (name: string) =>
      mercury.reply('is_port_supported', { port: { local_link_information: [{ switch_info: 'sw', port_id: name }] } });
    expect(await asked('bond0')).toMatchObject({ result: true });
    await join('pf0vf0');
    expect(await asked('bond0')).toMatchObject({ result: true });
    expect(await asked('pf0vf0')).toMatchObject({ result: false });
    box.netdevs.set('bond1', { mtu: 1500, up: true });
    expect(await asked('bond1')).toMatchObject({ result: false });
  });

  it('takes no member out of an uplink, and neither attaches nor changes a member', async () => {
    said('ovs-vsctl add-bond-iface p0 pf0vf9');
    await join('pf0vf0');
    const before = box.running();
    const refused = (why: string) => ({ outcome: 'refused', message: expect.stringContaining(why) });
    expect(await reset('pf0vf9')).toMatchObject(refused('pf0vf9 is a member of an uplink'));
    expect(await join('pf0vf9')).toMatchObject(refused('pf0vf9 is a member of another bond'));
    expect(await mercury.onPort('attach_port', 'sw', 'pf0vf0', { native_vlan: 100 })).toMatchObject(refused('attach the bond instead'));
    expect(await mercury.onPort('update_port', 'sw', 'pf0vf0', { native_vlan: 100 })).toMatchObject(refused('change the bond instead'));
    expect(box.running()).toBe(before);
  });

  it('takes ports out of a bond that a person made; with the last one the bond goes', async () => {
    const before = box.running();
    said('ovs-vsctl add-bond br-int bond0 pf0vf0 pf0vf1 tag=5');
    expect((await reset('pf0vf0')).outcome).toBe('applied');
    expect([members(), port('tag')]).toEqual([['pf0vf1'], '5']);
    expect((await deleteLag()).message).toContain('bond0 still has members; detach them first: pf0vf1');
    expect((await reset('pf0vf1')).outcome).toBe('applied');
    expect(box.running()).toBe(before);
    expect((await deleteLag()).outcome).toBe('unchanged');
  });

  it('names the members of the bond that is to go, and no others', async () => {
    await updateLag({}, 'bond-a');
    for (const name of ['pf0vf10', 'pf0vf2']) await join(name);
    await join('pf0vf3', { lag_name: 'bond1' });
    expect((await deleteLag()).message).toMatch(/bond0 still has members; detach them first: pf0vf10, pf0vf2 \(/);
    expect((await deleteLag('bond-a')).outcome).toBe('applied');
  });

  it('takes no MTU for a bond that its members do not have', async () => {
    const mtu = (size: number) => mercury.onPort('attach_port', 'sw', 'bond0', { native_vlan: 100, mtu: size });
    expect((await mtu(9000)).outcome).toBe('applied');
    said('sudo -n ip link set dev pf0vf0 up');
    await join('pf0vf0');
    expect(await mtu(9000)).toMatchObject({ outcome: 'refused', message: expect.stringContaining('a member of bond0 has another MTU') });
    expect((await mtu(1500)).outcome).toBe('unchanged');
    said('ovs-vsctl set Interface pf0vf0 mtu_request=9000');
    expect((await mtu(9000)).outcome).toBe('unchanged');
  });
});
