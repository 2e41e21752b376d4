import { readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockName } from '../../server/engine/lock/lock.ts';
import { thisProcess } from '../../server/engine/lock/owner.ts';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { beforeLine } from '../before-line.ts';
import { reachedFrom, watch } from '../exposure.ts';
import { Mercury, PLATFORMS, type Told } from '../harness.ts';

/*
 * A change loses its lock as the n-th line is about to be typed: the lock file is taken away, or somebody else's stands in its place and
 * stays there. What the answer says is held against what the switch itself shows.
 */

const TRUNK = { mode: 'trunk', native_vlan: 200, allowed_vlans: [201] };

/** Lines that make a change real or keep it, each typed only after a look at the lock. */
const GATED = /^(?:commit|configure session \S+ commit|write memory)/;
/** Between that look and the line, two more lines may lead to its mode. */
const ON_THE_WAY = 2;

interface Scene {
  readonly mercury: Mercury;
  readonly device: LabDevice;
  readonly port: string;
  readonly path: string;
  /** The lines typed since the change began. */
  readonly typed: () => readonly string[];
  readonly change: () => Promise<Told>;
}

type Act = 'attach' | 'update';

async function prepare(mercury: Mercury, name: string, act: Act): Promise<Scene> {
  const device = mercury.device(name);
  const port = device.device.ports[0] ?? '';
  for (const vlan of act === 'attach' ? [100] : [100, 200, 201]) await mercury.onNetwork('add_network', name, vlan, `net-${vlan}`);
  const attach = () => mercury.onPort('attach_port', name, port, { native_vlan: 100 });
  if (act === 'update') await attach();
  device.typed.length = 0;
  return {
    mercury,
    device,
    port,
    path: join(mercury.folder, 'locks', `${lockName({ address: '127.0.0.1', port: device.port })}.lock`),
    typed: () => device.typed,
    change: act === 'attach' ? attach : () => mercury.onPort('update_port', name, port, TRUNK),
  };
}

const OTHER = { ...thisProcess(), host: 'ctl-2', since: 'noon' };
const WAYS: Readonly<Record<string, (path: string) => void>> = {
  'taken away': path => unlinkSync(path),
  // That of a process which lives, and works on.
  'taken over': path => writeFileSync(path, JSON.stringify(OTHER)),
};

describe.each(PLATFORMS)('%s', platform => {
  const counted = new Map<Act, Promise<number>>();

  describe.each(Object.keys(WAYS))('a lock that is %s', way => {
    it.concurrent.each(['attach', 'update'] as const)(
      'in the middle of %s: the answer is true, and no port is open on a wrong VLAN',
      async act => {
        const count = await (counted.get(act) ?? counted.set(act, linesOf(platform, act)).get(act));
        // Each line is tried in one of the four ways.
        const nths = [...Array(count).keys()].filter(nth => nth % 4 === (way === 'taken away' ? 0 : 1) + (act === 'attach' ? 0 : 2));
        await using mercury = await Mercury.start({
          devices: Object.fromEntries(nths.map(nth => [`sw-${nth}`, platform])),
          callTime: way === 'taken away' ? 60_000 : 8000,
        });
        const ends = await Promise.all(nths.map(async nth => tried(await prepare(mercury, `sw-${nth}`, act), nth, way)));
        // Somewhere in the middle it was noticed.
        expect(ends.some(({ kind }) => kind === 'lock_lost')).toBe(true);
        expect(ends.filter(({ outcome }) => outcome === 'applied').length).toBeLessThan(ends.length);
        if (way === 'taken away') expect(readdirSync(join(mercury.folder, 'locks'))).toEqual([]);
      },
    );
  });
});

it('does not roll back what may be somebody else’s commit by now, but closes the port', async () => {
  await using mercury = await Mercury.start({ devices: { sw: 'juniper_junos' } });
  const scene = await prepare(mercury, 'sw', 'attach');
  scene.device.faults.plant({ on: /vlan members 100/, does: 'ignore' });
  beforeLine(scene.device, /^commit confirmed/, () => unlinkSync(scene.path));
  expect(await scene.change()).toMatchObject({ outcome: 'rescued', kind: 'not_as_asked' });
  expect(scene.typed()).not.toContain('rollback 1');
  expect(reachedFrom(scene.port, scene.device)).toBe('closed');
});

/** How many lines the change types when nothing is lost. */
async function linesOf(platform: string, act: Act): Promise<number> {
  await using mercury = await Mercury.start({ devices: { sw: platform } });
  const scene = await prepare(mercury, 'sw', act);
  expect((await scene.change()).outcome).toBe('applied');
  return scene.typed().length;
}

async function tried(scene: Scene, nth: number, way: string): Promise<Told> {
  const { device, port, path } = scene;
  const before = device.device.running();
  const reachedBefore = reachedFrom(port, device);
  const seen = watch(device, [port]);
  beforeLine(
    device,
    (_, count) => count === nth,
    () => WAYS[way]?.(path),
  );
  const told = await scene.change();
  const where = `line ${nth} of ${device.platform}: ${JSON.stringify(scene.typed()[nth])}: ${told.outcome} ${told.message}`;
  const asked = reachedBefore === 'closed' ? '100' : '200 + 201';
  const reached = reachedFrom(port, device);
  expect(['closed', reachedBefore, asked], where).toEqual(expect.arrayContaining([...(seen.get(port) ?? []), reached]));
  if (told.outcome === 'applied') expect(reached, where).toBe(asked);
  // A machine that has much to do may run out of time first.
  else expect(['lock_lost', 'timeout'], where).toContain(told.kind);
  // Before the first line that configures, there is nothing to undo.
  if (nth === 0) expect(told, where).toMatchObject({ outcome: 'refused', devices: [{ commands: [] }] });
  if (told.outcome === 'undone' || told.outcome === 'refused') expect(device.device.running(), where).toBe(before);
  if (told.outcome === 'rescued') expect(reached, where).toBe('closed');
  if (way === 'taken over') {
    expect(readFileSync(path, 'utf8')).toBe(JSON.stringify(OTHER));
    const late = scene.typed().filter((line, i) => i > nth + ON_THE_WAY && GATED.test(line));
    expect(late, where).toEqual([]);
  } else expect(told.outcome, where).not.toBe('unknown');
  return told;
}
