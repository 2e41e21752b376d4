import { ChangeError, inShort } from '../errors.ts';
import type { Logger } from '../log.ts';

/** How many calls are taken in; what is left out has no limit. */
export interface LimitSettings {
  readonly calls_at_once?: number | undefined;
  readonly calls_per_minute?: number | undefined;
  readonly calls_at_most?: number | undefined;
}

/** A call that is not even looked at, because there are too many. */
export class TooManyCalls extends ChangeError {
  /** Seconds after which it may be tried again. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super('busy', `${message}; nothing was typed`);
    this.retryAfter = retryAfter;
  }
}

interface Account {
  running: number;
  /** When all that a minute allows may come at once again; each call puts it off by its share of a minute. */
  full: number;
}

const MINUTE = 60_000;
/** Callers that are kept apart. When there are as many, those are forgotten who might as well have never been here. */
const MOST_CALLERS = 10_000;
/** What all others share. */
const OTHERS = ' others';
/** Seconds until one of the calls that run may well have ended. */
const SOON = 5;
/** Milliseconds between two lines of the log: what is refused must cost little. */
const QUIET = 10_000;

/** Back-pressure: how many calls one caller may have here at the same time and within a minute, and how many all of them. */
export class Limits {
  readonly #settings: LimitSettings;
  readonly #now: () => number;
  readonly #most: number;
  readonly #accounts = new Map<string, Account>();
  #running = 0;
  #refused = 0;
  #told = Number.NEGATIVE_INFINITY;

  /** A clock in milliseconds that no one can set. */
  constructor(settings: LimitSettings, now: () => number = () => performance.now(), most = MOST_CALLERS) {
    this.#settings = settings;
    this.#now = now;
    this.#most = most;
  }

  /** Counts a call of a caller until the end of the scope. @throws TooManyCalls */
  enter(caller: string, log: Logger): Disposable {
    try {
      return this.#enter(caller);
    } catch (thrown) {
      if (thrown instanceof TooManyCalls) this.#tell(caller, thrown.message, log);
      throw thrown;
    }
  }

  #enter(caller: string): Disposable {
    const { calls_at_once: atOnce = Infinity, calls_at_most: atMost = Infinity } = this.#settings;
    if (this.#running >= atMost) throw new TooManyCalls(`${atMost} calls are being answered, and no more are taken in`, SOON);
    const name = this.#nameOf(caller);
    const account = this.#accounts.get(name) ?? { running: 0, full: this.#now() };
    if (account.running >= atOnce) throw new TooManyCalls(`${inShort(caller)} has ${atOnce} calls here already`, SOON);
    this.#charge(account, caller);
    account.running += 1;
    this.#running += 1;
    this.#accounts.set(name, account);
    let over = false;
    return {
      [Symbol.dispose]: () => {
        if (over) return;
        over = true;
        account.running -= 1;
        this.#running -= 1;
        if (this.#isClear(account)) this.#accounts.delete(name);
      },
    };
  }

  #charge(account: Account, caller: string): void {
    const { calls_per_minute: perMinute } = this.#settings;
    if (perMinute === undefined) return;
    const now = this.#now();
    const full = Math.max(account.full, now) + MINUTE / perMinute;
    const tooFar = full - now - MINUTE;
    // Shares of a minute are seldom whole.
    if (tooFar > 1) throw new TooManyCalls(`${inShort(caller)} may call ${perMinute} times a minute`, Math.ceil(tooFar / 1000));
    account.full = full;
  }

  /** Whom a call counts for: when there are too many names, those that come then share one. */
  #nameOf(caller: string): string {
    if (this.#accounts.has(caller) || this.#accounts.size < this.#most) return caller;
    for (const [name, account] of this.#accounts) if (this.#isClear(account)) this.#accounts.delete(name);
    return this.#accounts.size < this.#most ? caller : OTHERS;
  }

  /** Nothing speaks against a caller who is like one that was never here. */
  #isClear({ running, full }: Account): boolean {
    return running === 0 && full <= this.#now();
  }

  #tell(caller: string, why: string, log: Logger): void {
    this.#refused += 1;
    const now = this.#now();
    if (now - this.#told < QUIET) return;
    log.warn({ caller: inShort(caller), refused: this.#refused, why }, 'too many calls');
    this.#told = now;
    this.#refused = 0;
  }
}
