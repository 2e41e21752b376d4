import { ChangeError, inShort, messageOf } from '../errors.ts';
import type { Device } from '../model.ts';

/** Logins in a row that a device may leave unanswered. */
const MOST_FAILURES = 3;
/** Milliseconds until the next try, doubled by each that fails, too. */
const WAIT = { first: 5000, most: 60_000 };
/** Milliseconds that a login must have been waited for before its time-out says anything about the device. */
const PATIENT = 10_000;

/** A device that does not answer. */
interface Silence {
  readonly since: Date;
  /** What was reached for. Another address is another try. */
  readonly where: string;
  failures: number;
  /** The device's own trouble, as the last login told it. */
  why: string;
  wait: number;
  /** By the clock of the breaker, when somebody may try again. */
  again: number;
  trying: boolean;
}

/**
 * Keeps calls from waiting for a device that is not there: after three logins in a row that nothing answered, calls are refused at once, and
 * one of them may try from time to time. A device that refuses a password or shows a wrong key has answered; waiting mends neither, and
 * whoever mends it need not wait.
 */
export class Breaker {
  readonly #now: () => number;
  readonly #silent = new Map<string, Silence>();

  /** A clock in milliseconds that no one can set. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws ChangeError `unreachable` while the device of this name is not to be tried */
  admit(device: string): void {
    const silence = this.#silent.get(device);
    if (!silence || silence.failures < MOST_FAILURES) return;
    const left = silence.again - this.#now();
    if (!silence.trying && left <= 0) return;
    const when = silence.trying ? 'it is being tried again just now' : `it is tried again in ${Math.ceil(left / 1000)} s`;
    const since = silence.since.toISOString().replace(/\.\d+/, '');
    throw new ChangeError('unreachable', `${device} has not answered since ${since}: ${when}; nothing was typed. Last: ${silence.why}`);
  }

  /** Logs in by `open`. `urgent`: something was typed there and must be taken back, however little hope there is. @throws what `open` throws */
  async login<T>(device: Device, open: () => Promise<T>, urgent = false): Promise<T> {
    const where = `${device.address}:${device.port}`;
    if (this.#silent.get(device.name)?.where !== where) this.#silent.delete(device.name);
    if (!urgent) this.admit(device.name);
    const silence = this.#silent.get(device.name);
    const started = this.#now();
    if (silence) silence.trying = true;
    try {
      const opened = await open();
      this.#silent.delete(device.name);
      return opened;
    } catch (thrown) {
      if (isSilence(thrown, this.#now() - started)) this.#count(device.name, where, messageOf(thrown), urgent);
      else if (thrown instanceof ChangeError && thrown.kind !== 'timeout') this.#silent.delete(device.name);
      throw thrown;
    } finally {
      if (silence) silence.trying = false;
    }
  }

  #count(device: string, where: string, why: string, urgent: boolean): void {
    const now = this.#now();
    const silence = this.#silent.get(device) ?? {
      since: new Date(),
      where,
      failures: 0,
      why,
      wait: WAIT.first / 2,
      again: now,
      trying: false,
    };
    // Who must take something back tries again and again: that is one call, and the next may find out for itself.
    silence.failures = urgent ? Math.max(silence.failures, 1) : silence.failures + 1;
    silence.why = inShort(why, 200);
    // Those who try out of turn do not make others wait longer.
    if (silence.failures >= MOST_FAILURES && now >= silence.again) {
      silence.wait = Math.min(silence.wait * 2, WAIT.most);
      silence.again = now + silence.wait;
    }
    this.#silent.set(device, silence);
  }
}

/** A call with little time left may give up on a device that is only slow. */
function isSilence(thrown: unknown, took: number): boolean {
  return thrown instanceof ChangeError && (thrown.kind === 'unreachable' || (thrown.kind === 'timeout' && took >= PATIENT));
}
