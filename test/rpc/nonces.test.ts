import { describe, expect, it } from 'vitest';
import { Nonces } from '../../server/rpc/auth/nonces.ts';
import fc from '../chance.ts';

/* What a nonce may be used for, by a clock of the test's own. */

const MINUTE = 60_000;

describe('a nonce', () => {
  it('is good for each count once', () => {
    const nonces = new Nonces();
    const nonce = nonces.issue();
    expect([1, 2, 3, 2, 3, 1, 4].map(count => nonces.use(nonce, count))).toEqual(['good', 'good', 'good', 'used', 'used', 'used', 'good']);
    expect(nonces.use(nonces.issue(), 1)).toBe('good');
  });

  it('is too old after five minutes, used or not', () => {
    let now = 1000;
    const nonces = new Nonces(() => now);
    const [one, two] = [nonces.issue(), nonces.issue()];
    now += 5 * MINUTE;
    expect(nonces.use(one, 1)).toBe('good');
    now += 1;
    expect([nonces.use(one, 2), nonces.use(two, 1), nonces.use(nonces.issue(), 1)]).toEqual(['old', 'old', 'good']);
  });

  it('is of one process: no other takes it, and none that was made up', () => {
    const nonces = new Nonces();
    const nonce = nonces.issue();
    const bytes = Buffer.from(nonce, 'base64url');
    const changed = bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte));
    const others = [
      new Nonces().issue(),
      '',
      'x'.repeat(48),
      `${nonce}=`,
      ` ${nonce}`,
      nonce.slice(0, -1),
      Buffer.from(changed).toString('base64url'),
      bytes.toString('hex'),
    ];
    expect(others.map(other => nonces.use(other, 1))).toEqual(others.map(() => 'old'));
  });

  it('takes counts in any order as long as they are near the highest', () => {
    const nonces = new Nonces();
    const nonce = nonces.issue();
    expect(nonces.use(nonce, 200)).toBe('good');
    expect([73, 72, 199, 200].map(count => nonces.use(nonce, count))).toEqual(['good', 'used', 'good', 'used']);
    // A client that counts wildly only leaves its own behind.
    expect([0xffffffff, 0xffffffff, 201, 0xfffffffe].map(count => nonces.use(nonce, count))).toEqual(['good', 'used', 'used', 'good']);
  });

  it('never takes a count twice, and loses none that is overtaken by fewer than 128', () => {
    const counts = fc.uniqueArray(fc.integer({ min: 1, max: 128 }), { minLength: 1 });
    fc.assert(
      fc.property(counts, fc.array(fc.nat(), { maxLength: 40 }), (order, again) => {
        const nonces = new Nonces();
        const nonce = nonces.issue();
        for (const count of order) expect(nonces.use(nonce, count)).toBe('good');
        for (const pick of again) expect(nonces.use(nonce, order[pick % order.length] ?? 1)).toBe('used');
      }),
    );
  });
});

describe('what is remembered', () => {
  it('is bounded: what is forgotten is too old from then on, never good again', () => {
    let now = 0;
    const nonces = new Nonces(() => now, 10);
    const all = Array.from({ length: 11 }, () => {
      now += 1;
      return nonces.issue();
    });
    const unused = all.pop() as string;
    for (const nonce of all) expect(nonces.use(nonce, 1)).toBe('good');
    const [oldest = '', newest = ''] = [all[0], all.at(-1)];
    const one = nonces.issue();
    expect(nonces.use(one, 1)).toBe('good');
    expect([oldest, newest, one].map(nonce => nonces.use(nonce, 1))).toEqual(['old', 'used', 'used']);
    expect([oldest, newest, one, unused].map(nonce => nonces.use(nonce, 2))).toEqual(['old', 'good', 'good', 'good']);
  });

  it('never makes a use count twice, however many nonces come and go', () => {
    const step = fc.record({ nonce: fc.nat({ max: 30 }), count: fc.integer({ min: 1, max: 3 }), wait: fc.nat({ max: 2 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), steps => {
        let now = 0;
        const nonces = new Nonces(() => now, 5);
        const made = Array.from({ length: 31 }, () => {
          now += 1;
          return nonces.issue();
        });
        const good = new Set<string>();
        for (const { nonce, count, wait } of steps) {
          now += wait;
          const name = `${nonce} ${count}`;
          if (nonces.use(made[nonce] ?? '', count) !== 'good') continue;
          expect(good.has(name)).toBe(false);
          good.add(name);
        }
      }),
    );
  });

  it('is nothing of a nonce that nobody used', () => {
    const nonces = new Nonces(() => 0, 1);
    const nonce = nonces.issue();
    for (let i = 0; i < 1000; i += 1) nonces.issue();
    expect([nonces.use(nonce, 1), nonces.use(nonce, 2)]).toEqual(['good', 'good']);
  });
});
