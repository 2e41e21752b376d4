import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS } from '../harness.ts';
import { CLASSES, type Class, type Course, runCourse } from './course.ts';
import { MODES } from './modes.ts';
import { movesOn } from './moves.ts';
import { everything, type Meeting, nameOf, randomFrom, SEED, sample } from './pick.ts';
import { Range, type Slot } from './range.ts';
import { type Met, report } from './report.ts';
import { tryFault, type Verdict } from './trial.ts';

/*
 * Every method on every platform meets a network that fails: at every kind of place, in every way, one change and one fault at a time.
 * What is told afterwards must be so. FAULT_SEED=n takes other places, FAULT_SWEEP=1 takes all of them (for a long night),
 * FAULT_ONLY='part of a fault's name' only some.
 */

const ONLY = process.env.FAULT_ONLY ?? '';
const pick = process.env.FAULT_SWEEP ? everything : sample;
const SLOTS = 12;
/** A change that nothing happens to takes a small part of a call's time, however slow the machine is. */
const CALL_OVER_COURSE = 15;
const SHORTEST_CALL = 4000;
const LONGEST = process.env.FAULT_SWEEP ? 12 * 3_600_000 : 900_000;

describe.each(MODES)('a network that fails before a service $name', mode => {
  let range: Range;
  const courses = new Map<string, Course[]>();
  const met: (Met & { readonly name: string })[] = [];
  let doubted = 0;

  beforeAll(async () => {
    range = await Range.start({ platforms: PLATFORMS, slots: SLOTS, callTime: 30_000, mode });
    const times: number[] = [];
    for (const platform of PLATFORMS) {
      const mine: Course[] = [];
      for (const move of movesOn(platform)) {
        const started = performance.now();
        mine.push(await runCourse(range, range.slotsOf(platform)[0] as Slot, move));
        times.push(performance.now() - started);
      }
      courses.set(platform, mine);
    }
    // Not the longest: it may have met a hiccup of the machine, and whoever meets a silent network waits for the end of the call's time.
    const long = times.sort((one, other) => one - other)[Math.floor(times.length * 0.75)] ?? 0;
    await range.service.restart(Math.max(SHORTEST_CALL, Math.round(long * CALL_OVER_COURSE)));
  }, 120_000);

  afterAll(async () => {
    const seconds = (range.service.callTime / 1000).toFixed(1);
    await range?.[Symbol.asyncDispose]();
    const again = doubted === 0 ? '' : `, ${doubted} tried once more, alone`;
    met.sort((one, other) => CLASSES.indexOf(one.place as Class) - CLASSES.indexOf(other.place as Class));
    report(`On the way to a lab switch (${mode.name}, FAULT_SEED=${SEED}, calls of ${seconds} s${again})`, met);
  });

  it.concurrent.each(PLATFORMS)(
    'makes nobody tell a lie, opens no port and leaves nothing behind: %s',
    { timeout: LONGEST },
    async platform => {
      const random = randomFrom(SEED);
      const waiting = pick(courses.get(platform) ?? [], random)
        .filter(meeting => nameOf(platform, meeting).includes(ONLY))
        .sort(() => random() - 0.5);
      const again: Meeting[] = [];
      const note = (meeting: Meeting, { struck, lies, doubts }: Verdict) =>
        met.push({ row: platform, place: meeting.fault.where, name: nameOf(platform, meeting), struck, lies: [...lies, ...doubts] });
      await Promise.all(
        range.slotsOf(platform).map(async slot => {
          for (let next = waiting.pop(); next; next = waiting.pop()) {
            const verdict = await tryFault(range, slot, next.course, next.fault);
            if (verdict.doubts.length > 0 && verdict.lies.length === 0) again.push(next);
            else note(next, verdict);
          }
        }),
      );
      // What may have been a machine that had too much to do is tried once more, one at a time.
      doubted += again.length;
      for (const meeting of again) note(meeting, await tryFault(range, range.slotsOf(platform)[0] as Slot, meeting.course, meeting.fault));
      const mine = met.filter(({ row }) => row === platform);
      expect(mine.flatMap(({ name, lies }) => lies.map(lie => `${name}: ${lie}`))).toEqual([]);
    },
  );
});
