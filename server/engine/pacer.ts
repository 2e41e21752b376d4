import { ChangeError } from '../errors.ts';
import { within } from '../transport/deadline.ts';

/** Devices that are visited at once without a look at how busy this process is. */
const ALWAYS = 100;
/** Milliseconds between two looks while somebody waits. */
const LOOK = 10;
/** Milliseconds that a look may be late: below the first, more are let in; above the second, fewer. */
const LATE = { little: 10, much: 25 };
/** By how many more visits a look on time raises the limit: 200 a second. */
const STEP = 2;

/**
 * Keeps the process answerable when a thousand devices are to be visited at once: each login costs some milliseconds of processor time, and
 * each line a little, so more visits at once would end no sooner and make everybody else wait. Visits that wait for their devices are no
 * load; the limit rises past them.
 */
export class Pacer {
  readonly #waiting: (() => void)[] = [];
  #inside = 0;
  #limit = ALWAYS;
  #expected = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Devices that are visited now. */
  get inside(): number {
    return this.#inside;
  }

  /** @throws ChangeError `busy` when there is no room until `deadline` */
  async enter(device: string, deadline: number, urgent = false): Promise<Disposable> {
    if (!urgent && this.#inside >= this.#limit) await this.#room(device, deadline);
    else this.#inside += 1;
    let over = false;
    return {
      [Symbol.dispose]: () => {
        if (over) return;
        over = true;
        this.#inside -= 1;
        this.#letIn();
      },
    };
  }

  async #room(device: string, deadline: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#watch();
    try {
      await within(promise, deadline, `reach ${device}`);
    } catch (thrown) {
      const place = this.#waiting.indexOf(resolve);
      if (place >= 0) this.#waiting.splice(place, 1);
      // It was let in just now.
      else this.#inside -= 1;
      if (!(thrown instanceof ChangeError)) throw thrown;
      throw new ChangeError('busy', `${device}: too many other devices are being changed (${this.#inside}); nothing was typed`);
    }
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next && this.#inside < this.#limit; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#inside += 1;
      next();
    }
  }

  #watch(): void {
    if (this.#timer) return;
    this.#expected = performance.now() + LOOK;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const late = performance.now() - this.#expected;
      if (late < LATE.little) this.#limit = Math.max(this.#limit, this.#inside) + STEP;
      else if (late > LATE.much) this.#limit = Math.max(ALWAYS, Math.floor(Math.min(this.#limit, this.#inside) * 0.8));
      this.#letIn();
      if (this.#waiting.length > 0) this.#watch();
      else this.#limit = Math.max(ALWAYS, this.#inside);
    }, LOOK);
  }
}
