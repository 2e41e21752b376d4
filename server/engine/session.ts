import type { ChangePlan, Device, Dialect } from '../model.ts';
import type { Saved } from '../result.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Hold } from './lock/hold.ts';
import type { Pacer } from './pacer.ts';
import type { Sessions } from './sessions.ts';

/** How a device is got at. */
export interface Access {
  /** Logs in to a device, ready to type. `urgent`: to take back what was typed, even where there is little hope. */
  open(device: Device, dialect: Dialect, deadline: number, urgent?: boolean): Promise<Terminal>;
  /** How many devices are visited at once. */
  readonly pacer: Pacer;
  /** Those that stand idle. */
  readonly sessions: Sessions;
  /** Where saving is put off: who will see to it. */
  readonly saver?: { later(plan: ChangePlan): Saved };
}

/** Milliseconds that a session may take to get out of its configuration mode, when it is to be kept. */
const LEAVING = 5000;

/** A device at hand: its lock is held, and a terminal stands on it. All changes of one visit share it. */
export class Session implements AsyncDisposable {
  readonly hold: Hold;
  /** Whether it stood already: the device may have ended it, and nobody noticed yet. */
  warm: boolean;
  terminal: Terminal;
  /** How often it has begun to save what is in force on the device. */
  saves = 0;
  readonly #plan: ChangePlan;
  readonly #access: Access;
  readonly #room: Disposable;
  /** What it was opened with. */
  #identity: string | undefined;
  #doubtful = false;

  private constructor(
    plan: ChangePlan,
    access: Access,
    hold: Hold,
    { terminal, room, warm, identity }: { terminal: Terminal; room: Disposable; warm: boolean; identity: string | undefined },
  ) {
    this.#plan = plan;
    this.#access = access;
    this.hold = hold;
    this.terminal = terminal;
    this.#room = room;
    this.warm = warm;
    this.#identity = identity;
  }

  /** Takes the session that stands, or logs in. @throws ChangeError what logging in throws */
  static async open(plan: ChangePlan, access: Access, hold: Hold, deadline: number, urgent = false): Promise<Session> {
    const { device, dialect } = plan;
    const room = await access.pacer.enter(device.name, deadline, urgent);
    try {
      // Before the login: what changes meanwhile makes the session one that nobody keeps for long.
      const identity = access.sessions.identityOf(device, dialect);
      const kept = await access.sessions.take(device, dialect, identity, deadline);
      const terminal = kept ?? (await access.open(device, dialect, deadline, urgent));
      return new Session(plan, access, hold, { terminal, room, warm: kept !== undefined, identity });
    } catch (thrown) {
      room[Symbol.dispose]();
      throw thrown;
    }
  }

  /** Logs in anew; the one that stood is lost, or not to be trusted. `urgent`: to take back what was typed. */
  async reopen(dialect: Dialect, deadline: number, urgent: boolean): Promise<void> {
    await this.terminal.close();
    this.warm = false;
    this.#identity = this.#access.sessions.identityOf(this.#plan.device, dialect);
    this.terminal = await this.#access.open(this.#plan.device, dialect, deadline, urgent);
  }

  /** Who saves what was changed, where that is put off. */
  get saver(): Access['saver'] {
    return this.#access.saver;
  }

  /** Something went wrong on it: nobody is to have it after us. */
  doubt(): void {
    this.#doubtful = true;
  }

  /** Keeps it for the next visit, in no configuration mode, or logs out. */
  async [Symbol.asyncDispose](): Promise<void> {
    using _room = this.#room;
    const { sessions } = this.#access;
    const { device, readMode } = this.#plan;
    const { terminal } = this;
    if (this.#doubtful || !terminal.alive || !sessions.keeps) return await terminal.close();
    try {
      await terminal.enter(readMode, Date.now() + LEAVING);
    } catch {
      return await terminal.close();
    }
    await sessions.keep(device, terminal, this.#identity);
  }
}
