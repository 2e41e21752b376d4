import { LibraryError } from '../library/complaints.ts';
import type { Library } from '../library/library.ts';
import type { Logger } from '../log.ts';

/**
 * On SIGHUP, reads what the network team wrote again. All of it takes effect at once, for calls that come afterwards; if anything in it is wrong,
 * nothing does.
 */
export function reloadOnHangup(read: () => Library, take: (library: Library) => void, log: Logger): void {
  process.on('SIGHUP', () => {
    try {
      const library = read();
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
