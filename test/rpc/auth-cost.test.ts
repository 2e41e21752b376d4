import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Mercury } from '../harness.ts';
import { worked } from '../worked.ts';
import { asks, basicAuth, Guarded } from './guarded.ts';
import { post } from './wire.ts';

/*
 * What a bcrypt comparison costs, and who pays. All of it is compared within the run: a user's first comparison is the measure.
 * Each test has users of its own, whom nobody has compared before.
 */

const COST = 10;
const DEAR = ['one', 'two', 'three', 'burst', 'wrong', 'known', 'flooded', 'served'];

let mercury: Mercury;
let guarded: Guarded;
/** Milliseconds of work that one comparison is here. */
let once: number;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
  const users = join(mercury.folder, 'htpasswd');
  const dear = bcrypt.hashSync('right', COST);
  // The same hash for all of them; what is remembered is of a user, too.
  const lines = [...DEAR.map(user => `${user}:${dear}`), `cheap:${bcrypt.hashSync('right', 4)}`, `middling:${bcrypt.hashSync('right', 7)}`];
  writeFileSync(users, `${lines.join('\n')}\n`, { mode: 0o640 });
  guarded = await Guarded.start(mercury, { MERCURY_AUTH: 'basic', MERCURY_USERS: users });
  await tries('cheap', 'right');
  // The least of three: something else may be cleared up meanwhile.
  const times = [];
  for (const user of ['one', 'two', 'three']) times.push(await worked(() => tries(user, 'right')));
  once = Math.min(...times);
});
afterAll(async () => {
  await guarded[Symbol.asyncDispose]();
  await mercury[Symbol.asyncDispose]();
});

const tries = async (user: string, password: string) => (await post(guarded.url, asks(), basicAuth(user, password))).status;

it('is paid once by a burst of 50 calls, and not at all by the next', async () => {
  const burst = () => Promise.all(Array.from({ length: 50 }, () => tries('burst', 'right')));
  let statuses: number[] = [];
  const first = await worked(async () => {
    statuses = await burst();
  });
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(first).toBeLessThan(once * 15);
  expect(await worked(() => tries('burst', 'right'))).toBeLessThan(once / 2);
});

it('is paid once for a wrong password', async () => {
  expect(await worked(async () => expect(await tries('wrong', 'guess')).toBe(401))).toBeGreaterThan(once / 3);
  expect(await worked(async () => expect(await tries('wrong', 'guess')).toBe(401))).toBeLessThan(once / 2);
});

it('is paid by a user that nobody knows like by one that is known', async () => {
  expect(await worked(() => tries('known', 'guess'))).toBeGreaterThan(once / 3);
  expect(await worked(() => tries('nobody', 'guess'))).toBeGreaterThan(once / 3);
  // The second time neither is computed, or that would tell them apart.
  expect(await worked(() => tries('nobody', 'guess'))).toBeLessThan(once / 2);
});

it('is not paid again by who has the right password after a flood of wrong ones', async () => {
  await tries('flooded', 'right');
  for (let i = 0; i < 300; i += 30) {
    const statuses = await Promise.all(Array.from({ length: 30 }, (_, j) => tries('cheap', `guess ${i + j}`)));
    expect(new Set(statuses)).toEqual(new Set([401]));
  }
  expect(await worked(() => tries('flooded', 'right'))).toBeLessThan(once / 2);
});

it('holds up nobody else: a call whose password is known is answered while guesses are computed', async () => {
  await tries('served', 'right');
  let computed = 0;
  const guesses = Array.from({ length: 5 }, (_, i) => tries('served', `guess ${i}`).then(() => ++computed));
  expect(await tries('served', 'right')).toBe(200);
  expect(computed).toBeLessThan(5);
  await Promise.all(guesses);
});

it('is refused with 503 when too many wait for it, and that passes', async () => {
  const statuses = await Promise.all(Array.from({ length: 200 }, (_, i) => tries('middling', `guess ${i}`)));
  expect(new Set(statuses)).toEqual(new Set([401, 503]));
  expect(statuses.filter(status => status === 401).length).toBeGreaterThanOrEqual(64);
  expect(await tries('middling', 'right')).toBe(200);
});
