import type { Job } from './job.ts';
import type { Session } from './session.ts';

/** The shares of a round's time after which nobody more is looked at, and nothing more is typed: what was typed must be read back as well. */
const LOOKING = 0.15;
const TYPING = 0.6;
/** How much longer the next may take. */
const SPARE = 1.5;
/** Changes that are looked at together: so much may be read in vain when their time is over. */
const MOST = 32;

/** What one change takes on this device, in milliseconds. */
interface Pace {
  /** The latest: the first may have had to log in again. */
  look: number;
  /** The slowest so far. */
  typing: number;
}

/**
 * As many changes of one visit as their time allows: looked at, typed, committed and read back together. On a switch that takes its time for
 * each line, or when a group must be split, the others are left for rounds of their own, and are looked at anew.
 */
export class Round {
  readonly session: Session;
  readonly #looksUntil: number;
  readonly #typesUntil: number;
  readonly #forward: number;
  readonly #pace: Pace;
  readonly #left: Job[][] = [];

  /** @param before the round before it in this visit */
  constructor(jobs: readonly Job[], session: Session, before?: Round) {
    const now = Date.now();
    this.session = session;
    this.#forward = Math.min(...jobs.map(({ forward }) => forward));
    const time = Math.max(0, this.#forward - now);
    this.#looksUntil = now + time * LOOKING;
    this.#typesUntil = now + time * TYPING;
    this.#pace = before ? before.#pace : { look: 0, typing: 0 };
  }

  /** Groups that are to be made in rounds of their own, in their order. */
  get left(): readonly Job[][] {
    return this.#left;
  }

  leave(...groups: readonly Job[][]): void {
    this.#left.push(...groups.filter(group => group.length > 0));
  }

  /** Looks at a number of changes, and notes how long each of them took. */
  async looking<T>(number: number, work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    const done = await work();
    this.#pace.look = (performance.now() - since) / number;
    return done;
  }

  /** How many more may be looked at. */
  get more(): number {
    const left = this.#looksUntil - Date.now();
    return left <= 0 ? 0 : Math.max(1, Math.min(MOST, Math.floor(left / Math.max(1, this.#pace.look))));
  }

  /** Types one change, and notes how long it takes. */
  async typing<T>(work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    const done = await work();
    this.#pace.typing = Math.max(this.#pace.typing, performance.now() - since);
    return done;
  }

  /** Whether one more change may be typed, and read back with those that were typed already. */
  hasTimeBeside(typed: number): boolean {
    return Date.now() < this.#typesUntil && this.#fits(typed + 1, this.#forward);
  }

  /** Whether a change that is not looked at yet would come to its end in time. */
  hasTimeFor({ forward }: Job): boolean {
    return this.#fits(2, forward);
  }

  #fits(looks: number, forward: number): boolean {
    return Date.now() + SPARE * (looks * this.#pace.look + this.#pace.typing) < forward;
  }
}
