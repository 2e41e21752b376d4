import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { FilePace } from '../../server/engine/lock/file.ts';
import type { Device } from '../../server/model.ts';
import { plainEnvironment } from '../cli/run.ts';
import { ensurePackages, type Readiness } from '../debian.ts';

/** Whether a process can be put into namespaces of its own; with CI=true, where leaving tests out would go unseen, throws when it cannot. */
export function namespacesReady(): Readiness {
  const packages = ensurePackages(['util-linux']);
  const tried = spawnSync('unshare', [...OTHER_PIDS, ...OTHER_DISK, 'true'], { encoding: 'utf8' });
  if (packages.ready && tried.status === 0) return { ready: true };
  const why = packages.why ?? `no namespace can be made here: ${tried.stderr.trim()}`;
  if (process.env.CI === 'true') throw new Error(`locks cannot be tested across namespaces: ${why}`);
  return { ready: false, why };
}

/** Options of unshare: where no process has the number that it has elsewhere; where a folder can be another disk. */
export const OTHER_PIDS = ['--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc'];
export const OTHER_DISK = ['--map-root-user', '--mount'];

/** What a process that holds locks is told: a folder for lock files, or an etcd. */
export interface Orders {
  readonly folder?: string;
  readonly pace?: FilePace;
  readonly endpoint?: string;
  readonly ttl?: number;
  readonly device: Device;
  readonly log?: string;
}

/** As much of a device as a lock wants to know. */
export function deviceAt(port: number, name = 'sw'): Device {
  const platform = { platform: 'cisco_ios', credentials: 'x', hostKeys: 'any', switchIds: [], uplinks: [], physicalNetworks: [], vars: {} };
  return { ...platform, name, address: '127.0.0.1', port, source: { file: 'x', line: 1 } } as Device;
}

/** Another process that takes locks, line by line as it is told. `await using` kills it. */
export class LockProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> })[Symbol.asyncIterator]();
  }

  /** `through`: a command that runs it somewhere else, such as a namespace. */
  static async start(orders: Orders, through: readonly string[] = []): Promise<LockProcess> {
    const [file = '', ...args] = [...through, process.execPath, join(import.meta.dirname, 'lock-holder.ts'), JSON.stringify(orders)];
    // A group of its own: what runs it elsewhere is a process as well.
    const child = spawn(file, args, { detached: true, stdio: ['pipe', 'pipe', 'inherit'], env: plainEnvironment() });
    child.stdin?.on('error', () => {});
    const process_ = new LockProcess(child);
    await process_.#answer();
    return process_;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Gives an order and waits for its answer: `done`, or why not. */
  async does(order: string): Promise<string> {
    this.#child.stdin?.write(`${order}\n`);
    return this.#answer();
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.signal('SIGKILL');
    await gone;
  }

  async #answer(): Promise<string> {
    const { value, done } = await this.#lines.next();
    return done ? 'it ended' : value.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Who had a lock, in order, from the log of those who contend for it; @throws when two had it at once. Killed ones do not write `end`. */
export function turnsIn(log: string, killed: readonly number[] = []): number[] {
  const turns: number[] = [];
  let inside: number | undefined;
  for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) {
    const [what, pid] = [line.split(' ')[0], Number(line.split(' ')[1])];
    if (what === 'begin') {
      if (inside !== undefined && !killed.includes(inside)) throw new Error(`${pid} came in while ${inside} was there`);
      turns.push(pid);
      inside = pid;
    } else {
      if (inside !== pid) throw new Error(`${pid} was not the last to come in`);
      inside = undefined;
    }
  }
  return turns;
}
