import { ChangeError } from '../errors.ts';
import { within } from '../transport/deadline.ts';

/** A place at the head of a device's queue, given up at the end of the scope. */
export interface Turn<Guest> extends Disposable {
  /** Milliseconds waited. */
  readonly waited: number;
  /** Whether somebody else waits for this device now. */
  readonly wanted: boolean;
  /** Takes along those who wait next, as long as each of them fits: their turn is this one, and ends with it. */
  board(fits: (guest: Guest) => boolean): Guest[];
}

export interface QueueOptions {
  /** Who may wait for one device. */
  readonly atMost?: number | undefined;
  /** What it throws refuses the device. */
  readonly admit?: (device: string) => void;
}

/** Somebody who waits. A guest may be taken along; the others come by themselves. */
interface Waiter<Guest> {
  readonly guest: Guest | undefined;
  readonly called: () => void;
  how?: 'alone' | 'aboard';
}

interface Line<Guest> {
  readonly waiting: Waiter<Guest>[];
  /** Who has the turn, and those who were taken along. */
  served: number;
}

/** One visit at a time per device; waiters are served in the order they came. */
export class Queue<Guest = unknown> {
  readonly #atMost: number;
  readonly #admit: (device: string) => void;
  readonly #lines = new Map<string, Line<Guest>>();
  #idle = Promise.withResolvers<void>();

  constructor({ atMost = Number.POSITIVE_INFINITY, admit = () => {} }: QueueOptions = {}) {
    this.#atMost = atMost;
    this.#admit = admit;
  }

  /**
   * `urgent`: it takes back what was typed elsewhere, and is never refused a place.
   * @throws ChangeError `busy` when the turn does not come before `deadline`, or too many wait already
   */
  async turn(device: string, deadline: number, urgent = false): Promise<Turn<Guest>> {
    return (await this.#enter(device, deadline, urgent, undefined)) as Turn<Guest>;
  }

  /** The same for one who may be taken along: then there is no turn, and whoever took the guest along sees to it. */
  join(device: string, deadline: number, guest: Guest, urgent = false): Promise<Turn<Guest> | undefined> {
    return this.#enter(device, deadline, urgent, guest);
  }

  async #enter(device: string, deadline: number, urgent: boolean, guest: Guest | undefined): Promise<Turn<Guest> | undefined> {
    const since = Date.now();
    if (!urgent) this.#checkRoom(device);
    const line = this.#lines.get(device) ?? { waiting: [], served: 0 };
    this.#lines.set(device, line);
    const { promise: call, resolve: called } = Promise.withResolvers<void>();
    const waiter: Waiter<Guest> = { guest, called };
    line.waiting.push(waiter);
    if (line.served === 0) this.#next(device, line);
    try {
      await within(call, deadline, `reach ${device}`);
    } catch (thrown) {
      // Who was taken along in the same moment is aboard: its change will be made.
      if (waiter.how !== 'aboard') {
        const ahead = this.#leave(device, line, waiter);
        if (!(thrown instanceof ChangeError)) throw thrown;
        throw new ChangeError('busy', `${device} is busy with other changes (${ahead} in its queue); nothing was typed`);
      }
    }
    return waiter.how === 'alone' ? this.#turnOf(device, line, since) : undefined;
  }

  #turnOf(device: string, line: Line<Guest>, since: number): Turn<Guest> {
    let over = false;
    const isWanted = () => !over && line.waiting.length > 0;
    return {
      waited: Date.now() - since,
      get wanted() {
        return isWanted();
      },
      board: fits => {
        const guests: Guest[] = [];
        for (let [next] = line.waiting; !over && next?.guest !== undefined && fits(next.guest); [next] = line.waiting) {
          line.waiting.shift();
          line.served += 1;
          guests.push(next.guest);
          call(next, 'aboard');
        }
        return guests;
      },
      [Symbol.dispose]: () => {
        if (over) return;
        over = true;
        line.served = 0;
        this.#next(device, line);
      },
    };
  }

  #next(device: string, line: Line<Guest>): void {
    const next = line.waiting.shift();
    if (next) {
      line.served = 1;
      call(next, 'alone');
    } else this.#forget(device);
  }

  /** Gives a place up; answers how many were served and waited before it. */
  #leave(device: string, line: Line<Guest>, waiter: Waiter<Guest>): number {
    const place = line.waiting.indexOf(waiter);
    if (place < 0) {
      // Its turn had come just now.
      line.served = 0;
      this.#next(device, line);
      return 0;
    }
    line.waiting.splice(place, 1);
    return line.served + place;
  }

  #checkRoom(device: string): void {
    this.#admit(device);
    if ((this.#lines.get(device)?.waiting.length ?? 0) < this.#atMost) return;
    throw new ChangeError('busy', `${device} is busy with other changes (${this.#atMost} in its queue, which is full); nothing was typed`);
  }

  /** Changes running or waiting now. */
  get size(): number {
    return [...this.#lines.values()].reduce((sum, { served, waiting }) => sum + served + waiting.length, 0);
  }

  /** Devices on which changes run or wait now. */
  get devices(): readonly string[] {
    return [...this.#lines.keys()];
  }

  /** Settles when the last change that runs or waits now has ended. */
  async idle(): Promise<void> {
    if (this.#lines.size > 0) await this.#idle.promise;
  }

  #forget(device: string): void {
    this.#lines.delete(device);
    if (this.#lines.size > 0) return;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers<void>();
  }
}

function call<Guest>(waiter: Waiter<Guest>, how: 'alone' | 'aboard'): void {
  waiter.how = how;
  waiter.called();
}
