import { appendFileSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Etcd, etcdReady } from '../engine/etcd.ts';
import { PLATFORMS } from '../harness.ts';
import { mountReady } from './disk.ts';
import { eachOf, type Held, holdMany, inShort, metBy } from './held.ts';
import { falsehoods } from './judge.ts';
import { MODES } from './modes.ts';
import { randomFrom, SEED } from './pick.ts';
import { Gate, Range } from './range.ts';
import { report } from './report.ts';
import { emptied, endTrial, runningOn } from './state.ts';

/*
 * What keeps other Mercurys off a device fails, while many changes are on their way, each on a switch of its own and held at a point of its
 * own: the disk below the lock files is full, or etcd is killed. FAULT_SEED=n holds them at other points.
 */

const MOVES = ['attach_port trunk', 'update_port', 'detach_port'];
const POINTS = [
  ['between lines', 2],
  ['commit', 1],
  ['after commit', 1],
  ['confirm', 1],
  ['save', 1],
] as const;
const few = new Gate(6);
/** A visit may give its lock back a moment after it has answered. */
const PATIENTLY = { timeout: 15_000 };

/** Lets go of changes, and answers with what is wrong with each. */
async function wrongsOf(held: readonly Held[], asked: ReadonlyMap<Held, ReturnType<Held['ask']>>): Promise<string[]> {
  for (const one of held) one.release();
  await Promise.all(
    held.map(async one => {
      const told = await asked.get(one);
      if (!told) return;
      await emptied(one.slot.device).catch(() => one.lies.push('a session was left'));
      const wrong = [...falsehoods(told, one.course, one.slot.device, one.savedBefore), ...one.exposures()];
      one.lies.push(...wrong.map(what => `${what} [${inShort(told)}]`));
    }),
  );
  return liesOf(held);
}

/** The same changes again, when all is well: they end as if nothing had been. */
async function againOn(range: Range, held: readonly Held[]): Promise<string[]> {
  await Promise.all(
    held.map(async one => {
      endTrial(one.slot.device);
      await few.enter();
      const told = await one.ask(range).finally(() => few.leave());
      const well = told.every(({ outcome }) => /^(?:applied|unchanged)$/.test(outcome)) && runningOn(one.slot.device) === one.course.after;
      if (!well) one.lies.push(`asked again, ${inShort(told)}`);
    }),
  );
  return liesOf(held);
}

const liesOf = (held: readonly Held[]) => held.flatMap(({ name, lies }) => lies.map(lie => `${name}: ${lie}`));

const disk = mountReady();
const fullDisk = 'a full disk below the lock files';

describe.skipIf(!disk.ready).each(MODES)(disk.ready ? `${fullDisk} of a service $name` : `${fullDisk} (left out: ${disk.why})`, mode => {
  let range: Range;
  let held: readonly Held[];
  beforeAll(async () => {
    // A small disk of its own, which nobody but the service sees; a lock file takes a page of it.
    const mount = 'mkdir "$0" && mount -t tmpfs -o size=1m,mode=700 none "$0" && exec "$@"';
    const within = (folder: string) => ['unshare', '--mount', 'sh', '-c', mount, join(folder, 'locks')];
    range = await Range.start({ platforms: PLATFORMS, slots: 8, callTime: 60_000, mode, within });
    const points = [
      ['between lines', 1],
      ['commit', 1],
      ['save', 1],
    ] as const;
    held = await holdMany(range, {
      platforms: PLATFORMS,
      groups: eachOf(['update_port', 'detach_port']),
      points,
      random: randomFrom(SEED),
    });
  }, 60_000);
  afterAll(async () => {
    await range?.[Symbol.asyncDispose]();
    report(`A full disk below the lock files (${mode.name}, FAULT_SEED=${SEED})`, metBy(held ?? []));
  });

  /** The folder as the service sees it. */
  const folder = () => `/proc/${range.service.pid}/root${join(range.service.folder.path, 'locks')}`;
  const filler = () => join(folder(), 'filler');
  const fill = () => {
    for (const page = Buffer.alloc(4096); ; ) {
      try {
        appendFileSync(filler(), page);
      } catch {
        return;
      }
    }
  };

  it('refuses every change before anything is typed, and says why', async () => {
    fill();
    for (const one of held) {
      const { device } = one.slot;
      const logins = device.logins;
      const told = await one.ask(range);
      one.lies.push(...falsehoods(told, one.course, device, one.savedBefore));
      expect(told).toMatchObject([{ outcome: 'refused', kind: 'no_lock' }]);
      expect(told[0]?.message).toMatch(/cannot be locked .*no space left/i);
      expect([device.logins, runningOn(device)]).toEqual([logins, one.course.before]);
    }
    expect(liesOf(held)).toEqual([]);
  });

  it('does not stop a change that has its lock, and has it leave none', async () => {
    unlinkSync(filler());
    const asked = new Map(held.map(one => [one, one.ask(range)]));
    await Promise.all(held.map(({ there }) => there));
    fill();
    expect(await wrongsOf(held, asked)).toEqual([]);
    await expect.poll(() => readdirSync(folder()), PATIENTLY).toEqual(['filler']);
  });

  it('lets changes through again when there is room', async () => {
    unlinkSync(filler());
    expect(await againOn(range, held)).toEqual([]);
    await expect.poll(() => readdirSync(folder()), PATIENTLY).toEqual([]);
  });
});

const etcds = etcdReady();
const etcdKilled = 'etcd killed in the middle of changes';

describe.skipIf(!etcds.ready).each(MODES)(
  etcds.ready ? `${etcdKilled} of a service $name` : `${etcdKilled} (left out: ${etcds.why})`,
  mode => {
    let etcd: Etcd;
    let range: Range;
    let held: readonly Held[];
    beforeAll(async () => {
      etcd = await Etcd.start();
      range = await Range.start({
        platforms: PLATFORMS,
        slots: 20,
        callTime: 60_000,
        mode,
        env: { MERCURY_LOCK: 'etcd', MERCURY_ETCD: etcd.endpoint },
      });
      held = await holdMany(range, { platforms: PLATFORMS, groups: eachOf(MOVES), points: POINTS, random: randomFrom(SEED) });
    }, 120_000);
    afterAll(async () => {
      await range?.[Symbol.asyncDispose]();
      await etcd?.[Symbol.asyncDispose]();
      report(`SIGKILL of etcd in the middle of a change (${mode.name}, FAULT_SEED=${SEED})`, metBy(held ?? []));
    });

    it('has none of them tell a lie, open a port or leave anything behind', { timeout: 120_000 }, async () => {
      const asked = new Map(held.map(one => [one, one.ask(range)]));
      await Promise.all(held.map(({ there }) => there));
      await etcd.kill();
      expect(await wrongsOf(held, asked)).toEqual([]);
    });

    it('refuses the next change as long as it does not answer', async () => {
      const [one] = held;
      expect(await one?.ask(range)).toMatchObject([{ outcome: 'refused', kind: 'no_lock' }]);
    });

    it('lets changes through again when it is back, and is left without a key', { timeout: 120_000 }, async () => {
      await etcd.begin();
      // What could not be given back would run out.
      for (const lease of (await etcd.ctl('lease', 'list')).split('\n').slice(1)) await etcd.ctl('lease', 'revoke', lease);
      expect(await againOn(range, held)).toEqual([]);
      await expect.poll(() => etcd.keys(), PATIENTLY).toEqual([]);
    });
  },
);
