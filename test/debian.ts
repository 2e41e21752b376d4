import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Readiness {
  readonly ready: boolean;
  /** When not ready: one sentence for the person who wonders why tests were left out. */
  readonly why?: string;
}

/**
 * Sees to it that Debian packages are installed, installing what is missing where that is possible (root, with apt-get).
 * Blocks until done, up to a minute on a slow mirror. May be called by several test files at once: they take turns.
 */
export function ensurePackages(names: readonly string[]): Readiness {
  if (!existsSync('/usr/bin/dpkg-query')) return { ready: false, why: `this is no Debian: cannot look for ${names.join(', ')}` };
  const missing = missingOf(names);
  if (missing.length === 0) return { ready: true };
  const lacking = `the Debian packages ${missing.join(', ')} are missing`;
  if (process.getuid?.() !== 0) return { ready: false, why: `${lacking} and only root can install them` };
  if (!existsSync('/usr/bin/apt-get')) return { ready: false, why: `${lacking} and there is no apt-get to install them` };
  const complaint = install(missing);
  // What counts is what dpkg says afterwards: a failure over something else may still have left all of them installed.
  const still = missingOf(names);
  if (still.length === 0) return { ready: true };
  return { ready: false, why: `the Debian packages ${still.join(', ')} could not be installed: ${complaint}` };
}

function missingOf(names: readonly string[]): string[] {
  // A package that was never heard of is absent from the answer; one that was removed is there, but not as installed.
  const listed = spawnSync('dpkg-query', ['--show', `--showformat=\${Package} \${db:Status-Status}\n`, ...names], { encoding: 'utf8' });
  const lines = listed.stdout.split('\n');
  return names.filter(name => !lines.includes(`${name} installed`));
}

/** Gives the complaint when something failed, else nothing. */
function install(names: readonly string[]): string {
  const lock = join(tmpdir(), 'mercury-tests-apt.lock');
  const run = spawnSync('flock', [lock, 'sh', '-c', SCRIPT, 'sh', lock, ...names], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  if (run.status === 0) return '';
  const errors = run.stderr.split('\n').filter(line => line.startsWith('E: '));
  return errors.map(line => line.slice(3)).join(' ') || run.error?.message || run.stderr.trim() || `status ${run.status}`;
}

/**
 * Runs under the lock file, which the kernel frees whatever becomes of the holder. The file's text is the process group of the last
 * run that fetched the package lists: npm, the test runner and its workers share one, so they fetch the lists once.
 * Debian asks policy-rc.d before it starts a service; 101 means "forbidden". One that is already there is the machine's own decision,
 * unless an earlier run of ours was killed before it could take its own away.
 */
const SCRIPT = `
lock=$1; shift
policy=/usr/sbin/policy-rc.d
mark='# put here for the moment by the tests of Mercury'
apt() { apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 -o Acquire::http::Timeout=30 "$@"; }
family=$(cut -d ' ' -f 5 /proc/$$/stat)

if [ "$(cat "$lock")" != "$family" ]; then
  apt update
  echo "$family" > "$lock"
fi

trap 'exit 130' INT TERM
trap 'if grep -qsxF "$mark" "$policy"; then rm -f "$policy"; fi' EXIT
if [ ! -e "$policy" ]; then
  printf '%s\\n' '#!/bin/sh' "$mark" 'exit 101' > "$policy"
  chmod 755 "$policy"
fi
apt install -y --no-install-recommends "$@"
`;
