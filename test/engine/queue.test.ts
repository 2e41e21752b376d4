import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Queue } from '../../server/engine/queue.ts';
import { ChangeError } from '../../server/errors.ts';
import fc from '../chance.ts';
import { failureOf, soon } from '../ends.ts';

/** Whether the promise has settled once everything that was ready has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const mark = () => {
    done = true;
  };
  promise.then(mark, mark);
  await new Promise(setImmediate);
  return done;
}

describe('the queue of a device', () => {
  it('serves waiters in the order they came, one at a time', async () => {
    const queue = new Queue();
    const order: number[] = [];
    let inside = 0;
    const change = async (number: number) => {
      using _turn = await queue.turn('sw1', soon());
      inside += 1;
      expect(inside).toBe(1);
      order.push(number);
      await new Promise(setImmediate);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 50 }, (_, i) => change(i)));
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(queue.size).toBe(0);
  });

  it('is no other device’s', async () => {
    const queue = new Queue();
    using _one = await queue.turn('sw1', soon());
    using _two = await queue.turn('sw2', soon());
    expect(queue.size).toBe(2);
  });

  it('gives the turn on when a change throws', async () => {
    const queue = new Queue();
    const failing = async () => {
      using _turn = await queue.turn('sw1', soon());
      throw new Error('lost');
    };
    await expect(failing()).rejects.toThrow('lost');
    using _next = await queue.turn('sw1', soon());
    expect(queue.size).toBe(1);
  });

  it('tells how long the wait was', async () => {
    const queue = new Queue();
    const first = await queue.turn('sw1', soon());
    expect(first.waited).toBeLessThan(1000);
    const second = queue.turn('sw1', soon());
    await pause(60);
    first[Symbol.dispose]();
    using turn = await second;
    expect(turn.waited).toBeGreaterThanOrEqual(55);
  });

  it('refuses who has waited until the deadline, and says that nothing was typed', async () => {
    const queue = new Queue();
    using _held = await queue.turn('sw1', soon());
    const refused = await failureOf(queue.turn('sw1', soon(30)));
    expect(refused).toMatchObject({ kind: 'busy', outcome: 'refused' });
    expect(refused.message).toMatch(/^sw1 is busy with other changes .*nothing was typed/);
    expect(queue.size).toBe(1);
  });

  it('does not let a waiter that gave up let others overtake, or hold them up', async () => {
    const queue = new Queue();
    const held = await queue.turn('sw1', soon());
    const impatient = failureOf(queue.turn('sw1', soon(20)));
    const patient = queue.turn('sw1', soon());
    await impatient;
    expect(await settled(patient)).toBe(false);
    held[Symbol.dispose]();
    using _turn = await patient;
    const last = queue.turn('sw1', soon());
    expect(await settled(last)).toBe(false);
  });

  it('refuses at once when there is no time left, free or not', async () => {
    const queue = new Queue();
    expect((await failureOf(queue.turn('sw1', soon(-1)))).kind).toBe('busy');
    using _turn = await queue.turn('sw1', soon());
    expect((await failureOf(queue.turn('sw1', soon(-1)))).kind).toBe('busy');
    expect(queue.size).toBe(1);
  });

  it('gives a turn up once, however often it is told to', async () => {
    const queue = new Queue();
    const first = await queue.turn('sw1', soon());
    const second = queue.turn('sw1', soon());
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    using _turn = await second;
    expect(queue.size).toBe(1);
    expect(await settled(queue.idle())).toBe(false);
  });
});

describe('a queue that is full', () => {
  it('refuses the next at once, and has room again when one has left it: its turn came, or it gave up', async () => {
    const queue = new Queue({ atMost: 2 });
    const first = await queue.turn('sw1', soon());
    const second = queue.turn('sw1', soon());
    const hasty = failureOf(queue.turn('sw1', soon(1000)));
    const refused = await failureOf(queue.turn('sw1', soon()));
    expect(refused).toMatchObject({ kind: 'busy', outcome: 'refused' });
    expect(refused.message).toBe('sw1 is busy with other changes (2 in its queue, which is full); nothing was typed');
    using _other = await queue.turn('sw2', soon());
    await hasty;
    const third = queue.turn('sw1', soon());
    expect((await failureOf(queue.turn('sw1', soon()))).kind).toBe('busy');
    first[Symbol.dispose]();
    const fourth = queue.turn('sw1', soon());
    (await second)[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    using _last = await fourth;
    expect(queue.size).toBe(2);
  });

  it('has room for what takes something back, behind those that wait', async () => {
    const queue = new Queue({ atMost: 1 });
    const first = await queue.turn('sw1', soon());
    const second = queue.turn('sw1', soon());
    const urgent = queue.turn('sw1', soon(), true);
    first[Symbol.dispose]();
    const turn = await second;
    expect(await settled(urgent)).toBe(false);
    turn[Symbol.dispose]();
    using _turn = await urgent;
    expect(queue.size).toBe(1);
  });

  it('asks first whether the device is to be had at all, and leaves nothing behind when it is not', async () => {
    const admit = (device: string) => {
      if (device === 'sw1') throw new ChangeError('unreachable', 'sw1 is away');
    };
    const queue = new Queue({ admit });
    expect((await failureOf(queue.turn('sw1', soon()))).kind).toBe('unreachable');
    expect(queue.size).toBe(0);
    using _other = await queue.turn('sw2', soon());
    using _urgent = await queue.turn('sw1', soon(), true);
    expect(queue.devices).toEqual(['sw2', 'sw1']);
  });
});

describe('an idle queue', () => {
  it('is one that nothing has entered', async () => {
    await new Queue().idle();
  });

  it('comes when the last change has ended, those that waited included', async () => {
    const queue = new Queue();
    const first = await queue.turn('sw1', soon());
    const second = queue.turn('sw1', soon());
    const other = await queue.turn('sw2', soon());
    const idle = queue.idle();
    first[Symbol.dispose]();
    other[Symbol.dispose]();
    expect(await settled(idle)).toBe(false);
    (await second)[Symbol.dispose]();
    await idle;
    expect(queue.size).toBe(0);
  });

  it('is one whose only visitor came too late', async () => {
    const queue = new Queue();
    await failureOf(queue.turn('sw1', soon(-1)));
    await queue.idle();
  });

  it('is waited for again when changes came after it was idle', async () => {
    const queue = new Queue();
    (await queue.turn('sw1', soon()))[Symbol.dispose]();
    await queue.idle();
    const turn = await queue.turn('sw1', soon());
    const idle = queue.idle();
    expect(await settled(idle)).toBe(false);
    turn[Symbol.dispose]();
    await idle;
  });
});

it('never has two changes on a device and never forgets one, whatever comes and goes', async () => {
  const visit = fc.record({
    device: fc.constantFrom('sw1', 'sw2'),
    patience: fc.constantFrom(0, 1, 60_000),
    work: fc.integer({ min: 0, max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { maxLength: 20 }), async visits => {
      const queue = new Queue();
      const inside = new Set<string>();
      const ended = await Promise.all(
        visits.map(async ({ device, patience, work }) => {
          try {
            using _turn = await queue.turn(device, soon(patience));
            expect(inside.has(device)).toBe(false);
            inside.add(device);
            await pause(work);
            inside.delete(device);
            return 'done';
          } catch (thrown) {
            if (!(thrown instanceof ChangeError)) throw thrown;
            return thrown.kind;
          }
        }),
      );
      await queue.idle();
      expect(queue.size).toBe(0);
      for (const [i, { patience }] of visits.entries()) if (patience === 60_000) expect(ended[i]).toBe('done');
    }),
    { numRuns: 60 },
  );
});
