import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../server/lab/faults.ts';
import { beforeLine } from '../before-line.ts';
import { reachedFrom } from '../exposure.ts';
import { configures, partOf } from '../faults/sections.ts';
import { Mercury, PLATFORMS, type Told } from '../harness.ts';
import { meet } from '../meet.ts';

/*
 * Many calls for one switch are carried out in one visit. Each caller must be told what became of its own change, whatever becomes of the
 * others: here some of them fail in every way that a switch knows.
 */

/** What the platform types to put a candidate in force, where it has one. */
const COMMIT: Readonly<Record<string, RegExp>> = {
  arista_eos: /^commit timer/,
  juniper_junos: /^commit confirmed/,
  dell_os10: /^commit$/,
};
/** And to begin one. */
const ENTER: typeof COMMIT = { arista_eos: /^configure session/, juniper_junos: /^configure exclusive/, dell_os10: /^lock/ };
/** A line of an attach that has words of its own for each port. */
const GUILTY = 'guilty';
const CALLS = 10;

let mercury: Mercury;
afterEach(() => mercury[Symbol.asyncDispose]());

async function start(platform: string): Promise<void> {
  mercury = await Mercury.start({ devices: { sw: platform } });
  for (const vlan of [100, 200]) await mercury.onNetwork('add_network', 'sw', vlan, `net-${vlan}`);
}

const portsOf = () => mercury.device('sw').device.ports.slice(0, CALLS);
const running = () => mercury.device('sw').device.running();

/** Attaches ten ports in one visit; of the guilty, the description has a word by which a fault finds them. */
function attachAll(guilty: readonly number[] = []): Promise<Told[]> {
  const attach = (port: string, nth: number) => () =>
    mercury.onPort('attach_port', 'sw', port, { native_vlan: 100, description: guilty.includes(nth) ? `${GUILTY} ${nth}` : `node ${nth}` });
  return meet(mercury, 'sw', portsOf().map(attach));
}

const outcomes = (told: readonly Told[]) => told.map(({ outcome }) => outcome);
const except = (guilty: readonly number[], outcome: string, others = 'applied') =>
  Array.from({ length: CALLS }, (_, nth) => (guilty.includes(nth) ? outcome : others));

/** How the same attach ends when it is the only one, and what it leaves of its port. */
async function aloneWith(platform: string, fault: Fault): Promise<string> {
  await start(platform);
  mercury.device('sw').faults.plant(fault);
  const port = portsOf()[3] ?? '';
  const told = await mercury.onPort('attach_port', 'sw', port, { native_vlan: 100, description: `${GUILTY} 3` });
  await mercury[Symbol.asyncDispose]();
  return told.outcome;
}

describe.each(PLATFORMS)('ten attaches at once on one %s', platform => {
  it('are one visit, and end as they do one after the other', async () => {
    await start(platform);
    const { logins, typed } = mercury.device('sw');
    const before = typed.length;
    expect(outcomes(await attachAll())).toEqual(except([], ''));
    expect(mercury.device('sw').logins - logins).toBe(1);
    const together = running();
    const commits = COMMIT[platform];
    if (commits) expect(typed.slice(before).filter(line => commits.test(line))).toHaveLength(1);
    await mercury[Symbol.asyncDispose]();

    await start(platform);
    for (const [nth, port] of portsOf().entries())
      await mercury.onPort('attach_port', 'sw', port, { native_vlan: 100, description: `node ${nth}` });
    expect(running()).toBe(together);
  });

  it.each([{ does: 'refuse' }, { does: 'ignore' }] as const)(
    'are not touched by two of them that the switch does not take ($does)',
    async ({ does }) => {
      const fault: Fault = { on: new RegExp(GUILTY), does, times: 99 };
      const alone = await aloneWith(platform, fault);
      expect(alone).toMatch(/^(?:undone|rescued)$/);
      await start(platform);
      mercury.device('sw').faults.plant(fault);
      const told = await attachAll([3, 8]);
      expect(outcomes(told)).toEqual(except([3, 8], alone));
      for (const nth of [3, 8]) expect(told[nth]?.message).toContain(portsOf()[nth] ?? '?');
      expect(running()).not.toContain(GUILTY);
      // The others have what they were told, and asking again types nothing.
      const again = await Promise.all(
        portsOf().map((port, nth) => mercury.onPort('attach_port', 'sw', port, { native_vlan: 100, description: `node ${nth}` })),
      );
      expect(outcomes(again)).toEqual(except([3, 8], 'applied', 'unchanged'));
    },
  );

  it('are told the truth when the switch drops the session in the middle', async () => {
    await start(platform);
    mercury.device('sw').faults.plant({ on: new RegExp(GUILTY), does: 'cut' });
    const told = await attachAll([4]);
    mercury.device('sw').faults.clear();
    for (const [nth, { outcome }] of told.entries()) {
      expect(['applied', 'undone', 'rescued', 'refused']).toContain(outcome);
      const port = portsOf()[nth] ?? '';
      const description = nth === 4 ? `${GUILTY} 4` : `node ${nth}`;
      const again = await mercury.onPort('attach_port', 'sw', port, { native_vlan: 100, description });
      expect({ nth, outcome, again: again.outcome }).toEqual({ nth, outcome, again: outcome === 'applied' ? 'unchanged' : 'applied' });
    }
  });
});

describe.each(Object.keys(COMMIT))('ten attaches in one commit of %s', platform => {
  const commit = COMMIT[platform] ?? /$^/;

  it('are committed after all when the first commit of all is refused', async () => {
    await start(platform);
    mercury.device('sw').faults.plant({ on: commit, does: 'refuse' });
    expect(outcomes(await attachAll())).toEqual(except([], ''));
  });

  it('are told the truth when the connection drops before or after the commit', async () => {
    for (const does of ['cut', 'cutAfter'] as const) {
      await start(platform);
      mercury.device('sw').faults.plant({ on: commit, does });
      const told = await attachAll();
      for (const [nth, { outcome }] of told.entries()) {
        const port = portsOf()[nth] ?? '';
        const again = await mercury.onPort('attach_port', 'sw', port, { native_vlan: 100, description: `node ${nth}` });
        expect({ nth, outcome, again: again.outcome }).toEqual({ nth, outcome, again: outcome === 'applied' ? 'unchanged' : 'applied' });
      }
      if (does === 'cut') await mercury[Symbol.asyncDispose]();
    }
  });

  it('are not told that nothing was typed when one of them was refused, and then nobody may configure any more', async () => {
    await start(platform);
    const device = mercury.device('sw');
    device.faults.plant({ on: new RegExp(GUILTY), does: 'refuse', times: 99 });
    beforeLine(device, new RegExp(GUILTY), () => device.faults.plant({ on: ENTER[platform] ?? /$^/, does: 'refuse', times: 99 }));
    const told = await attachAll([3]);
    const typed = portsOf().map(port => device.typed.some(line => configures(line, port)));
    expect(typed[3]).toBe(true);
    for (const [nth, { outcome }] of told.entries())
      expect({ nth, outcome, refused: outcome === 'refused' && typed[nth] }).toEqual({ nth, outcome, refused: false });
  });
});

it('saves again what is taken back after somebody else of the visit was saved', async () => {
  await start('dell_os10');
  const { device, faults } = mercury.device('sw');
  const [updated = '', attached = '', guilty = ''] = device.ports;
  await mercury.onPort('attach_port', 'sw', updated, { native_vlan: 100 });
  faults.plant({ on: new RegExp(GUILTY), does: 'ignore', times: 99 });
  faults.plant({ on: COMMIT.dell_os10 ?? /$^/, does: 'cutAfter' });
  const told = await meet(mercury, 'sw', [
    () => mercury.onPort('attach_port', 'sw', attached, { native_vlan: 100 }),
    () => mercury.onPort('attach_port', 'sw', guilty, { native_vlan: 100, description: GUILTY }),
    () => mercury.onPort('update_port', 'sw', updated, { native_vlan: 200 }),
  ]);
  expect(outcomes(told)).toEqual(['rescued', 'rescued', 'undone']);
  expect(reachedFrom(updated, mercury.device('sw'))).toBe('100');
  expect(partOf(device.saved?.() ?? '', updated)).toBe(partOf(device.running(), updated));
});

describe('a commit of several that cannot be taken back', () => {
  it('is told to each with the port that it failed on, and all end in the safe state', async () => {
    await start('juniper_junos');
    const { faults } = mercury.device('sw');
    faults.plant({ on: new RegExp(GUILTY), does: 'ignore', times: 99 });
    faults.plant({ on: /^rollback 1$/, does: 'refuse', times: 99 });
    const told = await attachAll([3]);
    expect(outcomes(told)).toEqual(except([], '', 'rescued'));
    for (const [nth, { message }] of told.entries()) {
      expect(message).toContain(nth === 3 ? 'sw is not as asked' : `sw ${portsOf()[nth]}: it was in one commit with a change that failed`);
      expect(message).toContain(`${portsOf()[3]} is open and carries nothing else: it does not show`);
      expect(reachedFrom(portsOf()[nth] ?? '', mercury.device('sw'))).toBe('closed');
    }
  });
});
