import { LibraryError } from '../complaints.ts';
import { readAnsible } from './ansible.ts';
import { carry } from './carry.ts';
import type { Platforms } from './device.ts';
import type { Carried, Format, Found } from './foreign.ts';
import { readIronic } from './ironic.ts';
import { readNgs } from './ngs.ts';
import { Notes } from './notes.ts';

const READERS: Readonly<Record<Format, (text: string, file: string, notes: Notes) => Found[]>> = {
  ironic: readIronic,
  ngs: readNgs,
  ansible: readAnsible,
};

/** What the files of each format have in them, for whoever brings another. */
export const SIGNS: Readonly<Record<Format, string>> = {
  ironic: 'sections [switch:NAME], as Ironic’s switch-configs.conf has them',
  ngs: 'sections [genericswitch:NAME], as networking-generic-switch has them',
  ansible: 'groups with hosts, as an Ansible inventory in YAML has them',
};

/**
 * What Mercury can use of another tool's file. `file` is its name in notes and complaints; the format is told by what is in it.
 * @throws LibraryError when nobody knows such a file, it is broken, or it holds no device
 */
export function readForeign(source: string, file: string, platforms: Platforms, forced?: Format): Carried {
  const text = source.replace(/^\uFEFF/, '');
  const format = forced ?? formatOf(text, file);
  const notes = new Notes();
  const found = READERS[format](text, file, notes);
  if (found.length === 0) {
    const message = `no device is in it; ${format === 'ansible' ? NO_HOSTS : `looked for ${SIGNS[format]}`}`;
    throw new LibraryError([{ place: { file, line: 1 }, message }]);
  }
  return carry(format, found, platforms, notes);
}

const MERGED =
  '"ansible-inventory -i FILE --list --yaml" writes all of an inventory, group_vars and host_vars too, as one that can be imported';
const NO_HOSTS = `no host has an ansible_network_os. ${MERGED}`;

function formatOf(text: string, file: string): Format {
  const has = (pattern: RegExp) => pattern.test(text);
  const refuse = (message: string): never => {
    throw new LibraryError([{ place: { file, line: 1 }, message }]);
  };
  if (has(/^\$ANSIBLE_VAULT;/)) return refuse('all of it is encrypted; "ansible-vault view FILE | mercury import -" reads it');
  if (has(/^\[[^\]\n]+\][ \t]*\r?$/m)) {
    const [ironic, ngs] = [has(/^\[switch:/m), has(/^\[genericswitch:/m)];
    if (ironic && ngs) return refuse('has both [switch:NAME] and [genericswitch:NAME]; --format says which to read');
    if (ngs) return 'ngs';
    if (ironic || (has(/^device_type[ \t]*[=:]/m) && has(/^address[ \t]*[=:]/m))) return 'ironic';
    if (has(/\bansible_\w+[ \t]*=/) || has(/^\[[^\]\n]+:(?:children|vars)\]/m))
      return refuse(`an Ansible inventory that is not YAML. ${MERGED}`);
  } else {
    if (has(/^["']?_meta["']?[ \t]*:/m) || has(/^\s*\{[\s\S]*"_meta"/))
      return refuse(`what "ansible-inventory --list" says without --yaml. ${MERGED}`);
    if (has(/^plugin[ \t]*:/m)) return refuse(`settings of an Ansible inventory plugin. ${MERGED}`);
    if (has(/^devices[ \t]*:/m)) return refuse('looks like an inventory of Mercury already: it has devices');
    if (has(/^all[ \t]*:/m) || has(/(?:^|[\s{,"'])(?:hosts|children)["']?[ \t]*:/m)) return 'ansible';
  }
  return refuse(`of no format that is known. Looked for ${Object.values(SIGNS).join('; ')}. --format says which it is`);
}
