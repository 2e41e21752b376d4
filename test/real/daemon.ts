import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const PATIENCE = 60_000; // milliseconds, for starting and for ending; a healthy daemon takes a few dozen on a machine without load

export interface DaemonOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it prints, on stdout or stderr, once it can be used. */
  readonly ready: RegExp;
}

/** Starts a program that stays; when this returns it is ready. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  await using starting = new AsyncDisposableStack();
  const daemon = starting.use(new Daemon(options));
  await daemon.ready();
  starting.move();
  return daemon;
}

/** A program kept in the foreground as our own child, so that its end is an event and never a guess. */
export class Daemon implements AsyncDisposable {
  readonly #options: DaemonOptions;
  readonly #child: ChildProcess;
  readonly #spoke = Promise.withResolvers<void>();
  /** Settles when the daemon is gone, and everyone who inherited its log from it. */
  readonly #closed: Promise<void>;
  #log = '';

  constructor(options: DaemonOptions) {
    this.#options = options;
    // The kernel ends the daemon should the test runner be killed: nobody else would.
    this.#child = spawn('setpriv', ['--pdeathsig', 'TERM', options.command, ...options.args], {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.#child.on('error', error => this.#hear(error.message));
    this.#closed = new Promise(resolve => this.#child.once('close', () => resolve()));
  }

  /** Everything it printed so far. */
  get log(): string {
    return this.#log;
  }

  async ready(): Promise<void> {
    const fail = (what: string) => this.#spoke.reject(new Error(`${this.#options.command} ${what}\n${this.#log}`));
    const patience = setTimeout(() => fail(`was not ready after ${PATIENCE} ms`), PATIENCE);
    void this.#closed.then(() => fail('ended instead of getting ready'));
    await this.#spoke.promise.finally(() => clearTimeout(patience));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Listed before the daemon goes: its children belong to another afterwards.
    const family = this.#runs() ? [this.#child.pid as number, ...descendantsOf(this.#child.pid as number)] : [];
    end(family, 'SIGTERM');
    const patience = setTimeout(() => end(family, 'SIGKILL'), PATIENCE);
    await this.#closed.finally(() => clearTimeout(patience));
  }

  #runs(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #hear(text: string): void {
    this.#log += text;
    if (this.#options.ready.test(this.#log)) this.#spoke.resolve();
  }
}

/** The children, and theirs, of a process that is alive. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const parent = /^\d+$/.test(entry) ? parentOf(entry) : undefined;
    if (parent !== undefined) parents.set(Number(entry), parent);
  }
  const childrenOf = (above: number) => [...parents].filter(([, parent]) => parent === above).map(([child]) => child);
  const below = (above: number): number[] => childrenOf(above).flatMap(child => [child, ...below(child)]);
  return below(pid);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // "1234 (a name, with any characters) S 1200 …"
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // it ended while we were looking
  }
}

function end(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // gone already
    }
  }
}
