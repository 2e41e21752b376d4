import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../harness.ts';
import type { BenchLab } from './lab.ts';
import { round, type Spread } from './results.ts';

/** `mercury serve` as its own process, configured as an operator would, by variables. */
export class Service implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #audit: string;
  #url = '';

  private constructor(child: ChildProcess, audit: string) {
    this.#child = child;
    this.#audit = audit;
  }

  /** @param cpu the only processor it may use, when one is named */
  static async start({ folder }: Pick<BenchLab, 'folder'>, cpu?: number): Promise<Service> {
    const audit = join(folder, 'audit.log');
    const out = openSync(audit, 'a');
    const child = fork(join(ROOT, 'server/main.ts'), ['serve'], {
      cwd: ROOT,
      execArgv: [...process.execArgv, '--import', pathToFileURL(join(import.meta.dirname, 'loop-delay.ts')).href],
      stdio: ['ignore', out, 'pipe', 'ipc'],
      env: { ...process.env, ...settings(folder) },
    });
    closeSync(out);
    const service = new Service(child, audit);
    try {
      service.#url = await urlIn(child);
    } catch (thrown) {
      child.kill('SIGKILL');
      throw thrown;
    }
    if (cpu !== undefined) execFileSync('taskset', ['-acp', String(cpu), String(child.pid)]);
    return service;
  }

  get url(): string {
    return this.#url;
  }

  /** Seconds of CPU so far, of all its threads. */
  get cpu(): number {
    return cpuOf(this.#child.pid);
  }

  /** MB of memory at its most, since it started. */
  get memory(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024, 0);
  }

  /** Lines of the audit so far. */
  get audited(): number {
    return readFileSync(this.#audit, 'utf8').split('\n').length - 1;
  }

  /** How late its event loop ran since the last `begin`, in milliseconds. */
  async loopDelay(ask: 'begin' | 'end'): Promise<Spread> {
    const answer = once(this.#child, 'message');
    this.#child.send(ask);
    const { p50, p99, max } = (await answer)[0] as Spread;
    return { p50: round(p50), p99: round(p99), max: round(max) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}

/** Seconds of CPU that a process has had so far, in all its threads. */
export function cpuOf(pid: number | undefined): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user = 0, system = 0] = rest.split(' ').slice(11, 13).map(Number);
  return (user + system) / TICKS;
}

const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

function settings(folder: string): Record<string, string> {
  return {
    MERCURY_HOST: '127.0.0.1',
    MERCURY_PORT: '0',
    MERCURY_INVENTORY: join(folder, 'inventory'),
    MERCURY_CREDENTIALS: join(folder, 'credentials.yml'),
    MERCURY_LOCK_DIR: join(folder, 'locks'),
    // A whole fleet is deployed at one go, by one caller.
    MERCURY_CALLS_AT_ONCE: '2000',
    MERCURY_CALLS_AT_MOST: '2000',
  };
}

/** The address, from the log line that says where it listens. @throws Error with the log when it does not come to that */
function urlIn({ stderr }: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const said: string[] = [];
  // Read on to the end: a full pipe would stop the service.
  const lines = createInterface({ input: stderr as Readable });
  lines.on('line', line => {
    said.push(line);
    const url = /"url":"([^"]+)"/.exec(line)?.[1];
    if (url !== undefined) resolve(url);
  });
  lines.once('close', () => reject(new Error(`mercury serve did not start:\n${said.join('\n')}`)));
  return promise;
}
