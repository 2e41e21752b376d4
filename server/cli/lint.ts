import { lintLibrary } from '../library/library.ts';
import { complain, paint, say } from './paint.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';
import { showComplaints } from './show.ts';

/** The exit status that says: read all of it, and something is wrong. */
const WRONG = 10;

/** Loads everything the network team wrote; every complaint names file and line. */
export async function lintCommand(options: CommonOptions): Promise<number> {
  const { library, complaints } = lintLibrary(foldersOf(options, readConfig(options)));
  if (options.json || complaints.length > 0) showComplaints(complaints, options.json ?? false);
  if (!options.json && complaints.length > 0) complain(counted(complaints.length, 'complaint'));
  if (!options.json && complaints.length === 0) {
    const playbooks = [...library.platforms.values()].reduce((sum, platform) => sum + platform.playbooks.size, 0);
    const read = [counted(library.platforms.size, 'platform'), counted(playbooks, 'playbook'), counted(library.devices.size, 'device')];
    if (library.policy) read.push(counted(library.policy.rules.length, 'rule'));
    say(`${paint('green', 'all good')}: ${read.join(', ')}`);
  }
  return complaints.length > 0 ? WRONG : 0;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
