import { ChangeError } from '../errors.ts';
import { within } from '../transport/deadline.ts';

/** A place at the head of a device's queue, given up at the end of the scope. */
export interface Turn extends Disposable {
  /** Milliseconds waited. */
  readonly waited: number;
  /** Whether somebody else waits for this device now. */
  readonly wanted: boolean;
}

export interface QueueOptions {
  /** Who may wait for one device. */
  readonly atMost?: number | undefined;
  /** What it throws refuses the device. */
  readonly admit?: (device: string) => void;
}

/** One change at a time per device; waiters are served in the order they came. */
export class Queue {
  readonly #atMost: number;
  readonly #admit: (device: string) => void;
  readonly #tails = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, number>();
  #idle = Promise.withResolvers<void>();

  constructor({ atMost = Number.POSITIVE_INFINITY, admit = () => {} }: QueueOptions = {}) {
    this.#atMost = atMost;
    this.#admit = admit;
  }

  /**
   * `urgent`: it takes back what was typed elsewhere, and is never refused a place.
   * @throws ChangeError `busy` when the turn does not come before `deadline`, or too many wait already
   */
  async turn(device: string, deadline: number, urgent = false): Promise<Turn> {
    const since = Date.now();
    if (!urgent) this.#checkRoom(device);
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
    const isWanted = () => !over && (this.#waiting.get(device) ?? 0) > 1;
    return {
      waited: Date.now() - since,
      get wanted() {
        return isWanted();
      },
      [Symbol.dispose]: () => {
        if (over) return;
        over = true;
        this.#count(device, -1);
        release();
      },
    };
  }

  #checkRoom(device: string): void {
    this.#admit(device);
    // One of them has its turn.
    if ((this.#waiting.get(device) ?? 0) <= this.#atMost) return;
    throw new ChangeError('busy', `${device} is busy with other changes (${this.#atMost} in its queue, which is full); nothing was typed`);
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
