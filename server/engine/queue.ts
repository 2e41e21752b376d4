import { ChangeError } from '../errors.ts';
import { within } from '../transport/deadline.ts';

/** A place at the head of a device's queue, given up at the end of the scope. */
export interface Turn extends Disposable {
  /** Milliseconds waited. */
  readonly waited: number;
}

/** One change at a time per device; waiters are served in the order they came. */
export class Queue {
  readonly #tails = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, number>();
  #idle = Promise.withResolvers<void>();

  /** @throws ChangeError `busy` when the turn does not come before `deadline` */
  async turn(device: string, deadline: number): Promise<Turn> {
    const since = Date.now();
    const before = this.#tails.get(device) ?? Promise.resolve();
    const { promise: done, resolve: release } = Promise.withResolvers<void>();
    const tail = before.then(() => done);
    this.#tails.set(device, tail);
    this.#count(device, 1);
    void tail.then(() => {
      if (this.#tails.get(device) === tail) this.#tails.delete(device);
    });
    try {
      await within(before, deadline, `reach ${device}`);
    } catch (thrown) {
      release();
      const ahead = (this.#waiting.get(device) ?? 1) - 1;
      this.#count(device, -1);
      if (thrown instanceof ChangeError)
        throw new ChangeError('busy', `${device} is busy with other changes (${ahead} in its queue); nothing was typed`);
      throw thrown;
    }
    let over = false;
    return {
      waited: Date.now() - since,
      [Symbol.dispose]: () => {
        if (over) return;
        over = true;
        this.#count(device, -1);
        release();
      },
    };
  }

  /** Changes running or waiting now. */
  get size(): number {
    return [...this.#waiting.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Devices on which changes run or wait now. */
  get devices(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  /** Settles when the last change that runs or waits now has ended. */
  async idle(): Promise<void> {
    if (this.#waiting.size > 0) await this.#idle.promise;
  }

  #count(device: string, by: number): void {
    const count = (this.#waiting.get(device) ?? 0) + by;
    if (count > 0) this.#waiting.set(device, count);
    else this.#waiting.delete(device);
    if (this.#waiting.size > 0) return;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers<void>();
  }
}
