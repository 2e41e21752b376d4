import { describe, expect, it } from 'vitest';
import { Pacer } from '../../server/engine/pacer.ts';
import { Turns } from '../../server/rpc/turns.ts';
import { soon } from '../ends.ts';

/** Keeps the process from everything else. */
function hog(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

describe('visits of many devices', () => {
  it('are let in at once up to a hundred, then as long as the process has time to spare', async () => {
    const pacer = new Pacer();
    const rooms = await Promise.all(Array.from({ length: 100 }, (_, nth) => pacer.enter(`sw${nth}`, soon())));
    expect(pacer.inside).toBe(100);
    // Nobody leaves: those inside wait for their devices.
    rooms.push(...(await Promise.all(Array.from({ length: 20 }, (_, nth) => pacer.enter(`more${nth}`, soon())))));
    expect(pacer.inside).toBe(120);
    for (const room of rooms) room[Symbol.dispose]();
    expect(pacer.inside).toBe(0);
  });

  it('wait while the process is busy, in the order they came, until others have left', async () => {
    const pacer = new Pacer();
    const rooms = await Promise.all(Array.from({ length: 100 }, (_, nth) => pacer.enter(`sw${nth}`, soon())));
    const entered: number[] = [];
    const waiting = [0, 1, 2].map(async nth => {
      const room = await pacer.enter(`late${nth}`, soon());
      entered.push(nth);
      return room;
    });
    for (let nth = 0; nth < 5; nth += 1) {
      hog(60);
      await new Promise(setImmediate);
    }
    expect(entered).toEqual([]);
    rooms[7]?.[Symbol.dispose]();
    rooms[7]?.[Symbol.dispose]();
    await waiting[0];
    expect(entered[0]).toBe(0);
    expect(pacer.inside).toBeLessThanOrEqual(103);
    for (const room of [...rooms, ...(await Promise.all(waiting))]) room[Symbol.dispose]();
    expect(entered).toEqual([0, 1, 2]);
    expect(pacer.inside).toBe(0);
  });

  it('are refused when their time is over, but never where something is to be taken back', async () => {
    const pacer = new Pacer();
    const rooms = await Promise.all(Array.from({ length: 100 }, (_, nth) => pacer.enter(`sw${nth}`, soon())));
    await expect(pacer.enter('late', soon(-1))).rejects.toMatchObject({ kind: 'busy', outcome: 'refused' });
    using _urgent = await pacer.enter('urgent', soon(), true);
    expect(pacer.inside).toBe(101);
    for (const room of rooms) room[Symbol.dispose]();
    expect(pacer.inside).toBe(1);
  });
});

it('lets calls that come at once begin some in a turn of the event loop, in order, and forgets none', async () => {
  const turns = new Turns();
  const begun: number[] = [];
  const sizes: number[] = [];
  const calls = Promise.all(
    Array.from({ length: 205 }, async (_, nth) => {
      await turns.next();
      begun.push(nth);
    }),
  );
  for (let before = 0; begun.length < 205; before = begun.length) {
    await new Promise(setImmediate);
    sizes.push(begun.length - before);
  }
  await calls;
  expect(begun).toEqual(Array.from({ length: 205 }, (_, nth) => nth));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(40);
  await turns.next();
});
