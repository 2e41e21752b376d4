import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { LabOptions } from '../../server/lab/lab.ts';
import { beforeLine } from '../before-line.ts';
import { typeAt } from '../by-hand.ts';
import { reachedFrom } from '../exposure.ts';
import { hurryTimers, isOnTrial } from '../faults/state.ts';
import { Mercury, PLATFORMS, type Told } from '../harness.ts';
import { meet } from '../meet.ts';

/*
 * A visit may take long, and what was read at its beginning does not stay true for ever: others type what was asked of them, time runs out,
 * somebody freezes the switch, and what was on trial goes.
 */

let mercury: Mercury;
afterEach(() => mercury[Symbol.asyncDispose]());

async function start(platform: string, lab: Omit<LabOptions, 'devices'> = {}, callTime = 60_000): Promise<void> {
  mercury = await Mercury.start({ devices: { sw: platform }, lab, callTime });
}

const device = () => mercury.device('sw');
const port = (nth: number) => device().device.ports[nth] ?? '';
const attach = (nth: number, more: object = {}) => mercury.onPort('attach_port', 'sw', port(nth), { native_vlan: 100, ...more });
const addNetworks = async () => {
  for (const vlan of [100, 200]) await mercury.onNetwork('add_network', 'sw', vlan, `net-${vlan}`);
};

describe.each(['arista_eos', 'juniper_junos'])('calls that come while a commit of %s is on trial', platform => {
  it('are told nothing that is gone when the switch has taken it back', async () => {
    await start(platform);
    await addNetworks();
    const planned = await attach(0, { dry_run: true });
    const typed = planned.devices[0]?.commands.filter(({ task }) => /^(?:change|commit):/.test(task)).map(({ sent }) => sent) ?? [];
    hurryTimers(device(), 1500);
    typeAt(device(), platform === 'arista_eos' ? ['enable', ...typed] : typed);
    expect(isOnTrial(device())).toBe(true);
    expect(reachedFrom(port(0), device())).toBe('100');
    const told = await meet(
      mercury,
      'sw',
      [0, 1, 2].map(nth => () => attach(nth)),
    );
    expect(told.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied']);
    expect(isOnTrial(device())).toBe(false);
    expect([0, 1, 2].map(nth => reachedFrom(port(nth), device()))).toEqual(['100', '100', '100']);
  });
});

describe.each(['cisco_ios', 'juniper_junos', 'openvswitch'])('forty calls at once on a %s that takes its time for each line', platform => {
  it('are made as far as there is time, and the others are told to come again', async () => {
    await start(platform, { ports: 40, delays: { login: 100, command: 90 } }, 15_000);
    await addNetworks();
    const ports = device().device.ports.slice(0, 40);
    const before = ports.map(one => reachedFrom(one, device()));
    const told = await Promise.all(ports.map((_, nth) => attach(nth)));
    const made = told.filter(({ outcome }) => outcome === 'applied');
    expect(made.length).toBeGreaterThan(0);
    for (const [nth, { outcome, kind, devices }] of told.entries()) {
      const reached = reachedFrom(ports[nth] ?? '', device());
      if (outcome === 'applied') expect(reached).toBe('100');
      else
        expect({ outcome, kind, reached, typed: devices?.[0]?.commands ?? [] }).toEqual({
          outcome: 'refused',
          kind: 'busy',
          reached: before[nth],
          typed: [],
        });
    }
  });
});

describe.each(PLATFORMS)('networks that are added at once on %s', platform => {
  it.each(['refuse', 'ignore'] as const)('are not touched by one that the switch does not take (%s)', async does => {
    const add = (name: string, vlan: number) => mercury.onNetwork('add_network', 'sw', vlan, name);
    const fault = { on: /guilty/, does, times: 99 };
    await start(platform);
    device().faults.plant(fault);
    const alone = await add('guilty', 301);
    await mercury[Symbol.asyncDispose]();

    await start(platform);
    device().faults.plant(fault);
    const told = await meet(mercury, 'sw', [() => add('one', 300), () => add('guilty', 301), () => add('two', 302)]);
    const good: Told['outcome'] = (await add('three', 303)).outcome;
    expect(told.map(({ outcome }) => outcome)).toEqual([good, alone.outcome, good]);
    expect(['applied', 'unchanged', 'undone', 'refused', 'rescued']).toContain(alone.outcome);
    expect(told[0]?.devices[0]?.diff ?? '').not.toContain('guilty');
    expect([(await add('one', 300)).outcome, (await add('two', 302)).outcome]).toEqual(['unchanged', 'unchanged']);
    expect(device().device.running()).not.toContain('guilty');
  });
});

describe.each(PLATFORMS)('a switch of %s that is frozen in the middle of a visit', platform => {
  it('ends what was begun, and begins nothing more', async () => {
    await start(platform);
    await addNetworks();
    const { logins } = device();
    beforeLine(device(), /node-1/, () => writeFileSync(join(mercury.folder, 'inventory', 'freeze.yml'), 'all: firmware\n'));
    const told = await meet(mercury, 'sw', [
      () => attach(0, { description: 'node-1' }),
      () => attach(0, { native_vlan: 200, description: 'node-2' }),
    ]);
    expect(told.map(({ outcome, kind }) => [outcome, kind])).toEqual([
      ['applied', undefined],
      ['refused', 'frozen'],
    ]);
    expect(reachedFrom(port(0), device())).toBe('100');
    expect(device().logins - logins).toBe(1);
  });
});
