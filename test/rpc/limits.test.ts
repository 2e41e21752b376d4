import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LimitSettings, Limits, TooManyCalls } from '../../server/rpc/limits.ts';
import fc from '../chance.ts';
import { Mercury } from '../harness.ts';
import { writeUsers } from './digest-client.ts';
import { asks, attaches, basicAuth, Guarded, type Settings } from './guarded.ts';
import { IRONIC, post } from './wire.ts';

/* How many calls are taken in: by a clock of the tests' own, and then by a service. */

const MINUTE = 60_000;

describe('the limits', () => {
  let now: number;
  let lines: string[];
  const log = pino({}, { write: line => lines.push(line) });
  beforeEach(() => {
    now = 5;
    lines = [];
  });
  const make = (settings: LimitSettings, most?: number) => {
    const limits = new Limits(settings, () => now, most);
    return (caller: string): Disposable | TooManyCalls => {
      try {
        return limits.enter(caller, log);
      } catch (thrown) {
        if (thrown instanceof TooManyCalls) return thrown;
        throw thrown;
      }
    };
  };
  const isRefused = (entered: Disposable | TooManyCalls): entered is TooManyCalls => entered instanceof TooManyCalls;
  const leave = (entered: Disposable | TooManyCalls) => (isRefused(entered) ? undefined : entered[Symbol.dispose]());

  it('are none unless they are set', () => {
    const enter = make({});
    expect(Array.from({ length: 2000 }, () => enter('ironic')).filter(isRefused)).toEqual([]);
  });

  it('hold a caller to so many at once, and nobody else; one that ends makes room for one, once', () => {
    const enter = make({ calls_at_once: 2 });
    const first = enter('ironic');
    leave(enter('ironic'));
    enter('ironic');
    expect(enter('ironic')).toMatchObject({
      kind: 'busy',
      outcome: 'refused',
      retryAfter: 5,
      message: 'ironic has 2 calls here already; nothing was typed',
    });
    expect(isRefused(enter('other'))).toBe(false);
    leave(first);
    leave(first);
    expect([enter('ironic'), enter('ironic')].map(isRefused)).toEqual([false, true]);
  });

  it('hold all together to so many', () => {
    const enter = make({ calls_at_most: 3, calls_at_once: 2 });
    const [first] = ['a', 'b', 'c'].map(enter);
    expect(enter('d')).toMatchObject({ message: '3 calls are being answered, and no more are taken in; nothing was typed' });
    leave(first as Disposable);
    expect(isRefused(enter('d'))).toBe(false);
  });

  it('let as many come in a burst as in a minute, then one after the other as time goes by', () => {
    const enter = make({ calls_per_minute: 6 });
    const burst = Array.from({ length: 7 }, () => enter('ironic'));
    expect(burst.map(isRefused)).toEqual([false, false, false, false, false, false, true]);
    expect(burst[6]).toMatchObject({ retryAfter: 10, message: 'ironic may call 6 times a minute; nothing was typed' });
    now += 9_000;
    expect(enter('ironic')).toMatchObject({ retryAfter: 1 });
    now += 1_000;
    expect([enter('ironic'), enter('ironic')].map(isRefused)).toEqual([false, true]);
    for (const entered of burst) leave(entered);
    now += 10 * MINUTE;
    expect(Array.from({ length: 8 }, () => enter('ironic')).filter(isRefused)).toHaveLength(2);
  });

  it('count no call that is refused', () => {
    const enter = make({ calls_at_once: 1, calls_per_minute: 2 });
    const first = enter('ironic');
    for (let i = 0; i < 10; i += 1) expect(isRefused(enter('ironic'))).toBe(true);
    leave(first);
    expect(isRefused(enter('ironic'))).toBe(false);
  });

  it('remember so many callers and no more: those beyond share one account, until others have nothing against them', () => {
    const enter = make({ calls_at_once: 1, calls_per_minute: 2 }, 3);
    for (const name of ['a', 'b', 'c']) leave(enter(name));
    expect(['d', 'e', 'f', 'a'].map(name => isRefused(enter(name)))).toEqual([false, true, true, false]);
    now += MINUTE;
    // b and c are forgotten, and one of them has a new account; d is still being answered, in the name of all the others.
    expect(['e', 'f', 'g'].map(name => isRefused(enter(name)))).toEqual([false, true, true]);
  });

  it('are kept whoever comes and goes', () => {
    const step = fc.record({ caller: fc.constantFrom('a', 'b', 'c', 'd'), leaves: fc.nat({ max: 5 }), wait: fc.nat({ max: 30_000 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (steps, most) => {
        const settings = { calls_at_once: 2, calls_at_most: 5, calls_per_minute: 4 };
        const enter = make(settings, most);
        let inside: { caller: string; entered: Disposable }[] = [];
        const came: { caller: string; at: number }[] = [];
        for (const { caller, leaves, wait } of steps) {
          now += wait;
          const entered = enter(caller);
          if (!isRefused(entered)) {
            inside.push({ caller, entered });
            came.push({ caller, at: now });
          }
          expect(inside.length).toBeLessThanOrEqual(5);
          expect(inside.filter(one => one.caller === caller).length).toBeLessThanOrEqual(2);
          // A full allowance, and what the minute brought.
          expect(came.filter(one => one.caller === caller && one.at > now - MINUTE).length).toBeLessThanOrEqual(8);
          for (const { entered: gone } of inside.slice(0, leaves)) gone[Symbol.dispose]();
          inside = inside.slice(leaves);
        }
      }),
    );
  });

  it('cost a line in the log every ten seconds at most, which tells how many were refused', () => {
    const enter = make({ calls_at_once: 1 });
    for (let i = 0; i < 100; i += 1) enter('ironic');
    expect(lines.map(line => JSON.parse(line))).toMatchObject([{ level: 40, caller: 'ironic', refused: 1, msg: 'too many calls' }]);
    now += 10_000;
    enter('ironic');
    expect(lines.map(line => JSON.parse(line))).toMatchObject([{}, { refused: 99, why: expect.stringContaining('ironic has 1 calls') }]);
  });
});

describe('a service', () => {
  let mercury: Mercury;
  let guarded: Guarded;
  let users: string;
  beforeAll(async () => {
    mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
    await mercury.onNetwork('add_network', 'leaf', 100, 'tenant');
    users = join(mercury.folder, 'htpasswd');
    writeUsers(users, ['ironic', 'other'].map(user => `${user}:${bcrypt.hashSync('x', 4)}\n`).join(''));
  });
  afterAll(() => mercury[Symbol.asyncDispose]());
  afterEach(async () => {
    mercury.device('leaf').faults.clear();
    await guarded[Symbol.asyncDispose]();
  });

  const start = async (settings: Settings) => {
    guarded = await Guarded.start(mercury, { MERCURY_AUTH: 'basic', MERCURY_USERS: users, ...settings });
  };
  const as = (user: string, body: string) => post(guarded.url, body, basicAuth(user, 'x'));
  /** Calls whose device gives no answer to their first question until it is let go. */
  const hold = async (user: string, ports: readonly number[]) => {
    const { length } = guarded.log;
    const before = mercury.device('leaf').typed.length;
    mercury.device('leaf').faults.plant({ on: /^show /, does: 'stall', times: 99 });
    const calls = ports.map(nth => as(user, attaches(nth)));
    await expect.poll(() => mercury.device('leaf').typed.slice(before).at(-1)).toMatch(/^show /);
    await expect.poll(() => mercury.desk.world.queue.size).toBe(ports.length);
    const letGo = () => {
      mercury.device('leaf').faults.clear();
      mercury.device('leaf').dropAll();
      return Promise.all(calls);
    };
    return { letGo, log: () => guarded.log.slice(length).join('') };
  };
  const inIronicsWords = JSON.stringify({
    jsonrpc: '2.0',
    id: 'req-1',
    method: 'update_port',
    params: {
      context: {},
      'rpc.version': '1.0',
      switch_id: 'leaf',
      port_name: 'Gi1/0/9',
      description: '',
      mode: 'access',
      native_vlan: 100,
    },
  });

  it('answers 503 with a time to come back, and does nothing, when a caller has too many calls there; another is served', async () => {
    await start({ MERCURY_CALLS_AT_ONCE: '2' });
    const { letGo, log } = await hold('ironic', [1, 2]);
    const audit = guarded.audit.length;
    const refused = await as('ironic', attaches(3));
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(refused.json).toEqual({
      jsonrpc: '2.0',
      id: 3,
      error: {
        code: 503,
        message: 'ironic has 2 calls here already; nothing was typed',
        data: { class: `${IRONIC}NetworkError`, kind: 'busy', outcome: 'refused', request_id: expect.stringMatching(/^mercury-/) },
      },
    });
    expect(await as('ironic', attaches(4, { id: undefined }))).toMatchObject({ status: 204, text: '' });
    expect(await as('other', asks())).toMatchObject({ status: 200, json: { result: true } });
    expect(mercury.desk.world.queue.size).toBe(2);
    expect(guarded.audit).toHaveLength(audit);
    expect(log()).toMatch(/"level":40,.*"caller":"ironic".*too many calls/);
    await letGo();
    expect(await as('ironic', attaches(3))).toMatchObject({ status: 200, json: { result: { outcome: 'applied' } } });
  });

  it('answers Ironic 200 with an error that its network interface handles', async () => {
    await start({ MERCURY_CALLS_AT_MOST: '1' });
    const { letGo } = await hold('other', [1]);
    for (const body of [inIronicsWords, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'get_switches', params: {} })]) {
      const refused = await as('ironic', body);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([200, null]);
      expect(refused.json.error).toMatchObject({
        code: 503,
        message: '1 calls are being answered, and no more are taken in; nothing was typed',
        data: { class: `${IRONIC}NetworkError`, kind: 'busy' },
      });
    }
    expect((await as('ironic', asks())).status).toBe(503);
    await letGo();
  });

  it('takes as many calls a minute as it is set to, each caller by himself', async () => {
    await start({ MERCURY_CALLS_PER_MINUTE: '3' });
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await as('ironic', asks())).status);
    expect(statuses).toEqual([200, 200, 200, 503]);
    const refused = await as('ironic', asks());
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(10);
    expect((await as('other', asks())).status).toBe(200);
    // Who is not let in is nobody, and costs nobody anything.
    for (let i = 0; i < 4; i += 1) expect((await post(guarded.url, asks(), basicAuth('other', 'wrong'))).status).toBe(401);
    expect((await as('other', asks())).status).toBe(200);
  });

  it('takes 200 calls of one caller at once unless it is set to fewer', async () => {
    await start({});
    const heard = await Promise.all(Array.from({ length: 200 }, () => as('ironic', asks())));
    expect(new Set(heard.map(({ status }) => status))).toEqual(new Set([200]));
  });
});
