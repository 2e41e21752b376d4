import { blocks, type Config, copyOf, diffText, factoryConfig, textOf } from './dell-os10-config.ts';

/*
 * The three configurations of an OS10 switch and the lock on them. Source: the user guide's chapter on the candidate configuration
 * and its pages for commit, discard, lock, start and unlock [docs].
 *
 * - There is one candidate for all sessions. Outside a transaction every accepted line is committed at once, and with it whatever
 *   another session has left in the candidate: that is why the guide has `lock` typed before `start transaction` [docs].
 * - `commit` ends the transaction [docs]. There is no timed commit and no way back.
 * - The lock ends with its session [docs]. What was not committed under a lock is dropped with the lock [RFC 6241 8.3.5.2: the guide
 *   shows that a NETCONF server keeps the configuration; not tried on a device]. Without a lock it outlives its session.
 */

/** Wording of the lab's own [memory]; the guide shows no refused `lock`. */
const LOCKED = '% Error: Configuration is locked by another session.';
/** RFC 6241 7.5: a candidate that somebody has changed cannot be locked. */
const DIRTY = '% Error: Lock denied, the candidate configuration has uncommitted changes.';

export class Os10Store {
  readonly #hostname: string;
  #running: Config;
  #candidate: Config;
  #startup: string;
  #lock: object | undefined;
  #log: string[] = [];

  constructor(hostname: string, ports: readonly string[], uplinks: readonly string[]) {
    this.#hostname = hostname;
    this.#running = factoryConfig(ports, uplinks);
    this.#candidate = copyOf(this.#running);
    this.#startup = this.text();
  }

  get running(): Config {
    return this.#running;
  }

  /** To be changed in place, by a session that is not barred. */
  get candidate(): Config {
    return this.#candidate;
  }

  get startup(): string {
    return this.#startup;
  }

  text(config = this.#running): string {
    return ['! Version 10.5.4.0', '!', `hostname ${this.#hostname}`, textOf(blocks(config)), '!'].join('\n');
  }

  diff(): string {
    return diffText(this.#candidate, this.#running);
  }

  commit(): void {
    this.#running = copyOf(this.#candidate);
  }

  discard(): void {
    this.#candidate = copyOf(this.#running);
  }

  save(): void {
    this.#startup = this.text();
  }

  /** Why `session` may not change anything now, or undefined. */
  barred(session: object): string | undefined {
    return this.#lock !== undefined && this.#lock !== session ? LOCKED : undefined;
  }

  /** Why `session` does not get the lock, or undefined when it has it now. */
  lock(session: object): string | undefined {
    const refused = this.barred(session) ?? (this.diff() === '' ? undefined : DIRTY);
    if (!refused) this.#lock = session;
    return refused;
  }

  /** Gives the lock back and drops what was not committed under it; false for a session that does not hold it. */
  unlock(session: object): boolean {
    if (this.#lock !== session) return false;
    this.#lock = undefined;
    this.discard();
    return true;
  }

  /** A line that will land in somebody's next answer. */
  log(line: string): void {
    this.#log.push(line);
  }

  takeLog(): string[] {
    return this.#log.splice(0);
  }
}
