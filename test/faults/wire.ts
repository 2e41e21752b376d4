import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS } from '../harness.ts';
import { CLASSES, type Class, type Course, runCourse } from './course.ts';
import type { Group } from './groups.ts';
import type { Mode } from './modes.ts';
import { everything, type Meeting, nameOf, randomFrom, SEED, SWEEP, sample } from './pick.ts';
import { Gate, Range, type Slot } from './range.ts';
import { type Met, report } from './report.ts';
import { tryFault } from './trial.ts';

const ONLY = process.env.FAULT_ONLY ?? '';
const pick = SWEEP > 0 ? everything : sample;
const SLOTS = 12;
/** A change that nothing happens to takes a small part of a call's time, however slow the machine is. */
const CALL_OVER_COURSE = 15;
/** As many times as much time have those again that may have had too little. */
const MORE_TIME = 4;
const LONGEST = SWEEP > 0 ? 24 * 3_600_000 : 900_000;

interface Tried extends Met {
  readonly name: string;
}

/** What is put to faults. */
export interface Trials {
  /** Of the table, and of the tests. */
  readonly title: string;
  readonly modes: readonly Mode[];
  readonly groups: (platform: string) => readonly Group[];
  /** Of as many faults of a sample one is tried; in each mode another. */
  readonly oneOf: number;
  /** Milliseconds that a call has at least. */
  readonly shortestCall: number;
}

/** Has groups of changes meet a network that fails, one fault at a time, and prints what became of them. */
export function meetFaults({ title, modes, groups, oneOf, shortestCall }: Trials): void {
  describe.each(modes)(`${title} before a service $name`, mode => {
    let range: Range;
    let callTime = 0;
    const courses = new Map<string, Course[]>();
    const met: Tried[] = [];
    const doubted: { readonly platform: string; readonly meeting: Meeting }[] = [];

    beforeAll(async () => {
      range = await Range.start({ platforms: PLATFORMS, slots: SLOTS, callTime: 30_000, mode });
      const times: number[] = [];
      for (const platform of PLATFORMS) {
        const mine: Course[] = [];
        for (const group of groups(platform)) mine.push(await runCourse(range, range.slotsOf(platform)[0] as Slot, group));
        times.push(...mine.map(({ took }) => took));
        courses.set(platform, mine);
      }
      // Not the longest: it may have met a hiccup of the machine, and whoever meets a silent network waits for the end of the call's time.
      const long = times.sort((one, other) => one - other)[Math.floor(times.length * 0.75)] ?? 0;
      callTime = Math.max(shortestCall, Math.round(long * CALL_OVER_COURSE));
      await range.service.restart(callTime);
    }, 120_000);

    afterAll(async () => {
      await range?.[Symbol.asyncDispose]();
      const again = doubted.length === 0 ? '' : `, ${doubted.length} of them tried again with more time`;
      met.sort((one, other) => CLASSES.indexOf(one.place as Class) - CLASSES.indexOf(other.place as Class));
      report(`${title} (a service ${mode.name}, FAULT_SEED=${SEED}, calls of ${(callTime / 1000).toFixed(1)} s${again})`, met);
    });

    /** Tries faults, on as many switches of their platforms as there are; answers with those that may have met a machine without time. */
    async function tryAll(platform: string, waiting: Meeting[]): Promise<{ meeting: Meeting; tried: Tried }[]> {
      const again: { meeting: Meeting; tried: Tried }[] = [];
      await Promise.all(
        range.slotsOf(platform).map(async slot => {
          for (let next = waiting.pop(); next; next = waiting.pop()) {
            const { struck, lies, doubts } = await tryFault(range, slot, next.course, next.fault);
            const tried: Tried = {
              row: platform,
              place: next.fault.where,
              name: nameOf(platform, next),
              struck,
              lies: [...lies, ...doubts],
            };
            met.push(tried);
            if (doubts.length > 0 && lies.length === 0) again.push({ meeting: next, tried });
          }
        }),
      );
      return again;
    }

    const liesOn = (platform: string) =>
      met.filter(({ row }) => row === platform).flatMap(({ name, lies }) => lies.map(lie => `${name}: ${lie}`));

    it.concurrent.each(PLATFORMS)(
      'makes nobody tell a lie, opens no port and leaves nothing behind: %s',
      { timeout: LONGEST },
      async platform => {
        const random = randomFrom(SEED);
        // A sample is shared out among the modes; what was chosen by its name is tried in each.
        const [each, index] = ONLY !== '' ? [1, 0] : SWEEP > 0 ? [SWEEP, 0] : [oneOf, modes.indexOf(mode)];
        const waiting = pick(courses.get(platform) ?? [], random)
          .filter(meeting => nameOf(platform, meeting).includes(ONLY))
          .map(meeting => ({ meeting, rank: random() }))
          .sort((one, other) => one.rank - other.rank)
          .map(({ meeting }) => meeting)
          .filter((_, nth) => nth % each === index);
        for (const { meeting, tried } of await tryAll(platform, waiting)) {
          doubted.push({ platform, meeting });
          met.splice(met.indexOf(tried), 1);
        }
        expect(liesOn(platform)).toEqual([]);
      },
    );

    it('nor does anybody who is given more time, where there may have been too little of it', { timeout: LONGEST }, async () => {
      range.busy = new Gate(2);
      if (doubted.length > 0) await range.service.restart(range.service.callTime * MORE_TIME);
      const platforms = [...Map.groupBy(doubted, ({ platform }) => platform)];
      await Promise.all(
        platforms.map(([platform, list]) =>
          tryAll(
            platform,
            list.map(({ meeting }) => meeting),
          ),
        ),
      );
      expect(PLATFORMS.flatMap(liesOn)).toEqual([]);
    });
  });
}
