import { type Outcome, outcomeOf, run } from './run.ts';

/** A network of its own: links, addresses and names that collide with nothing on this machine. */
export class Namespace implements AsyncDisposable {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** An `ip` command in here, e.g. `ip('link', 'set', 'eth0', 'up')`. */
  ip(...args: string[]): Promise<string> {
    return run('ip', ['-netns', this.name, ...args]);
  }

  /** Any program in here. */
  outcomeOf(command: string, ...args: string[]): Promise<Outcome> {
    return outcomeOf('ip', ['netns', 'exec', this.name, command, ...args]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('ip', ['netns', 'delete', this.name]);
  }
}

/** Makes `mercury-<our pid>-<what>`; `what` must be unique within this process. */
export async function makeNamespace(what: string): Promise<Namespace> {
  const name = `mercury-${process.pid}-${what}`;
  await run('ip', ['netns', 'add', name]);
  return new Namespace(name);
}

/** Takes away what test runs left behind that were killed. */
export async function sweepNamespaces(): Promise<void> {
  const listed = await run('ip', ['netns', 'list']);
  for (const [name, pid] of listed.matchAll(/^mercury-(\d+)-\S+/gm)) {
    // Another test file may be sweeping too, so finding one gone is no failure.
    if (!isAlive(Number(pid))) await outcomeOf('ip', ['netns', 'delete', name]);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
