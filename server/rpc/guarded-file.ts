import { readFileSync, statSync } from 'node:fs';
import type { Config } from '../config.ts';
import { LibraryError } from '../library/complaints.ts';

/** Who else must not do what with a file on which hangs who is let in: the bits of its mode, and what the owner does about them. */
const NOBODY_WRITES = { bits: 0o022, complaint: 'others may write it', advice: 'chmod go-w it' };
const NOBODY_READS = { bits: 0o004, complaint: 'others may read it', advice: 'chmod 640 it' };

/**
 * The text of a file that the setting `key` names, as it is now. A private `secret` is its group's at most.
 * @throws LibraryError when it is not there, cannot be read, or is open to others
 */
export function readGuarded(path: string, key: keyof Config, secret = false): string {
  const refuse = (message: string) => new LibraryError([{ place: { file: path, line: 0 }, message }]);
  try {
    const stat = statSync(path);
    // Reading a pipe would wait for somebody who writes it.
    if (!stat.isFile()) throw refuse('is no file');
    for (const { bits, complaint, advice } of secret ? [NOBODY_WRITES, NOBODY_READS] : [NOBODY_WRITES]) {
      if ((stat.mode & bits) !== 0) throw refuse(`${complaint} (mode ${(stat.mode & 0o777).toString(8)}); ${advice}`);
    }
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof LibraryError) throw thrown;
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw refuse(`cannot be read (${code ?? String(thrown)})`);
    throw refuse(`there is no such file; MERCURY_${key.toUpperCase()}, or \`${key}:\` in mercury.yml, names another`);
  }
}
