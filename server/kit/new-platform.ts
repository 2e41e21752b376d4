import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ChangeError } from '../errors.ts';
import { nearest } from '../library/check.ts';

/** A file that is to be written; `file` is what it is called to a person. */
export interface NewFile {
  readonly path: string;
  readonly file: string;
  readonly text: string;
}

/** Where the network team keeps its files: absolute paths. */
export interface Places {
  readonly root: string;
  readonly playbooks: string;
  readonly templates: string;
  readonly cases: string;
}

/**
 * The files of a new platform that begins as a copy of another: playbooks, templates and cases, what they refer to rewritten.
 * @throws ChangeError bad_request for a name that is none or is taken, and for a platform that is not there
 */
export function newPlatform(name: string, like: string, places: Places): NewFile[] {
  if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(name))
    throw new ChangeError('bad_request', `${name}: a platform is called as Netmiko and Ansible do: acme_os`);
  const known = platformsIn(places.playbooks);
  if (!known.includes(like)) {
    const near = nearest(like, known);
    throw new ChangeError('bad_request', `no platform ${like}; ${near ? `did you mean ${near}?` : `there are ${known.join(', ')}`}`);
  }
  const folders = [places.playbooks, places.templates, places.cases];
  for (const folder of folders.map(parent => join(parent, name))) {
    if (existsSync(folder)) throw new ChangeError('bad_request', `${relative(places.root, folder)} is there already: it is left alone`);
  }
  const copy = (parent: string, edit: (text: string, file: string) => string) =>
    filesIn(join(parent, like)).map((file): NewFile => {
      const path = join(parent, name, file);
      const renamed = readFileSync(join(parent, like, file), 'utf8').replace(new RegExp(`\\b${like}\\b`, 'g'), name);
      return { path, file: relative(places.root, path), text: edit(renamed, file) };
    });
  return [
    ...copy(places.playbooks, (text, file) => (file === 'platform.yml' ? platformText(text, name, like) : playbookText(text, like))),
    ...copy(places.templates, text => `{{! Begun from ${like}: go through it, and take this line out. }}\n${text}`),
    ...copy(places.cases, text => caseText(text, like)),
  ];
}

function platformsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter(name => existsSync(join(folder, name, 'platform.yml')));
}

/** Relative paths, those in folders below included. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

function platformText(text: string, name: string, like: string): string {
  const own = withoutKey(text, 'aliases').replace(/^name: .*$/m, `name: ${name}`);
  return withRemark(own, [
    `Begun from ${like} by "mercury new platform". With the vendor's guide and a real device at hand, go through`,
    '  modes        each prompt, and the way in and out',
    '  failures     what the device says to an unknown command, half of one, a port that is not there, a VLAN out of range, a line that',
    '               this user may not type: a text that is missing here is a refusal taken for a success until `verify` sees it',
    '  on_open, save, transaction, give_back: what this device has of them',
    '  interfaces, vlans, description, supports: names and limits',
    '  lint         the rules that its CLI asks for',
    'and take these lines out.',
  ]);
}

const playbookText = (text: string, like: string) => withRemark(text, [`Begun from ${like}: go through it, and take this line out.`]);

/** Until the lab knows the new platform, the switch of the other one plays it. */
function caseText(text: string, like: string): string {
  if (/^lab:/m.test(text) || !/^cases:/m.test(text)) return text;
  const remark = `# Played by the lab's ${like} as long as the lab has no switch of its own for it; a recording of a real one proves more.`;
  return text.replace(/^(?=\w)/m, `${remark}\nlab: ${like}\n\n`);
}

/** Below the line for editors, which has to be the first. */
function withRemark(text: string, lines: readonly string[]): string {
  const [first = ''] = /^# yaml-language-server:.*\n/.exec(text) ?? [];
  return `${first}${lines.map(line => `# ${line}\n`).join('')}${text.slice(first.length)}`;
}

/** Takes a key at the top, and what stands below it, out. */
function withoutKey(text: string, key: string): string {
  return text.replace(new RegExp(`^${key}:.*\\n(?:[ \\t]+.*\\n)*`, 'm'), '');
}
