import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAGS } from '../cases.ts';
import { reachedFrom, watch } from '../exposure.ts';
import { Mercury, type Told } from '../harness.ts';

/*
 * A typo is not an outage: where nothing else takes a change back, the switch's own words for the port are typed again, and compared.
 */

const PLATFORMS = ['cisco_ios', 'dell_os10'] as const;
const VLANS = { 100: 'provisioning', 200: 'tenant-a', 201: 'tenant-b', 300: 'idle' };
const TRUNK = { mode: 'trunk', native_vlan: 200, allowed_vlans: [201, 300] };

/** A line that comes late in each change, and only there. */
const LATE: Record<string, { readonly update: RegExp; readonly detach: RegExp; readonly commit?: RegExp }> = {
  cisco_ios: { update: /^no switchport access vlan$/, detach: /^no switchport trunk allowed vlan$/ },
  dell_os10: { update: /^switchport trunk allowed vlan/, detach: /^no switchport access vlan$/, commit: /^commit$/ },
};

describe.each(PLATFORMS)('%s', platform => {
  const late = LATE[platform] ?? { update: /never/, detach: /never/ };
  let mercury: Mercury;
  let port: string;

  beforeEach(async () => {
    mercury = await Mercury.start({ devices: { sw: platform } });
    port = device().device.ports[0] ?? '';
    for (const [vlan, name] of Object.entries(VLANS)) await mercury.onNetwork('add_network', 'sw', Number(vlan), name);
  });
  afterEach(() => mercury[Symbol.asyncDispose]());

  const device = () => mercury.device('sw');
  const running = () => device().device.running();
  const on = (method: string, more: object = {}) => mercury.onPort(method, 'sw', port, more);
  const typedOf = (told: Told) => told.devices.flatMap(one => one.commands.map(({ sent }) => sent));

  describe.each([
    ['an access port with a description', { native_vlan: 100, description: 'node 42 (rack B-7) | a+b' }, '100'],
    ['a trunk', { mode: 'trunk', native_vlan: 100, allowed_vlans: [201, 300] }, '100 + 201,300'],
    ['a trunk without a native VLAN', { mode: 'trunk', native_vlan: null, allowed_vlans: [201] }, '+ 201'],
  ])('%s', (_, had, reached) => {
    let before: string;
    beforeEach(async () => {
      await on('attach_port', had);
      before = running();
    });

    it('has what it had after a change whose line the switch refuses, and is nowhere else meanwhile', async () => {
      const seen = watch(device(), [port]);
      device().faults.plant({ on: late.update, does: 'refuse' });
      const told = await on('update_port', { ...TRUNK, native_vlan: 100, allowed_vlans: [200, 300] });
      expect(told).toMatchObject({ outcome: 'undone', kind: 'rejected', devices: [{ diff: '' }] });
      expect(running()).toBe(before);
      const allowed = new Set([100, 200, 201, 300]);
      const strange = [...seen.values()].flat().filter(state => state.match(/\d+/g)?.some(vlan => !allowed.has(Number(vlan))));
      expect(strange).toEqual([]);
    });

    it('has what it had after a detach that the switch refuses half-way', async () => {
      device().faults.plant({ on: late.detach, does: 'refuse' });
      const told = await on('detach_port');
      expect(told).toMatchObject({ outcome: 'undone' });
      expect(running()).toBe(before);
      expect(reachedFrom(port, device())).toBe(reached);
    });

    it('is closed, and told so, when the switch prints something else afterwards', async () => {
      // The change is refused, and then one of the lines given back is taken without a word and forgotten.
      device().faults.plant({ on: late.update, does: 'refuse' });
      device().faults.plant({ on: /^spanning-tree port/, does: 'ignore' });
      const told = await on('update_port', TRUNK);
      expect(['undone', 'rescued']).toContain(told.outcome);
      expect(reachedFrom(port, device())).toBe(told.outcome === 'undone' ? reached : 'closed');
      if (told.outcome === 'undone') expect(running()).toBe(before);
    });

    it('has what it had when the session is lost in the middle, unless the change had gone through', async () => {
      device().faults.plant({ on: late.update, does: 'cut' });
      const wanted = { ...TRUNK, native_vlan: 100, allowed_vlans: [200, 300] };
      const told = await on('update_port', wanted);
      // What was left to type may have been nothing that anybody asked for.
      if (told.outcome === 'applied') return expect((await on('update_port', wanted)).outcome).toBe('unchanged');
      expect(told.outcome).toBe('undone');
      expect(running()).toBe(before);
    });
  });

  it('gives back what a commit has changed already', async () => {
    if (!late.commit) return expect(platform).toBe('cisco_ios');
    await on('attach_port', { native_vlan: 100 });
    const before = running();
    device().faults.plant({ on: /^switchport access vlan 200/, does: 'ignore' });
    const told = await on('update_port', { native_vlan: 200 });
    expect(told).toMatchObject({ outcome: 'undone', kind: 'not_as_asked' });
    expect(running()).toBe(before);
  });

  it('gives a LAG that serves back what it had', async () => {
    const lag = LAGS[platform] ?? '';
    const onLag = (more: object) =>
      mercury.tell('update_lag', {
        switch_ids: ['sw'],
        lag_name: lag,
        description: null,
        mode: 'access',
        aggregation_mode: 'lacp',
        ...more,
      });
    await onLag({ native_vlan: 100 });
    const member = { switch_id: 'sw', port_name: port, description: null, mode: 'access', native_vlan: 100, lag_name: lag };
    expect((await mercury.tell('update_port', member)).outcome).toBe('applied');
    const before = running();
    device().faults.plant({ on: late.update, does: 'refuse' });
    const told = await onLag({ ...TRUNK, native_vlan: 100 });
    expect(told.outcome).toBe('undone');
    expect(running()).toBe(before);
    expect(reachedFrom(port, device())).toBe('100');
  });

  it('closes a port whose attach failed, whatever it had', async () => {
    await on('attach_port', { native_vlan: 100 });
    device().faults.plant({ on: late.update, does: 'refuse' });
    const told = await on('attach_port', TRUNK);
    expect(told.outcome).toBe('rescued');
    expect(reachedFrom(port, device())).toBe('closed');
  });

  it('types nothing back that a person did not see in the plan, but the lines that the switch printed', async () => {
    await on('attach_port', { native_vlan: 100 });
    const planned = typedOf(await on('update_port', { ...TRUNK, dry_run: true }));
    const quoted = planned.filter(sent => sent.startsWith('(each line that "show running-config'));
    expect(quoted).toHaveLength(1);
    const printed = running();
    device().faults.plant({ on: late.update, does: 'refuse' });
    const told = await on('update_port', TRUNK);
    const strange = typedOf(told).filter(sent => !planned.includes(sent) && !printed.includes(`\n ${sent}\n`));
    expect(strange).toEqual([]);
  });
});
