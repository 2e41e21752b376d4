import { spawnSync } from 'node:child_process';
import type { Readiness } from '../debian.ts';

/** Whether a disk of our own can be mounted where nobody else sees it; with CI=true, where leaving tests out would go unseen, throws when not. */
export function mountReady(): Readiness {
  const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', '/mnt'], { encoding: 'utf8' });
  if (tried.status === 0) return { ready: true };
  const why = `no disk can be mounted here: ${tried.error?.message ?? tried.stderr.trim()}`;
  if (process.env.CI === 'true') throw new Error(why);
  return { ready: false, why };
}
