import { LibraryError } from '../library/complaints.ts';
import type { Library } from '../library/library.ts';
import type { Logger } from '../log.ts';

/**
 * On SIGHUP, reads what the network team wrote again. All of it takes effect at once, for calls that come afterwards; if anything in it is wrong,
 * nothing does. `first`: what is in use until then.
 */
export function reloadOnHangup(first: Library, read: () => Library, take: (library: Library) => void, log: Logger): void {
  let inUse = first;
  process.on('SIGHUP', () => {
    try {
      const library = read();
      refuseLostPolicy(inUse, library);
      inUse = library;
      take(library);
      log.info(
        { devices: library.devices.size, platforms: [...library.platforms.keys()] },
        'SIGHUP: read playbooks, templates and inventory again',
      );
    } catch (thrown) {
      const complaints = thrown instanceof LibraryError ? { complaints: thrown.message.split('\n') } : { err: thrown };
      log.error(complaints, 'SIGHUP: playbooks, templates or inventory are wrong: what was read before stays in use');
    }
  });
}

/** A checkout that went wrong must not let everybody do everything: whoever means that says so in a rule. */
function refuseLostPolicy({ policy }: Library, next: Library): void {
  if (!policy || next.policy) return;
  const why = 'it is gone, and without it everybody may do everything; where that is meant, let its only rule be `- allow: true`';
  throw new LibraryError([{ place: { file: policy.file, line: 0 }, message: why }]);
}
