import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAGS } from './cases.ts';
import { reachedFrom, watch } from './exposure.ts';
import { Mercury, PLATFORMS, type Told } from './harness.ts';

/*
 * What every platform must do alike with LAGs: made by update_lag, joined by update_port with lag_name, left by reset_port, gone with delete_lag;
 * over two switches, of which the first is given back what it had when the second fails.
 */

const VLANS = { 100: 'provisioning', 200: 'tenant-a', 201: 'tenant-b', 300: 'idle' };
const TRUNK = { mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 201] };

describe.each(PLATFORMS)('%s', platform => {
  const lag = LAGS[platform] ?? '';
  let mercury: Mercury;
  let before: { a: string; b: string };

  beforeEach(async () => {
    mercury = await Mercury.start({ devices: { a: platform, b: platform } });
    for (const name of ['a', 'b'])
      for (const [vlan, network] of Object.entries(VLANS)) await mercury.onNetwork('add_network', name, Number(vlan), network);
    before = { a: running('a'), b: running('b') };
  });
  afterEach(() => mercury[Symbol.asyncDispose]());

  const running = (name: string) => mercury.device(name).device.running();
  const portOn = (name: string, nth: number) => mercury.device(name).device.ports[nth] ?? '';
  const reaches = (name: string, nth: number) => reachedFrom(portOn(name, nth), mercury.device(name));
  const updateLag = (switch_ids: readonly string[], wanted: object = {}) =>
    mercury.tell('update_lag', {
      switch_ids,
      lag_name: lag,
      description: null,
      mode: 'access',
      native_vlan: 100,
      aggregation_mode: 'lacp',
      ...wanted,
    });
  const deleteLag = (...switch_ids: readonly string[]) => mercury.tell('delete_lag', { switch_ids, lag_name: lag });
  const join = (name: string, nth: number, wanted: object = {}) =>
    mercury.tell('update_port', {
      switch_id: name,
      port_name: portOn(name, nth),
      description: null,
      mode: 'access',
      native_vlan: 100,
      lag_name: lag,
      ...wanted,
    });
  const reset = (name: string, nth: number, more: object = {}) =>
    mercury.tell('reset_port', { switch_id: name, port_name: portOn(name, nth), native_vlan: null, ...more });
  const outcomes = (told: Told) => told.devices.map(one => `${one.device} ${one.outcome}`);

  it('makes a LAG, lets two ports join and leave, and deletes it: the switch is as it was', async () => {
    expect(await updateLag(['a'])).toMatchObject({ outcome: 'applied', status: 'configured', switch_ids: ['a'], lag_name: lag });
    expect((await updateLag(['a'])).outcome).toBe('unchanged');
    for (const nth of [0, 1]) {
      expect(await join('a', nth)).toMatchObject({ outcome: 'applied', lag_name: lag });
      expect((await join('a', nth)).outcome).toBe('unchanged');
      expect(reaches('a', nth)).toBe('100');
    }
    expect((await reset('a', 0)).outcome).toBe('applied');
    expect((await reset('a', 0)).outcome).toBe('unchanged');
    expect(reaches('a', 0)).toBe('closed');
    expect(reaches('a', 1)).toBe('100');
    expect((await reset('a', 1)).outcome).toBe('applied');
    expect(await deleteLag('a')).toMatchObject({ outcome: 'applied', status: 'deleted' });
    expect(running('a')).toBe(before.a);
    expect((await deleteLag('a')).outcome).toBe('unchanged');
  });

  it('lets a port join a LAG that is not there yet', async () => {
    expect((await join('a', 0, TRUNK)).outcome).toBe('applied');
    expect(reaches('a', 0)).toBe('100 + 200-201');
    expect((await updateLag(['a'], TRUNK)).outcome).toMatch(/^(?:unchanged|applied)$/);
    expect(reaches('a', 0)).toBe('100 + 200-201');
    expect((await join('a', 0, TRUNK)).outcome).toBe('unchanged');
  });

  it.each([
    ['a trunk', TRUNK, '100 + 200-201'],
    ['a trunk without a native VLAN', { ...TRUNK, native_vlan: null }, '+ 200-201'],
    ['a hybrid', { ...TRUNK, mode: 'hybrid' }, '100 + 200-201'],
    ['static', { aggregation_mode: 'static' }, '100'],
  ])('changes all members with the LAG, and no member is ever anywhere else: %s', async (_, wanted, there) => {
    const how = 'aggregation_mode' in wanted ? wanted : {};
    await updateLag(['a'], { ...how, native_vlan: 300 });
    for (const nth of [0, 1]) expect((await join('a', nth, { ...how, native_vlan: 300 })).outcome).toBe('applied');
    const ports = [portOn('a', 0), portOn('a', 1)];
    const seen = watch(mercury.device('a'), ports);
    expect((await updateLag(['a'], wanted)).outcome).toBe('applied');
    for (const port of ports) expect(reachedFrom(port, mercury.device('a'))).toBe(there);
    // From VLAN 300 to what is asked, by way of nothing that neither of them has.
    const known = new Set([100, 200, 201, 300]);
    const strange = [...seen.values()].flat().filter(state => state.match(/\d+/g)?.some(vlan => !known.has(Number(vlan))));
    expect(strange).toEqual([]);
  });

  it('leaves a LAG for its default VLAN', async () => {
    await join('a', 0);
    expect((await reset('a', 0, { default_vlan: 300 })).outcome).toBe('applied');
    expect(reaches('a', 0)).toBe('300');
  });

  it('deletes no LAG that still has members, and says which', async () => {
    await join('a', 0);
    const told = await deleteLag('a');
    expect(told).toMatchObject({ outcome: 'refused', kind: 'not_possible', code: 400 });
    expect(told.message).toContain(portOn('a', 0));
    expect(reaches('a', 0)).toBe('100');
  });

  it('attaches no member by itself', async () => {
    await join('a', 0);
    const told = await mercury.onPort('attach_port', 'a', portOn('a', 0), { native_vlan: 200 });
    expect(told).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(reaches('a', 0)).toBe('100');
  });

  it('takes a LAG off its networks by its name, and puts it back, as if it were a port', async () => {
    await join('a', 0);
    expect((await mercury.onPort('detach_port', 'a', lag, {})).outcome).toBe('applied');
    expect(reaches('a', 0)).toBe('closed');
    expect((await mercury.onPort('attach_port', 'a', lag, { native_vlan: 200 })).outcome).toBe('applied');
  });

  it('refuses a LAG’s name that cannot be one, and a member of it, before login', async () => {
    const logins = mercury.device('a').logins;
    for (const lag_name of ['LAG; shutdown', portOn('a', 0), `${lag}\nshutdown`])
      expect(await join('a', 1, { lag_name })).toMatchObject({ outcome: 'refused', kind: 'not_valid' });
    expect(await updateLag(['a'], { lag_name: portOn('a', 0) })).toMatchObject({ kind: 'not_valid' });
    expect(await updateLag(['a'], { aggregation_mode: 'active-backup' })).toMatchObject({ kind: 'not_valid' });
    expect(await updateLag([])).toMatchObject({ kind: 'not_valid' });
    expect(mercury.device('a').logins).toBe(logins);
  });

  it('makes a LAG over two switches, and deletes it on both', async () => {
    const told = await updateLag(['a', 'b'], TRUNK);
    expect(told.outcome).toBe('applied');
    expect(outcomes(told)).toEqual(['a applied', 'b applied']);
    expect((await updateLag(['a', 'b'], TRUNK)).outcome).toBe('unchanged');
    expect((await deleteLag('a', 'b')).outcome).toBe('applied');
    expect({ a: running('a'), b: running('b') }).toEqual(before);
  });

  it('gives the first switch back what it had when the second refuses', async () => {
    mercury.device('b').faults.plant({ on: /100/, does: 'refuse' });
    const told = await updateLag(['a', 'b']);
    expect(told).toMatchObject({ code: 500, class: 'ironic.common.exception.NetworkError' });
    expect(['undone', 'rescued']).toContain(told.outcome);
    expect(told.message).toContain('a ended rescued');
    expect(running('a')).toBe(before.a);
    for (const name of ['a', 'b']) expect(reaches(name, 0)).toBe('closed');
  });

  it('touches neither switch when the second is not known', async () => {
    const logins = mercury.device('a').logins;
    expect(await updateLag(['a', 'nowhere'])).toMatchObject({ kind: 'unknown_device', outcome: 'refused' });
    expect(mercury.device('a').logins).toBe(logins);
  });

  it('closes the first switch’s LAG when it has members, and the second cannot be reached', async () => {
    await join('a', 0);
    await mercury.device('b').close();
    const told = await updateLag(['a', 'b'], { native_vlan: 200 });
    expect(told.outcome).toBe('rescued');
    expect(reaches('a', 0)).toBe('closed');
  });
});
