import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../cli/run.ts';
import { PLATFORMS } from '../harness.ts';
import { groupsOn } from './groups.ts';
import { eachOf, type Held, type Holding, holdMany, inShort, metBy } from './held.ts';
import { MODES, type Mode, TOGETHER } from './modes.ts';
import { randomFrom, SEED } from './pick.ts';
import { Gate, Range } from './range.ts';
import { report } from './report.ts';
import { emptied, endTrial, isOnTrial, runningOn } from './state.ts';

/*
 * The service is killed in the middle of many changes at once, each on a switch of its own and at a point of its own, and started again:
 * it has no memory, and what it left behind must neither be wrong nor be in the way. FAULT_SEED=n holds them at other points.
 */

/** What is asked, how it is set, and where it is held. */
const KILLED: readonly (Pick<Holding, 'groups' | 'points'> & { readonly what: string; readonly mode: Mode })[] = [
  ...MODES.map(mode => ({
    what: 'a change',
    mode,
    groups: eachOf(['attach_port trunk', 'update_port', 'detach_port', 'join_lag']),
    points: [
      ['between lines', 3],
      ['commit', 1],
      ['after commit', 2],
      ['confirm', 1],
      ['save', 1],
    ] as const,
  })),
  {
    what: 'changes that meet',
    mode: TOGETHER[0],
    // Those that a switch takes whole come as far as these before they are taken back.
    groups: platform => groupsOn(platform).filter(({ fault }) => fault !== undefined),
    points: [
      ['between lines', 1],
      ['after commit', 1],
      ['taking back', 1],
      ['save', 1],
    ],
  },
];

describe.each(KILLED)('a service $mode.name that is killed in the middle of $what', ({ what, mode, groups, points }) => {
  let range: Range;
  let held: readonly Held[];

  beforeAll(async () => {
    const env = { MERCURY_CALLS_AT_ONCE: '1000', MERCURY_CALLS_AT_MOST: '1000' };
    range = await Range.start({ platforms: PLATFORMS, slots: 32, callTime: 100_000, mode, env });
    held = await holdMany(range, {
      platforms: PLATFORMS,
      groups,
      points,
      random: randomFrom(SEED),
    });
    for (const one of held) void one.ask(range).catch(() => {});
    await Promise.all(held.map(({ there }) => there));
    await range.service.kill();
    await Promise.all(held.map(({ slot }) => emptied(slot.device)));
    for (const { slot } of held) slot.device.faults.clear();
    await range.service.restart();
  }, 120_000);

  afterAll(async () => {
    await range?.[Symbol.asyncDispose]();
    report(`SIGKILL in the middle of ${what}, and a new start (a service ${mode.name}, FAULT_SEED=${SEED})`, metBy(held ?? []));
  });

  /** As many at once as two processors can serve. */
  const few = new Gate(4);
  const ask = async (one: Held) => {
    await few.enter();
    return one.askAgain(range).finally(() => few.leave());
  };

  describe.each(PLATFORMS)('on %s', platform => {
    /** What is wrong with each of them; nothing, if all is well. */
    const wrongs = async (look: (one: Held) => string | undefined | Promise<string | undefined>) => {
      const mine = held.filter(({ slot }) => slot.platform === platform);
      expect(mine.length).toBeGreaterThan(0);
      await Promise.all(
        mine.map(async one => {
          const wrong = await look(one);
          if (wrong !== undefined) one.lies.push(wrong);
        }),
      );
      return mine.flatMap(({ name, lies }) => lies.map(lie => `${name}: ${lie}`));
    };

    it('leaves no port on a VLAN that was neither its own nor asked for', async () => {
      expect(await wrongs(one => one.exposures()[0])).toEqual([]);
    });

    it('tells, started again, no success that the switch takes back by itself', async () => {
      const told = await wrongs(async one => {
        const { device } = one.slot;
        if (!isOnTrial(device)) return undefined;
        const typed = device.typed.length;
        const answer = ask(one);
        await until(() => device.typed.length > typed + 4, 'it has read what it reads first');
        endTrial(device);
        const told = await answer;
        return runningOn(device) === one.course.after ? undefined : inShort(told);
      });
      expect(told).toEqual([]);
    });

    it('does the next change as if nothing had been, over what was left behind', async () => {
      const ended = await wrongs(async one => {
        endTrial(one.slot.device);
        const told = await ask(one);
        if (!told.every(({ outcome }) => /^(?:applied|unchanged)$/.test(outcome))) return inShort(told);
        return runningOn(one.slot.device) === one.course.after ? one.exposures()[0] : `${inShort(told)}, and it is not as asked`;
      });
      expect(ended).toEqual([]);
    });

    it('leaves no session, and no lock of those that were killed nor of those that came after', async () => {
      const left = await wrongs(async ({ slot }) => {
        await emptied(slot.device);
        await range.service.lets(slot.lock);
        return undefined;
      });
      expect(left).toEqual([]);
    });
  });
});
