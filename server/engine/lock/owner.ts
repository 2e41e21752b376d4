import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Holder } from './lock.ts';

/** Who wrote a lock file, said so that a process which was killed can be told from one that lives, and from a later one of the same number. */
export interface Owner extends Holder {
  /** When the process started, in the kernel's ticks since boot: pids are used again. */
  readonly started: string;
  /** Within which the pid means anything: this boot of this kernel, this pid namespace. */
  readonly scope: string;
}

export function thisProcess(): Owner {
  return { host: hostname(), pid: process.pid, since: new Date().toISOString(), started: OWN.started, scope: OWN.scope };
}

/** Whether a process is there no more; undefined: it ran where its number means nothing here (another machine, container or boot). */
export function isGone({ pid, started, scope }: Pick<Owner, 'pid' | 'started' | 'scope'>): boolean | undefined {
  if (scope !== OWN.scope) return undefined;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: it is there, and somebody else's.
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  const now = statOf(pid);
  // /proc may hide it; it did take a signal a moment ago.
  if (now === undefined) return false;
  // A zombie types nothing any more; whoever should collect it may take its time.
  return 'ZX'.includes(now.state) || now.started !== started;
}

/** `/proc/<pid>/stat`: the command's name stands in brackets and may hold anything, what counts comes after the last one. */
function statOf(pid: number | 'self'): { readonly state: string; readonly started: string } | undefined {
  const text = perhaps(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields?.[0], fields?.[19]];
  return state && started ? { state, started } : undefined;
}

function perhaps<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Where there is no /proc, the host's name has to do. */
const OWN = {
  started: statOf('self')?.started ?? '',
  scope: [
    perhaps(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? hostname(),
    perhaps(() => readlinkSync('/proc/self/ns/pid')) ?? '',
  ].join(' '),
};
