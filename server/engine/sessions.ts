import type { Device, Dialect } from '../model.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** A session that stands and waits for the next change. */
interface Kept {
  readonly terminal: Terminal;
  readonly identity: string;
  /** By a clock that nobody can set, in milliseconds. */
  readonly since: number;
  readonly end: NodeJS.Timeout;
}

export interface SessionsOptions {
  /** Milliseconds that a session may stand idle; 0: none is kept. */
  readonly idle: number;
  /** All that a login depends on, as one text: it may change under a session that stands. undefined: nobody could log in now. */
  readonly identityOf: (device: Device, dialect: Dialect) => string | undefined;
}

/** Milliseconds of idleness after which a session must answer before it is used: its device may have gone without a word. */
const PROBE_AFTER = 3000;
/** Milliseconds that the answer may take. */
const PROBE_TIME = 3000;

/**
 * One session a device, kept between two visits so that the next need not log in. Whoever takes it has it alone; a device counts it all the
 * time. One on which anything went wrong is never kept, and none outlives what it was opened with.
 */
export class Sessions {
  readonly #idle: number;
  readonly #identityOf: SessionsOptions['identityOf'];
  readonly #kept = new Map<string, Kept>();

  constructor({ idle, identityOf }: SessionsOptions) {
    this.#idle = idle;
    this.#identityOf = identityOf;
  }

  /** All that a login to it depends on at this moment, as one text. */
  identityOf(device: Device, dialect: Dialect): string | undefined {
    return this.keeps ? this.#identityOf(device, dialect) : undefined;
  }

  /** Whether any is kept at all. */
  get keeps(): boolean {
    return this.#idle > 0;
  }

  /** How many stand idle now. */
  get size(): number {
    return this.#kept.size;
  }

  /** The session that stands on a device, if there is one and it answers. */
  async take(device: Device, dialect: Dialect, identity: string | undefined, deadline: number): Promise<Terminal | undefined> {
    const kept = this.#kept.get(device.name);
    if (!kept) return undefined;
    this.#kept.delete(device.name);
    clearTimeout(kept.end);
    const { terminal } = kept;
    if (terminal.alive && kept.identity === identity && (await answers(kept, deadline))) {
      terminal.speak(dialect);
      return terminal;
    }
    await terminal.close();
    return undefined;
  }

  /** @param identity what it was opened with, which may have changed since */
  async keep(device: Device, terminal: Terminal, identity: string | undefined): Promise<void> {
    if (!this.keeps || identity === undefined) return terminal.close();
    await this.#end(device.name);
    const end = setTimeout(() => void this.#end(device.name), this.#idle);
    this.#kept.set(device.name, { terminal, identity, since: performance.now(), end });
  }

  /** Logs out everywhere. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map(device => this.#end(device)));
  }

  async #end(device: string): Promise<void> {
    const kept = this.#kept.get(device);
    if (!kept) return;
    this.#kept.delete(device);
    clearTimeout(kept.end);
    await kept.terminal.close();
  }
}

async function answers({ terminal, since }: Kept, deadline: number): Promise<boolean> {
  if (performance.now() - since < PROBE_AFTER) return true;
  try {
    await terminal.probe(Math.min(deadline, Date.now() + PROBE_TIME));
    return true;
  } catch {
    return false;
  }
}
