import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of our own, removed with all that is in it. */
export async function temporaryDirectory(what: string, cleanup: AsyncDisposableStack): Promise<string> {
  return cleanup.adopt(await mkdtemp(join(tmpdir(), `mercury-${process.pid}-${what}-`)), path =>
    rm(path, { recursive: true, force: true }),
  );
}
