import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../server/lab/faults.ts';
import type { LabDevice } from '../server/lab/ssh-server.ts';
import { Mercury, type MercuryOptions, type Told } from './harness.ts';

/*
 * What every platform must do alike, from one file. A new vendor adds its entry to VENDORS and nothing else.
 */

interface Vendor {
  /** A well-formed name of a port that the switch does not have. */
  readonly noSuchPort: string;
  /** A line in the middle of attaching an access port. */
  readonly middle: RegExp;
  /** The line that names VLAN 100 for an access port. */
  readonly namesVlan: RegExp;
  /** A line in the middle of changing a trunk. */
  readonly middleOfTrunk: RegExp;
  /** The line that makes a change real, where there is a transaction. */
  readonly commit?: RegExp;
  /** The line that keeps a change over a reload, where that is not automatic. */
  readonly save?: RegExp;
  /** Whether the platform has VLANs of its own to create and delete. */
  readonly hasVlans: boolean;
  /** How a refused update ends: taken back, or (nothing can take it back) closed. */
  readonly refusedUpdate: 'undone' | 'rescued';
}

const VENDORS: Readonly<Record<string, Vendor>> = {
  cisco_ios: {
    noSuchPort: 'GigabitEthernet1/0/99',
    middle: /^switchport mode access/,
    namesVlan: /^switchport access vlan 100/,
    middleOfTrunk: /^switchport mode trunk/,
    save: /^write memory/,
    hasVlans: true,
    refusedUpdate: 'undone',
  },
  arista_eos: {
    noSuchPort: 'Ethernet99',
    middle: /^switchport mode access/,
    namesVlan: /^switchport access vlan 100/,
    middleOfTrunk: /^switchport mode trunk/,
    commit: /^commit timer/,
    save: /^write memory/,
    hasVlans: true,
    refusedUpdate: 'undone',
  },
  juniper_junos: {
    noSuchPort: 'xe-0/0/99',
    middle: /interface-mode access/,
    namesVlan: /vlan members 100/,
    middleOfTrunk: /interface-mode trunk/,
    commit: /^commit confirmed/,
    hasVlans: true,
    refusedUpdate: 'undone',
  },
  dell_os10: {
    noSuchPort: 'ethernet1/1/99',
    middle: /^switchport access vlan 100/,
    namesVlan: /^switchport access vlan 100/,
    middleOfTrunk: /^switchport trunk allowed vlan/,
    commit: /^commit$/,
    save: /^write memory/,
    hasVlans: true,
    refusedUpdate: 'undone',
  },
  openvswitch: {
    noSuchPort: 'pf9vf9',
    middle: /add-port/,
    namesVlan: /tag=100/,
    middleOfTrunk: /trunks=/,
    hasVlans: false,
    refusedUpdate: 'undone',
  },
};

const VLANS = { 100: 'provisioning', 200: 'tenant-a', 201: 'tenant-b', 300: 'idle' };

/** A service may do more in one visit, and must do it as well. */
const WAYS: Readonly<Record<string, Pick<MercuryOptions, 'world' | 'lineByLine'>>> = {
  'each change by itself, line by line': { world: { atOnce: 1 }, lineByLine: true },
  'sessions kept, lines typed ahead': { world: { idle: 60_000 } },
};
const RUNS = Object.entries(WAYS).flatMap(([way, options]) =>
  Object.entries(VENDORS).map(([platform, vendor]) => ({ platform, vendor, way, options })),
);

/** A Mercury with one switch: the networks are there, and every port is detached. */
async function startScene(platform: string, options: Partial<MercuryOptions>) {
  const mercury = await Mercury.start({ devices: { sw: platform }, ...options });
  const device = mercury.device('sw');
  const [port = '', other = ''] = device.device.ports;
  const running = () => device.device.running();
  for (const [vlan, name] of Object.entries(VLANS)) await mercury.onNetwork('add_network', 'sw', Number(vlan), name);
  const detached = running();
  const on = (method: string, more: object, at = port) => mercury.onPort(method, 'sw', at, more);
  const attach = (more: object) => on('attach_port', more);
  return {
    mercury,
    device,
    port,
    /** What the switch has in force, and what that was in the beginning. */
    running,
    detached,
    attach,
    update: (more: object) => on('update_port', more),
    detach: (more: object = {}) => on('detach_port', more),
    plant: (fault: Fault) => device.faults.plant(fault),
    /** Holds an outcome against the switch's own state. */
    truthful: async (told: Told) => {
      const now = running();
      if (told.outcome === 'applied') return expect((await attach({ native_vlan: 100 })).outcome).toBe('unchanged');
      expect(['undone', 'rescued']).toContain(told.outcome);
      expect(now).toBe(detached);
    },
    /** Whatever happened: no session is left, and no candidate blocks the next change. */
    end: async () => {
      expect(device.sessions).toBeLessThanOrEqual(1);
      device.faults.clear();
      device.revive();
      expect((await on('attach_port', { native_vlan: 300 }, other)).outcome).toBe('applied');
      await mercury[Symbol.asyncDispose]();
    },
  };
}
type Scene = Awaited<ReturnType<typeof startScene>>;

describe.concurrent.each(RUNS)('$platform, $way, that falls silent', ({ platform, vendor, options }) => {
  // All of them at once: what each waits for is the time that a call has.
  const callTime = 12_000;

  it('is taken for lost, come back to, and told the truth about', async () => {
    const { attach, plant, truthful, end } = await startScene(platform, { ...options, callTime });
    plant({ on: vendor.middle, does: 'stall' });
    await truthful(await attach({ native_vlan: 100 }));
    await end();
  });

  it('is called unknown when it is gone for good in the middle, and that is not waited for for ever', async () => {
    const { attach, plant, end } = await startScene(platform, { ...options, callTime });
    plant({ on: vendor.middle, does: 'die' });
    const started = Date.now();
    expect((await attach({ native_vlan: 100 })).outcome).toBe('unknown');
    expect(Date.now() - started).toBeLessThan(2 * callTime);
    await end();
  });
});

describe.each(RUNS)('$platform, $way', ({ platform, vendor, options }) => {
  let scene: Scene;
  let mercury: Mercury;
  let device: LabDevice;
  let detached: string;
  let port: string;
  beforeEach(async () => {
    scene = await startScene(platform, options);
    ({ mercury, device, detached, port } = scene);
  });
  afterEach(() => scene.end());

  const running = () => scene.running();
  const attach = (more: object) => scene.attach(more);
  const update = (more: object) => scene.update(more);
  const detach = (more?: object) => scene.detach(more);
  const plant = (fault: Fault) => scene.plant(fault);
  const truthful = (told: Told) => scene.truthful(told);
  const trunk = { mode: 'trunk', native_vlan: 200, allowed_vlans: [201, 300] };
  const sent = (told: Told) => told.devices.flatMap(one => one.commands.map(command => command.sent));

  it('attaches an access port, says unchanged when asked again, and detaching gives back what was', async () => {
    const first = await attach({ native_vlan: 100 });
    expect(first).toMatchObject({ outcome: 'applied', devices: [{ device: 'sw', saved: { state: vendor.save ? 'yes' : 'not needed' } }] });
    expect(first.devices[0]?.diff).not.toBe('');
    const attached = running();
    expect(attached).not.toBe(detached);
    const again = await attach({ native_vlan: 100 });
    expect(again.outcome).toBe('unchanged');
    expect(sent(again)).toEqual([]);
    expect(running()).toBe(attached);
    expect((await detach()).outcome).toBe('applied');
    expect(running()).toBe(detached);
    const twice = await detach();
    expect(twice.outcome).toBe('unchanged');
    expect(sent(twice)).toEqual([]);
  });

  it.each([
    ['with a native VLAN', trunk],
    ['without a native VLAN', { mode: 'trunk', native_vlan: null, allowed_vlans: [201] }],
  ])('attaches a trunk %s, and detaching gives back what was', async (_, wanted) => {
    expect((await attach(wanted)).outcome).toBe('applied');
    expect((await attach(wanted)).outcome).toBe('unchanged');
    expect((await detach()).outcome).toBe('applied');
    expect(running()).toBe(detached);
  });

  it('attaches a trunk of many VLANs, in lines the switch can take, and reads all of them back', async () => {
    const many = [200, 201, ...Object.keys(VLANS).map(Number)];
    expect((await attach({ mode: 'trunk', native_vlan: 100, allowed_vlans: many })).outcome).toBe('applied');
    expect((await attach({ mode: 'trunk', native_vlan: 100, allowed_vlans: many.toReversed() })).outcome).toBe('unchanged');
  });

  it('changes the VLANs and the mode of an attached port, both ways, leaving nothing of the old ones', async () => {
    await attach({ native_vlan: 100 });
    const access = running();
    expect((await update(trunk)).outcome).toBe('applied');
    const wide = running();
    expect((await update({ ...trunk, allowed_vlans: [201] })).outcome).toBe('applied');
    expect((await update({ ...trunk, native_vlan: null })).outcome).toBe('applied');
    expect((await update(trunk)).outcome).toBe('applied');
    expect(running()).toBe(wide);
    expect((await update(trunk)).outcome).toBe('unchanged');
    expect((await update({ native_vlan: 100 })).outcome).toBe('applied');
    expect(running()).toBe(access);
  });

  it('refuses to change a port that is on no network', async () => {
    const told = await update({ native_vlan: 100 });
    expect(told).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(running()).toBe(detached);
  });

  it('detaches to a default VLAN, and from there to none', async () => {
    await attach({ native_vlan: 100 });
    expect((await detach({ default_vlan: 300 })).outcome).toBe('applied');
    expect(running()).not.toBe(detached);
    expect((await detach({ default_vlan: 300 })).outcome).toBe('unchanged');
    expect((await detach()).outcome).toBe('applied');
    expect(running()).toBe(detached);
  });

  it('writes a description, reads it back, and takes it away with the port', async () => {
    const description = 'node 42 (rack B-7) [a+b] $x | ok';
    expect(await attach({ native_vlan: 100, description })).toMatchObject({ outcome: 'applied' });
    expect(running()).toContain(description);
    expect((await attach({ native_vlan: 100, description })).outcome).toBe('unchanged');
    expect((await attach({ native_vlan: 100, description: 'node 43' })).outcome).toBe('applied');
    expect((await detach()).outcome).toBe('applied');
    expect(running()).toBe(detached);
  });

  it('refuses a port that the switch does not have, having typed nothing but reads', async () => {
    const told = await mercury.onPort('attach_port', 'sw', vendor.noSuchPort, { native_vlan: 100 });
    expect(told.outcome).toBe('refused');
    expect(sent(told)).toEqual([]);
    expect(running()).toBe(detached);
  });

  it.each([1, 4095])('refuses VLAN %i before anyone logs in', async vlan => {
    const logins = device.logins;
    const reply = await mercury.reply('attach_port', {
      port: { local_link_information: [{ switch_info: 'sw', port_id: port }] },
      native_vlan: vlan,
    });
    expect(reply).toHaveProperty('error');
    expect(device.logins).toBe(logins);
  });

  it('refuses an uplink before anyone logs in', async () => {
    const logins = device.logins;
    const told = await mercury.onPort('attach_port', 'sw', device.device.uplinks[0] ?? '', { native_vlan: 100 });
    expect(told).toMatchObject({ outcome: 'refused', kind: 'not_permitted' });
    expect(device.logins).toBe(logins);
  });

  it('leaves the port detached when the switch refuses a line in the middle of an attach', async () => {
    plant({ on: vendor.middle, does: 'refuse' });
    const told = await attach({ native_vlan: 100 });
    expect(told).toMatchObject({ kind: 'rejected', class: 'ironic.common.exception.NetworkError' });
    expect(['undone', 'rescued']).toContain(told.outcome);
    expect(told.message).toMatch(/refused ".*" \((?:playbooks|templates)\/\S+:\d+\)/);
    expect(running()).toBe(detached);
  });

  it('leaves the port detached when an attach fails on a port that was on another network', async () => {
    await attach({ native_vlan: 100 });
    plant({ on: vendor.middleOfTrunk, does: 'refuse' });
    const told = await attach(trunk);
    expect(told.outcome).toBe('rescued');
    expect(running()).toBe(detached);
  });

  it('gives a port that serves somebody back what it had, or closes it, when a change is refused', async () => {
    await attach({ native_vlan: 100 });
    const before = running();
    plant({ on: vendor.middleOfTrunk, does: 'refuse' });
    const told = await update(trunk);
    expect(told.outcome).toBe(vendor.refusedUpdate);
    expect(running()).toBe(vendor.refusedUpdate === 'undone' ? before : detached);
  });

  it('shows no difference where all of a change was taken back, even after the switch showed what it would change', async () => {
    if (!vendor.commit) return expect(vendor.commit).toBeUndefined();
    plant({ on: vendor.commit, does: 'refuse' });
    const told = await attach({ native_vlan: 100 });
    expect(told).toMatchObject({ outcome: 'undone', devices: [{ diff: '' }] });
    expect(running()).toBe(detached);
  });

  it('does not call a change applied that the switch took without a word and did not make', async () => {
    plant({ on: vendor.namesVlan, does: 'ignore' });
    const told = await attach({ native_vlan: 100 });
    expect(['undone', 'rescued']).toContain(told.outcome);
    expect(running()).toBe(detached);
  });

  describe.each(['cut', 'cutAfter'] as const)('when the session is lost (%s)', does => {
    it('in the middle of an attach, it comes back and tells what is true', async () => {
      plant({ on: vendor.middle, does });
      await truthful(await attach({ native_vlan: 100 }));
    });

    it('while it commits, it comes back and tells what is true', async () => {
      if (!vendor.commit) return expect(vendor.commit).toBeUndefined();
      plant({ on: vendor.commit, does });
      await truthful(await attach({ native_vlan: 100 }));
    });

    it('in a change of a port that serves somebody, it comes back and tells what is true', async () => {
      await attach({ native_vlan: 100 });
      const before = running();
      plant({ on: vendor.middleOfTrunk, does });
      const told = await update(trunk);
      if (told.outcome === 'undone') expect(running()).toBe(before);
      else if (told.outcome === 'applied') expect((await update(trunk)).outcome).toBe('unchanged');
      else await truthful(told);
    });
  });

  it('says applied, not saved, when only the save fails', async () => {
    if (!vendor.save) return expect(device.device.saved).toBeUndefined();
    plant({ on: vendor.save, does: 'refuse' });
    const told = await attach({ native_vlan: 100 });
    expect(told).toMatchObject({ outcome: 'applied', devices: [{ saved: { state: 'no' } }] });
  });

  it('saves what it changed', async () => {
    if (!vendor.save) return expect(device.device.saved).toBeUndefined();
    await attach({ native_vlan: 100 });
    expect(device.device.saved?.()).toBe(running());
  });

  it('creates a network once, and deletes it once, but not while a port uses it', async () => {
    const added = await mercury.onNetwork('add_network', 'sw', 400, 'later');
    expect(added.outcome).toBe(vendor.hasVlans ? 'applied' : 'unchanged');
    expect((await mercury.onNetwork('add_network', 'sw', 400, 'later')).outcome).toBe('unchanged');
    await attach({ native_vlan: 400 });
    const used = running();
    const refused = await mercury.onNetwork('delete_network', 'sw', 400, 'later');
    expect(refused).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(refused.message).toContain(port);
    expect(running()).toBe(used);
    await update({ mode: 'trunk', native_vlan: 100, allowed_vlans: [300, 400] });
    expect(await mercury.onNetwork('delete_network', 'sw', 400, 'later')).toMatchObject({ outcome: 'refused' });
    await detach();
    expect((await mercury.onNetwork('delete_network', 'sw', 400, 'later')).outcome).toBe(vendor.hasVlans ? 'applied' : 'unchanged');
    expect((await mercury.onNetwork('delete_network', 'sw', 400, 'later')).outcome).toBe('unchanged');
    expect(running()).toBe(detached);
  });

  it('leaves a VLAN alone that exists under another name', async () => {
    if (!vendor.hasVlans) return expect(running()).toBe(detached);
    expect(await mercury.onNetwork('add_network', 'sw', 100, 'other')).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(await mercury.onNetwork('delete_network', 'sw', 100, 'other')).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(running()).toBe(detached);
  });

  it('knows which ports are there', async () => {
    const asked = (name: string) =>
      mercury.reply('is_port_supported', { port: { local_link_information: [{ switch_info: 'sw', port_id: name }] } });
    expect(await asked(port)).toMatchObject({ result: true });
    expect(await asked(vendor.noSuchPort)).toMatchObject({ result: false });
    expect(await asked('no port name; at all')).toMatchObject({ result: false });
  });
});
