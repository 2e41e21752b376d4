import { describe, expect, it } from 'vitest';
import type { CliSession, LabSwitch } from '../../server/lab/switch.ts';
import type { Device } from '../../server/model.ts';
import { Mercury } from '../harness.ts';

const [ONE, TWO, THREE] = ['ethernet1/1/1', 'ethernet1/1/2', 'ethernet1/1/3'] as const;
const LAG = 'port-channel10';

const NETWORKS = [100, 200, 201, 300, 999];
const ACCESS = { mode: 'access', native_vlan: 100, allowed_vlans: null, default_vlan: null };
const TRUNK = { mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 201], default_vlan: null };

/** A Mercury with one leaf or two, the networks on them, and the calls of Ironic. */
async function site(...names: string[]) {
  const leaves = names.length > 0 ? names : ['leaf'];
  const first = leaves[0] ?? '';
  const mercury = await Mercury.start({ devices: Object.fromEntries(leaves.map(name => [name, 'dell_os10'])) });
  const networks = NETWORKS.flatMap(vlan => [`interface vlan ${vlan}`, `description net-${vlan}`]);
  for (const leaf of leaves) typeOn(mercury.device(leaf).device, ...networks);
  const box = mercury.device(first).device;
  const wire = { 'rpc.version': '1.0', context: {} };
  const onPort = { switch_id: first, ...wire };
  const onLag = { switch_ids: leaves, lag_name: LAG, ...wire };
  return {
    mercury,
    box,
    faults: mercury.device(first).faults,
    /** The block of an interface, without its header. */
    text: (name: string, leaf = first) =>
      mercury.device(leaf).device.running().split(`interface ${name}\n`)[1]?.split('\n!')[0] ?? 'not there',
    byHand: (...lines: string[]) => typeOn(box, ...lines),
    inventory: (more: Partial<Device>) => {
      const devices = mercury.library.devices as Map<string, Device>;
      for (const [name, device] of devices) devices.set(name, { ...device, ...more });
    },
    lag: (wanted: object = ACCESS, more: object = {}) =>
      mercury.tell('update_lag', { ...onLag, description: 'bond0 of node 42', aggregation_mode: 'lacp', ...wanted, ...more }),
    join: (port: string, wanted: object = ACCESS, more: object = {}) =>
      mercury.tell('update_port', { ...onPort, port_name: port, lag_name: LAG, description: '', ...wanted, ...more }),
    reset: (port: string, default_vlan: number | null = null) =>
      mercury.tell('reset_port', { ...onPort, port_name: port, native_vlan: 100, allowed_vlans: null, default_vlan }),
    remove: () => mercury.tell('delete_lag', onLag),
    [Symbol.asyncDispose]: () => mercury[Symbol.asyncDispose](),
  };
}

function typeOn(box: LabSwitch, ...lines: string[]): void {
  const cli = box.openCli?.() as CliSession;
  for (const line of ['configure terminal', ...lines]) cli.enter(line);
}

const MEMBER = ' no shutdown\n channel-group 10 mode active\n no switchport';
const SERVING = ' no shutdown\n switchport access vlan 100\n lacp fallback enable\n spanning-tree port type edge';
const DETACHED = ' shutdown\n switchport access vlan 1';

describe('LAGs on Dell OS10', () => {
  it('gives back the configuration from before, when all members have left and the LAG is deleted', async () => {
    await using leaf = await site();
    const before = leaf.box.running();
    expect(await leaf.lag(TRUNK)).toMatchObject({ outcome: 'applied' });
    expect(leaf.text(LAG)).toBe(
      [
        ' description "bond0 of node 42"',
        ' no shutdown',
        ' switchport mode trunk',
        ' switchport access vlan 100',
        ' switchport trunk allowed vlan 200-201',
        ' lacp fallback enable',
        ' spanning-tree port type edge',
      ].join('\n'),
    );
    expect(await leaf.join(ONE, TRUNK)).toMatchObject({ outcome: 'applied' });
    expect(await leaf.join(TWO, TRUNK)).toMatchObject({ outcome: 'applied' });
    expect([leaf.text(ONE), leaf.text(TWO)]).toEqual([MEMBER, MEMBER]);
    expect(await leaf.reset(ONE)).toMatchObject({ outcome: 'applied' });
    expect([leaf.text(ONE), leaf.text(TWO)]).toEqual([DETACHED, MEMBER]);
    expect(await leaf.reset(TWO)).toMatchObject({ outcome: 'applied' });
    expect(await leaf.remove()).toMatchObject({ outcome: 'applied' });
    expect(leaf.box.running()).toBe(before);
  });

  it('types nothing when asked a second time', async () => {
    await using leaf = await site();
    const calls = [
      () => leaf.lag(TRUNK),
      () => leaf.join(ONE, TRUNK, { description: 'eth0' }),
      () => leaf.reset(ONE),
      () => leaf.reset(LAG),
      () => leaf.remove(),
      () => leaf.reset(LAG),
    ];
    for (const call of calls) {
      await call();
      const before = leaf.box.running();
      const again = await call();
      expect(again.outcome).toBe('unchanged');
      expect(again.devices[0]?.commands).toEqual([]);
      expect(leaf.box.running()).toBe(before);
    }
    expect(await leaf.remove()).toMatchObject({ outcome: 'unchanged' });
  });

  it('ends in the same state whichever of LAG and member is asked first', async () => {
    await using one = await site();
    await using other = await site();
    await one.lag();
    await one.join(ONE);
    await other.join(ONE);
    expect(other.text(LAG)).toBe(SERVING);
    await other.lag();
    expect(other.box.running()).toBe(one.box.running());
  });

  it('changes the VLANs of a LAG that serves by either call, and its members with it', async () => {
    await using leaf = await site();
    await leaf.lag();
    await leaf.join(ONE);
    await leaf.join(TWO);
    const told = await leaf.lag(TRUNK);
    expect(told.outcome).toBe('applied');
    expect(told.devices[0]?.diff).not.toContain('ethernet');
    expect(leaf.text(LAG)).toContain(' switchport trunk allowed vlan 200-201\n');
    const joined = await leaf.join(ONE, { ...ACCESS, native_vlan: 300 });
    expect(joined.outcome).toBe('applied');
    expect(joined.devices[0]?.diff).not.toContain('ethernet'); // the member did not leave
    expect(leaf.text(LAG)).toContain(' switchport access vlan 300\n');
    expect([leaf.text(ONE), leaf.text(TWO)]).toEqual([MEMBER, MEMBER]);
  });

  it('gives a hybrid port and a hybrid LAG an untagged VLAN and tagged ones', async () => {
    await using leaf = await site();
    const hybrid = { ...TRUNK, mode: 'hybrid' };
    expect(await leaf.join(ONE, hybrid)).toMatchObject({ outcome: 'applied' });
    expect(await leaf.join(TWO, hybrid, { lag_name: null })).toMatchObject({ outcome: 'applied' });
    for (const name of [LAG, TWO]) {
      expect(leaf.text(name)).toContain(' switchport mode trunk\n switchport access vlan 100\n switchport trunk allowed vlan 200-201');
    }
  });

  it('takes a port that is on a network of its own, and one that is on its default VLAN', async () => {
    await using leaf = await site();
    await leaf.join(ONE, TRUNK, { lag_name: null, description: 'alone' });
    await leaf.reset(TWO, 999);
    for (const port of [ONE, TWO]) {
      expect(await leaf.join(port)).toMatchObject({ outcome: 'applied' });
      expect(leaf.text(port)).toMatch(/^(?: description alone\n)? no shutdown\n channel-group 10 mode active\n no switchport$/);
    }
  });

  it('makes static LAGs without fallback, and leaves fallback out where the inventory says so', async () => {
    await using leaf = await site();
    const still = { aggregation_mode: 'static' };
    expect(await leaf.lag(ACCESS, still)).toMatchObject({ outcome: 'applied' });
    expect(await leaf.join(ONE, ACCESS, still)).toMatchObject({ outcome: 'applied' });
    expect(leaf.text(ONE)).toContain(' channel-group 10 mode on\n');
    expect(leaf.text(LAG)).not.toContain('lacp');
    leaf.inventory({ vars: { lacp_fallback: false } });
    expect(await leaf.lag(ACCESS, { lag_name: 'Po 11' })).toMatchObject({ outcome: 'applied' });
    expect(leaf.text('port-channel11')).not.toContain('lacp');
  });

  it('refuses another aggregation than that of the members, and names them', async () => {
    await using leaf = await site();
    await leaf.join(ONE);
    await leaf.join(TWO);
    const before = leaf.box.running();
    const still = { aggregation_mode: 'static' };
    for (const told of [await leaf.lag(ACCESS, still), await leaf.join(THREE, ACCESS, still), await leaf.join(ONE, ACCESS, still)]) {
      expect(told).toMatchObject({ outcome: 'refused' });
      expect(told.message).toContain(`not aggregated as asked (static); detach them first: ${ONE}, ${TWO}`);
    }
    expect(leaf.box.running()).toBe(before);
  });

  it('refuses a member of another LAG, a routed port and a routed LAG', async () => {
    await using leaf = await site();
    leaf.byHand('interface port-channel 11', `interface ${ONE}`, 'channel-group 11 mode active', `interface ${TWO}`, 'no switchport');
    expect((await leaf.join(ONE)).message).toContain('is a member of another LAG');
    expect((await leaf.join(TWO)).message).toContain('is a routed port');
    expect((await leaf.reset(TWO)).message).toContain('is a routed port');
    leaf.byHand('interface port-channel 10', 'no switchport');
    const told = [await leaf.lag(), await leaf.join(THREE), await leaf.reset(LAG), await leaf.remove()];
    for (const { outcome, message } of told) expect([outcome, message]).toEqual(['refused', expect.stringContaining('is a routed port')]);
  });

  it('refuses to attach or change a member on its own, without calling it a routed port', async () => {
    await using leaf = await site();
    await leaf.join(ONE);
    for (const method of ['attach_port', 'update_port']) {
      const told = await leaf.mercury.onPort(method, 'leaf', ONE, { mode: 'access', native_vlan: 200 });
      expect(told).toMatchObject({ outcome: 'refused' });
      expect(told.message).toMatch(/is a member of a LAG; (?:attach|change) the LAG instead \(/);
    }
  });

  it('refuses a LAG whose VLANs are not there, and types nothing', async () => {
    await using leaf = await site();
    const before = leaf.box.running();
    for (const told of [await leaf.lag({ ...ACCESS, native_vlan: 101 }), await leaf.join(ONE, { ...TRUNK, allowed_vlans: [200, 202] })]) {
      expect(told).toMatchObject({ outcome: 'refused' });
      expect(told.message).toContain('add the network first');
    }
    expect(leaf.box.running()).toBe(before);
  });

  it('deletes no LAG that has members, and names them', async () => {
    await using leaf = await site();
    await leaf.join(ONE);
    await leaf.join(TWO);
    const told = await leaf.remove();
    expect(told).toMatchObject({ outcome: 'refused' });
    expect(told.message).toContain(`still has members; detach them first: ${ONE}, ${TWO}`);
    expect([leaf.text(LAG), leaf.text(ONE)]).toEqual([SERVING, MEMBER]);
  });

  it('deletes no network that a LAG still carries', async () => {
    await using leaf = await site();
    await leaf.lag(TRUNK);
    const told = await leaf.mercury.onNetwork('delete_network', 'leaf', 201, 'net-201');
    expect(told.message).toContain(`still used by ${LAG}`);
  });

  it('takes a LAG off every VLAN and leaves its members in it', async () => {
    await using leaf = await site();
    await leaf.lag(TRUNK);
    await leaf.join(ONE, TRUNK);
    expect(await leaf.reset(LAG)).toMatchObject({ outcome: 'applied' });
    expect([leaf.text(LAG), leaf.text(ONE)]).toEqual([`${DETACHED}\n lacp fallback enable`, MEMBER]);
    expect(await leaf.reset(LAG, 999)).toMatchObject({ outcome: 'applied' });
    expect(leaf.text(LAG)).toBe(' no shutdown\n switchport access vlan 999\n lacp fallback enable');
  });

  it('puts a port that leaves its LAG on its default VLAN, but makes no LAG for one', async () => {
    await using leaf = await site();
    await leaf.join(ONE);
    expect(await leaf.reset(ONE, 999)).toMatchObject({ outcome: 'applied' });
    expect(leaf.text(ONE)).toBe(' no shutdown\n switchport access vlan 999');
    await leaf.remove();
    expect((await leaf.reset(LAG, 999)).message).toContain(`does not have ${LAG}`);
  });

  it('leaves the members of an uplink alone', async () => {
    await using leaf = await site();
    leaf.inventory({ uplinks: ['port-channel1', 'port-channel20'] });
    leaf.byHand('interface port-channel 20', `interface ${ONE}`, 'channel-group 20 mode active');
    expect((await leaf.reset(ONE)).message).toContain('is a member of an uplink');
    expect((await leaf.join(TWO, ACCESS, { lag_name: 'port-channel20' })).outcome).toBe('refused');
    await leaf.join(THREE);
    expect(await leaf.reset(THREE)).toMatchObject({ outcome: 'applied' });
  });

  it('makes one LAG of two VLT peers when the call names both', async () => {
    await using leaves = await site('leaf-1', 'leaf-2');
    expect(await leaves.lag()).toMatchObject({ outcome: 'applied' });
    for (const leaf of ['leaf-1', 'leaf-2']) expect(leaves.text(LAG, leaf)).toContain('\n vlt-port-channel 10\n');
    expect(await leaves.join(ONE)).toMatchObject({ outcome: 'applied' });
    expect(await leaves.lag()).toMatchObject({ outcome: 'unchanged' });
  });

  it('is taken back when a line is refused, and leaves no LAG behind', async () => {
    await using leaf = await site();
    const before = leaf.box.running();
    leaf.faults.plant({ on: /^lacp fallback/, does: 'refuse' });
    expect(await leaf.lag()).toMatchObject({ outcome: 'undone' });
    expect(leaf.box.running()).toBe(before);
    leaf.faults.plant({ on: /^channel-group/, does: 'refuse' });
    expect(await leaf.join(ONE)).toMatchObject({ outcome: 'undone' });
    expect(leaf.box.running()).toBe(before);
  });

  it('leaves a member closed and outside when its join failed, and the others serve on', async () => {
    await using leaf = await site();
    await leaf.join(ONE);
    await leaf.join(TWO);
    leaf.faults.plant({ on: /^channel-group/, does: 'refuse' });
    expect(await leaf.join(ONE, TRUNK)).toMatchObject({ outcome: 'rescued' });
    expect([leaf.text(ONE), leaf.text(TWO), leaf.text(LAG)]).toEqual([DETACHED, MEMBER, SERVING]);
  });

  it('closes a new LAG that did not become what was asked, and gives one that serves back', async () => {
    await using leaf = await site();
    leaf.faults.plant({ on: /^switchport access vlan 100/, does: 'ignore' });
    expect(await leaf.lag()).toMatchObject({ outcome: 'rescued' });
    expect(leaf.text(LAG)).toBe(`${DETACHED}\n lacp fallback enable`);
    await leaf.lag(TRUNK);
    await leaf.join(ONE, TRUNK);
    const before = [leaf.text(LAG), leaf.text(ONE)];
    leaf.faults.plant({ on: /^switchport access vlan 300/, does: 'ignore' });
    expect(await leaf.lag({ ...ACCESS, native_vlan: 300 })).toMatchObject({ outcome: 'undone' });
    expect([leaf.text(LAG), leaf.text(ONE)]).toEqual(before);
  });

  it('closes a port that did not become a member', async () => {
    await using leaf = await site();
    leaf.faults.plant({ on: /^channel-group/, does: 'ignore' });
    expect(await leaf.join(ONE)).toMatchObject({ outcome: 'rescued' });
    expect(leaf.text(ONE)).toBe(DETACHED);
  });

  it.each([
    ['before the commit', { on: /^channel-group/, does: 'cut' }, 'undone'],
    ['with the commit', { on: /^commit$/, does: 'cutAfter' }, 'applied'],
  ] as const)('tells the truth when the session is lost %s', async (_, fault, outcome) => {
    await using leaf = await site();
    const before = leaf.box.running();
    leaf.faults.plant(fault);
    expect(await leaf.join(ONE)).toMatchObject({ outcome });
    if (outcome === 'undone') expect(leaf.box.running()).toBe(before);
    else expect([leaf.text(ONE), leaf.text(LAG)]).toEqual([MEMBER, SERVING]);
  });

  it('says of a LAG that it can be attached, there or not, and that a member cannot', async () => {
    await using leaf = await site();
    const asked = (port_id: string) =>
      leaf.mercury.reply('is_port_supported', { port: { local_link_information: [{ switch_info: 'leaf', port_id }] } });
    expect(await asked(LAG)).toMatchObject({ result: true });
    await leaf.join(ONE);
    expect(await asked(LAG)).toMatchObject({ result: true });
    expect(await asked(ONE)).toMatchObject({ result: false });
    leaf.byHand('interface port-channel 10', 'no switchport');
    expect(await asked(LAG)).toMatchObject({ result: false });
  });
});
