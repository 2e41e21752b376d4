import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PARTS } from '../../server/lab/tap.ts';
import { PLATFORMS } from '../harness.ts';
import { runEach } from './course.ts';
import { groupsOn } from './groups.ts';
import type { Mode } from './modes.ts';
import { hasStartup, type Known, Pending, type Trouble } from './pending.ts';
import { randomFrom, SEED, SWEEP } from './pick.ts';
import { Gate, Range, type Slot } from './range.ts';
import { type Met, report } from './report.ts';
import { emptied } from './state.ts';

/*
 * A switch is saved when nobody waits for it any more: the audit is all that tells of it, and what it says must be true of the switch's
 * startup configuration. The network fails in the visit that saves; the service is asked to stop, or killed, while a save is due.
 */

const SAVING = PLATFORMS.filter(hasStartup);
/** Troubles of a sample, on each platform. */
const TRIED = 4;
/** Long enough for whoever watches what happens before. */
const SOON = { MERCURY_SAVE_AFTER: '300ms' };
const NOT_BY_ITSELF = { MERCURY_SAVE_AFTER: '100s', MERCURY_SAVE_WITHIN: '100s', MERCURY_KEEP_SESSION: '0s', MERCURY_GRACE: '3s' };

/** Switches, each with changes that are answered and not saved yet. */
class Due implements AsyncDisposable {
  readonly range: Range;
  readonly all: readonly Pending[];

  private constructor(range: Range, all: readonly Pending[]) {
    this.range = range;
    this.all = all;
  }

  static async start(mode: Mode, troubles: readonly Trouble[]): Promise<Due> {
    const range = await Range.start({ platforms: SAVING, slots: troubles.length, callTime: 60_000, mode });
    const all: Pending[] = [];
    for (const [platform, one] of known) {
      const slots = range.slotsOf(platform);
      for (const [nth, trouble] of troubles.entries()) all.push(await Pending.prepare(range, slots[nth] as Slot, one, trouble));
    }
    const due = new Due(range, all);
    await due.each(one => one.ask());
    return due;
  }

  /** Few at once: as many as two processors can serve. */
  async each(work: (one: Pending) => Promise<void>): Promise<void> {
    const few = new Gate(6);
    await Promise.all(
      this.all.map(async one => {
        await few.enter();
        await work(one).finally(() => few.leave());
      }),
    );
  }

  get lies(): string[] {
    return this.all.flatMap(({ name, met }) => met.lies.map(lie => `${name}: ${lie}`));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.range[Symbol.asyncDispose]();
  }
}

/** By platform. */
const known = new Map<string, Known>();
const met: Met[] = [];

beforeAll(async () => {
  await using range = await Range.start({ platforms: SAVING, slots: 1, callTime: 60_000, mode: { name: 'that only shows', env: {} } });
  for (const platform of SAVING) {
    const [group] = groupsOn(platform) as [Known['group']];
    known.set(platform, { group, ...(await runEach(range, range.slotsOf(platform)[0] as Slot, group)) });
  }
});
afterAll(() => report(`A save that is due, in a service that saves later (FAULT_SEED=${SEED})`, met));

const CUTS = ['rst', 'fin', 'delay', 'split'] as const;
const IN_LINE: readonly Trouble[] = PARTS.slice(PARTS.indexOf('echo')).flatMap(part => CUTS.map(harm => ({ harm, part })));
const BEFORE: readonly Trouble[] = [0, 500, 1200].flatMap(byte => CUTS.map(harm => ({ harm, byte })));

describe.each([
  { mode: { name: 'on the session that stands', env: SOON }, troubles: IN_LINE },
  { mode: { name: 'on a session of its own', env: { ...SOON, MERCURY_KEEP_SESSION: '0s' } }, troubles: [...BEFORE, ...IN_LINE] },
])('a network that fails while a switch is saved $mode.name', ({ mode, troubles }) => {
  it('has nobody told that it is saved when it is not, and has it saved in the end', { timeout: 600_000 }, async () => {
    const random = randomFrom(SEED);
    const few = troubles.map(trouble => ({ trouble, rank: random() })).sort((one, other) => one.rank - other.rank);
    const tried = SWEEP > 0 ? troubles : few.slice(0, TRIED).map(({ trouble }) => trouble);
    await using due = await Due.start(mode, tried);
    await Promise.all(due.all.map(one => one.told()));
    for (const one of due.all) if (!one.isSaved) one.met.lies.push('it was never saved');
    await due.each(one => one.askAgain());
    await due.range.service.stop();
    await Promise.all(due.all.map(({ slot, met: { lies } }) => emptied(slot.device).catch(() => lies.push('a session was left'))));
    met.push(...due.all.map(one => one.met));
    expect(due.lies).toEqual([]);
    expect(due.range.service.locks).toEqual([]);
  });
});

describe('a service with saves that are due', () => {
  const mode: Mode = { name: 'that saves late', env: NOT_BY_ITSELF };

  it('saves when it is asked to stop, and tells which switch it could not save', { timeout: 120_000 }, async () => {
    const troubles: readonly Trouble[] = [
      'none',
      'it is refused',
      'nobody can be reached',
      { harm: 'rst', byte: 500 },
      { harm: 'fin', part: 'typed' },
      { harm: 'rst', part: 'done' },
    ];
    await using due = await Due.start(mode, troubles);
    const { status, err } = await due.range.service.stop();
    for (const one of due.all) {
      if (!one.compare()) one.met.lies.push('the audit does not tell what became of it');
      const isTold = err.split('\n').some(line => line.includes(`${one.slot.name} is changed and not saved`));
      if (!one.isSaved && !isTold) one.met.lies.push('it is not saved, and the log does not say so');
    }
    met.push(...due.all.map(one => one.met));
    expect(due.lies).toEqual([]);
    expect(status).toBe(0);
  });

  it('does not stop for ever, and names the switch that never answered', { timeout: 120_000 }, async () => {
    const troubles: readonly Trouble[] = [
      'none',
      { harm: 'stall', byte: 0 },
      { harm: 'stall', part: 'typed' },
      { harm: 'stall', part: 'done' },
    ];
    await using due = await Due.start(mode, troubles);
    const { status, err } = await due.range.service.stop();
    const last = err.split('\n').findLast(line => line.includes('stopped after the grace time')) ?? '';
    for (const one of due.all) {
      const isEnded = one.compare();
      if (!isEnded && !last.includes(`"${one.slot.name}"`)) one.met.lies.push('nobody tells what became of it');
    }
    met.push(...due.all.map(one => one.met));
    expect(due.lies).toEqual([]);
    expect(status).toBe(1);
  });

  it('tells of no save when it is killed, and the next change saves all that there is', { timeout: 120_000 }, async () => {
    await using due = await Due.start(mode, ['none', 'none']);
    await due.range.service.kill();
    for (const one of due.all) if (one.lines.length > 0 || !one.isUntouched) one.met.lies.push('something was saved, or told to be');
    await due.range.service.restart();
    await due.each(one => one.askAgain());
    await due.each(one => one.askOther());
    await due.range.service.stop();
    for (const one of due.all) {
      one.compare();
      const { device } = one.slot.device;
      if (device.saved?.() !== device.running()) one.met.lies.push('not all of it was saved');
    }
    met.push(...due.all.map(one => one.met));
    expect(due.lies).toEqual([]);
  });
});
