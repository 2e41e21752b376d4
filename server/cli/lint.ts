import { lintLibrary } from '../library/library.ts';
import { paint, say, sayJson } from './paint.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';
import { showComplaints } from './show.ts';

/** The exit status that says: read all of it, and something is wrong. */
const WRONG = 10;

/** Loads everything the network team wrote; every complaint names file and line. */
export async function lintCommand(options: CommonOptions): Promise<number> {
  const { library, complaints } = lintLibrary(foldersOf(options, readConfig(options)));
  if (options.json) sayJson({ complaints: complaints.map(({ place, message }) => ({ ...place, message })) });
  else if (complaints.length > 0) showComplaints(complaints, false);
  else {
    const playbooks = [...library.platforms.values()].reduce((sum, platform) => sum + platform.playbooks.size, 0);
    say(`${paint('green', 'all good')}: ${library.platforms.size} platforms, ${playbooks} playbooks, ${library.devices.size} devices`);
  }
  return complaints.length > 0 ? WRONG : 0;
}
