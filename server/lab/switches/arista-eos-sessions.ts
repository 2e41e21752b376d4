import type { LabUser } from '../switch.ts';
import { Config } from './arista-eos-config.ts';
import { unifiedDiff } from './arista-eos-diff.ts';

/*
 * How configuration sessions behave is Arista's manual on `configure session`: a session is a copy of the running configuration that
 * outlives the terminal it was opened from; a commit writes it over whatever was changed meanwhile; `commit timer` takes itself
 * back unless the session is committed again, or aborted first; five may be pending; one that nobody commits is dropped after 24 hours.
 * Seen by others on cEOS 4.35: an unconfirmed commit reverts without a reload, a session without changes has an empty diff,
 * a session whose terminal was cut stays pending, and the layout of `show configuration sessions detail`.
 * Texts marked [weak] have no source; only that an error starts with `% ` is sure.
 */

const MAX_PENDING = 5;
const DROPPED_AFTER = 24 * 3_600_000;

/** A named configuration session. */
export interface ConfigSession {
  readonly name: string;
  readonly config: Config;
  readonly opened: number;
  state: 'pending' | 'committed' | 'aborted';
  /** While a commit timer runs: what comes back when it ends, and when that is. */
  timer?: { readonly before: Config; readonly due: number; readonly handle: NodeJS.Timeout } | undefined;
}

/** A switch's configuration and its sessions, without a CLI. */
export class EosBox {
  readonly hostname: string;
  readonly user: LabUser;
  config = new Config();
  startup = '';
  /** How fast the commit timer and the 24 hours run: 0.001 makes a second of a millisecond. */
  timerScale = 1;
  readonly #sessions = new Map<string, ConfigSession>();

  constructor(hostname: string, user: LabUser) {
    this.hostname = hostname;
    this.user = user;
  }

  running(): string {
    return [`! device: ${this.hostname} (DCS-7050SX3-48YC8, EOS-4.31.5M)`, '!', ...this.config.lines(this.hostname)].join('\n');
  }

  /** Opens a session, or goes back to one that is pending. Answers the device's words when it may not. */
  openSession(name: string): ConfigSession | string {
    this.#dropForgotten();
    const known = this.#sessions.get(name);
    if (known?.state === 'pending') return known;
    if (known?.state === 'committed') return `% Session ${name} is already committed`; // [weak]
    if (this.#pending().length >= MAX_PENDING) {
      return 'Maximum number of pending sessions has been reached. Please commit or abort previous sessions before creating a new one.';
    }
    const session: ConfigSession = { name, config: this.config.copy(), opened: Date.now(), state: 'pending' };
    this.#sessions.set(name, session);
    return session;
  }

  session(name: string): ConfigSession | undefined {
    this.#dropForgotten();
    return this.#sessions.get(name);
  }

  /** Unified diff between the running configuration and a session's. */
  diff(session: ConfigSession): string {
    const names = { before: 'system:/running-config', after: `session:/${session.name}-session-config` };
    return unifiedDiff(names, this.config.lines(this.hostname), session.config.lines(this.hostname));
  }

  /** Commits; a second commit of a session whose timer runs makes it permanent. Silent on success, as EOS is. */
  commit(session: ConfigSession, timer?: number): string | undefined {
    if (session.timer) {
      if (timer === undefined) this.#settle(session);
      else session.timer = this.#start(session, session.timer.before, timer);
      return undefined;
    }
    if (session.state !== 'pending') return `% Cannot commit session ${session.name}: it is ${session.state}`; // [weak]
    // [weak] `show configuration sessions` has room for one session with a commit timer, so a second commit cannot be.
    const other = this.#timed();
    if (other) return `% Cannot commit session ${session.name}: session ${other.name} has a pending commit timer`;
    const before = this.config;
    // The whole copy, so that what somebody changed since the session was opened is lost: the manual's "overwriting any other changes".
    this.config = session.config.copy();
    session.state = 'committed';
    if (timer === undefined) this.#settle(session);
    else session.timer = this.#start(session, before, timer);
    return undefined;
  }

  /** Drops a pending session; with its commit timer running, what was before comes back at once. */
  abort(session: ConfigSession): string | undefined {
    if (session.state === 'committed' && !session.timer) return `% Cannot abort session ${session.name}: it is committed`; // [weak]
    this.#drop(session);
    return undefined;
  }

  /** `show configuration sessions [detail]`, laid out as on EOS 4.35. */
  sessionsText(): string {
    this.#dropForgotten();
    const timed = this.#timed();
    const rows = [...this.#sessions.values()].map(({ name, state }) => `  ${name.padEnd(24)} ${state.padEnd(9)}`);
    return [
      'Maximum number of completed sessions: 1',
      `Maximum number of pending sessions: ${MAX_PENDING}`,
      'Merge on commit is disabled',
      'Autosave to startup-config on commit is disabled',
      '',
      ...(timed
        ? [`Session with pending commit timer: ${timed.name}`, `Time left until commit timer expiry: in ${timeLeft(timed)}`, '']
        : []),
      '  Name                     State     User  Terminal Completed Time      Committed By',
      '- ------------------------ --------- ----- -------- ------------------- ------------',
      ...rows,
    ].join('\n');
  }

  /** Has a commit timer that runs end now, as if the time had passed. */
  endTrial(): void {
    const timed = this.#timed();
    if (timed) this.#drop(timed);
  }

  #start(session: ConfigSession, before: Config, milliseconds: number): NonNullable<ConfigSession['timer']> {
    if (session.timer) clearTimeout(session.timer.handle);
    const handle = setTimeout(() => this.#drop(session), milliseconds * this.timerScale);
    // A switch that still counts must not keep a finished test, or the demo, alive.
    handle.unref();
    return { before, due: Date.now() + milliseconds * this.timerScale, handle };
  }

  /** A permanent commit: no timer, and this is now the one completed session that is kept. */
  #settle(session: ConfigSession): void {
    if (session.timer) clearTimeout(session.timer.handle);
    session.timer = undefined;
    for (const [name, other] of this.#sessions) if (other !== session && other.state === 'committed') this.#sessions.delete(name);
  }

  /** Gives back what was before a commit that still counted. The manual: the session is removed completely, so its name is free again. */
  #drop(session: ConfigSession): void {
    if (session.timer) {
      clearTimeout(session.timer.handle);
      this.config = session.timer.before;
      session.timer = undefined;
    }
    session.state = 'aborted';
    this.#sessions.delete(session.name);
  }

  #timed(): ConfigSession | undefined {
    return [...this.#sessions.values()].find(session => session.timer);
  }

  #pending(): ConfigSession[] {
    return [...this.#sessions.values()].filter(session => session.state === 'pending');
  }

  #dropForgotten(): void {
    for (const session of this.#pending()) {
      if (Date.now() - session.opened >= DROPPED_AFTER * this.timerScale) this.#drop(session);
    }
  }
}

function timeLeft(session: ConfigSession): string {
  const seconds = Math.max(0, Math.round(((session.timer?.due ?? 0) - Date.now()) / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
