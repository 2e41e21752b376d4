import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLabFiles } from '../../server/cli/lab.ts';
import { type Lab, type LabOptions, startLab } from '../../server/lab/lab.ts';
import { ROOT } from '../harness.ts';

export const MAIN = join(ROOT, 'server', 'main.ts');

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; closed at once when left out. */
  readonly input?: string;
  readonly cwd?: string;
}

/** Runs the real `mercury` in a process of its own until it ends. */
export async function mercury(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  await using running = startMercury(args, options);
  return await running.ended;
}

export function startMercury(args: readonly string[], options: RunOptions = {}): Running {
  return new Running(process.execPath, [MAIN, ...args], options);
}

/** A process on its way. `await using` ends it, if it has not ended by itself. */
export class Running implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  out = '';
  err = '';
  #heard = () => {};

  constructor(file: string, args: readonly string[], { env = {}, input = '', cwd = ROOT }: RunOptions = {}) {
    // A group of its own: whatever it leaves behind can be found by that.
    this.child = spawn(file, args, { cwd, detached: true, env: { ...plainEnvironment(), ...env } });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear('out', text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear('err', text));
    this.child.stdin?.on('error', () => {}).end(input);
    this.ended = once(this.child, 'close').then(([status, signal]) => {
      this.#heard();
      return { status: status as number | null, signal: signal as NodeJS.Signals | null, out: this.out, err: this.err };
    });
  }

  /** Resolves with the match as soon as the process has printed it. */
  async prints(pattern: RegExp, where: 'out' | 'err' = 'out'): Promise<RegExpExecArray> {
    while (true) {
      const found = pattern.exec(this[where]);
      if (found) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`it ended (${this.child.exitCode}) without printing ${pattern}:\n${this.out}\n${this.err}`);
      await new Promise<void>(resolve => {
        this.#heard = resolve;
      });
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Whether any process of its group is still there. */
  get leftBehind(): boolean {
    try {
      process.kill(-(this.child.pid ?? 0), 0);
      return true;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }

  #hear(where: 'out' | 'err', text: string): void {
    this[where] += text;
    this.#heard();
  }
}

/** Nothing of ours, and nothing of the test runner's. What is compiled once is not compiled by every process again. */
export function plainEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL'];
  const own = kept.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(own), NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'node-compile') };
}

/** A folder that is gone at the end of the scope. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'mercury-cli-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Lab switches in this process, and the files by which a `mercury` in another one finds them. */
export class Bench implements AsyncDisposable {
  readonly lab: Lab;
  readonly folder: string;
  readonly #own: Folder;

  private constructor(lab: Lab, own: Folder) {
    this.lab = lab;
    this.#own = own;
    this.folder = own.path;
  }

  static async start(options: LabOptions): Promise<Bench> {
    const lab = await startLab(options);
    const own = new Folder();
    writeLabFiles(lab, own.path);
    return new Bench(lab, own);
  }

  get env(): Record<string, string> {
    return { MERCURY_INVENTORY: join(this.folder, 'inventory'), MERCURY_CREDENTIALS: join(this.folder, 'credentials.yml') };
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return mercury(args, { ...options, env: { ...this.env, ...options.env } });
  }

  start(args: readonly string[], options: RunOptions = {}): Running {
    return startMercury(args, { ...options, env: { ...this.env, ...options.env } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]();
    this.#own[Symbol.dispose]();
  }
}

/** Resolves once something that gives no sign of itself has become true. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
