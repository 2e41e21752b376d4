import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { at, ChangeError, messageOf } from '../errors.ts';
import { Complaints } from '../library/complaints.ts';
import type { Carried, Format } from '../library/foreign/foreign.ts';
import type { Note } from '../library/foreign/notes.ts';
import { readForeign } from '../library/foreign/read.ts';
import { credentialsText, inventoryText, secretsOf } from '../library/foreign/write.ts';
import { holdsPlatforms, readPlatforms } from '../library/platforms.ts';
import type { Platform } from '../library/written.ts';
import { learnSecrets, masked } from '../log.ts';
import { readInput } from './input.ts';
import { complain, paint, say } from './paint.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';

export interface ImportOptions {
  readonly format?: Format;
  readonly inventory?: string;
  readonly credentials?: string;
  readonly force?: boolean;
}

/** The exit status that says: carried over what there was, and something is left for a person to do. */
const TO_DO = 10;

/** Turns another tool's inventory into Mercury's: an inventory without secrets, a credentials file, and what was lost between the two. */
export async function importCommand(file: string, options: CommonOptions & ImportOptions): Promise<number> {
  const folders = foldersOf(options, readConfig(options));
  const inRoot = (path: string) => (isAbsolute(path) ? path : resolve(folders.root, path));
  checkTargets(file, options, inRoot(folders.inventory));
  const source = file === '-' ? 'standard input' : file;
  const platforms = platformsOf(folders.root, inRoot(folders.playbooks), inRoot(folders.templates));
  const read = readForeign(readInput(file), source, platforms, options.format);
  const carried = { ...read, notes: [...besides(file, read.format), ...read.notes] };
  learnSecrets(secretsOf(carried.logins.values()));
  const inventory = inventoryText(carried, source);
  write(
    [
      { path: options.inventory, text: inventory, mode: 0o644 },
      { path: options.credentials, text: credentialsText(carried, source), mode: 0o600 },
    ],
    options.force ?? false,
  );
  if (options.json) showJson(carried, options);
  else show(carried, inventory, options);
  return carried.notes.some(({ todo }) => todo) ? TO_DO : 0;
}

/** An inventory may be wrong while it is being moved; the playbooks may not. */
function platformsOf(root: string, playbooks: string, templates: string): Map<string, Platform> {
  const complaints = new Complaints();
  if (!holdsPlatforms(playbooks)) complaints.add({ file: playbooks, line: 1 }, 'no platform folders here');
  complaints.throwIfAny();
  const platforms = readPlatforms({ root, playbooks, templates }, complaints);
  complaints.throwIfAny();
  return platforms;
}

/** What Ansible reads along with the file. */
function besides(file: string, format: Format): Note[] {
  const folders = format === 'ansible' && file !== '-' ? ['group_vars', 'host_vars'] : [];
  const there = folders.filter(name => existsSync(join(dirname(file), name)));
  if (there.length === 0) return [];
  const message = `${there.join(' and ')} beside it are not read; "ansible-inventory -i ${file} --list --yaml | mercury import -" reads all of it`;
  return [{ todo: true, message, places: [{ file, line: 1 }] }];
}

function checkTargets(file: string, { inventory, credentials, force }: ImportOptions, folder: string): void {
  const refuse = (message: string): never => {
    throw new ChangeError('bad_request', message);
  };
  if (inventory !== undefined && !/\.ya?ml$/.test(inventory))
    refuse(`--inventory ${inventory}: its name must end in .yml, else nobody reads it`);
  const paths = [file, inventory, credentials].flatMap(path => (path === undefined || path === '-' ? [] : [resolve(path)]));
  if (new Set(paths).size < paths.length) refuse('the file to read, --inventory and --credentials must be three files');
  if (credentials !== undefined && !/^\.\.(?:\/|$)/.test(relative(folder, resolve(credentials))))
    refuse(`--credentials ${credentials}: secrets do not belong into the inventory folder`);
  for (const path of [inventory, credentials])
    if (path !== undefined && existsSync(path) && !force) refuse(`${path} is there already; --force writes over it`);
}

interface Target {
  readonly path: string | undefined;
  readonly text: string;
  readonly mode: number;
}

/**
 * Writes both files or none. Each is created under a name of its own with its mode, before it holds anything, and gets its real name when it
 * is complete: nobody can have it open already, whatever was there before, and a link in its place is not followed.
 */
function write(targets: readonly Target[], force: boolean): void {
  const wanted = targets.flatMap(({ path, ...rest }) => (path === undefined ? [] : [{ path, temporary: temporaryOf(path), ...rest }]));
  const made: string[] = [];
  let path = '';
  try {
    for (const target of wanted) {
      path = target.path;
      writeFileSync(target.temporary, target.text, { flag: 'wx', mode: target.mode });
    }
    for (const target of wanted) {
      path = target.path;
      if (force) renameSync(target.temporary, target.path);
      else linkSync(target.temporary, target.path);
      made.push(path);
    }
  } catch (thrown) {
    if (!force) for (const one of made) rmSync(one);
    throw new ChangeError('bad_request', `${path} cannot be written: ${messageOf(thrown)}`);
  } finally {
    for (const { temporary } of wanted) rmSync(temporary, { force: true });
  }
}

const temporaryOf = (path: string) => `${path}.${randomBytes(6).toString('hex')}.new`;

function show(carried: Carried, inventory: string, options: ImportOptions): void {
  // As it is, with nothing masked in it: it holds no secret, and a password such as "cisco" would make cisco_ios unreadable.
  if (options.inventory === undefined) process.stdout.write(inventory);
  else say(`${options.inventory}: ${counted(carried.devices.size, 'device')}${commentsIn(carried.unfinished.size)}`);
  const lacking = [...carried.logins.values()].filter(({ lacks }) => lacks.length > 0).length;
  const whole = carried.logins.size - lacking;
  if (options.credentials !== undefined)
    say(`${options.credentials}: ${whole} ${whole === 1 ? 'entry' : 'entries'}${commentsIn(lacking)}, mode 600`);
  showNotes(
    'Left to do',
    carried.notes.filter(({ todo }) => todo),
  );
  showNotes(
    'To know',
    carried.notes.filter(({ todo }) => !todo),
  );
  showNext(carried, options);
}

function showNotes(title: string, notes: readonly Note[]): void {
  if (notes.length === 0) return;
  complain(paint('bold', title, process.stderr));
  for (const { places, message } of notes) {
    const more = places.length > 1 ? ` (and ${places.length - 1} more ${places.length === 2 ? 'line' : 'lines'})` : '';
    complain(`${paint('bold', at(places[0]), process.stderr)}: ${message}${more}`);
  }
}

/** What no file of another tool has, however well it was carried over. */
function showNext({ devices }: Carried, { inventory, credentials }: ImportOptions): void {
  complain(paint('bold', 'Next', process.stderr));
  if (inventory === undefined && credentials === undefined)
    complain(
      'Nothing is written. --inventory OUT.yml and --credentials OUT.yml (mode 600) write what they name; secrets are shown nowhere.',
    );
  else if (credentials === undefined) complain('Credentials are not written; --credentials OUT.yml does that, with mode 600.');
  complain('Write uplinks for every device that has none: Mercury guards those ports only that are listed there.');
  complain(
    'Write host_keys for every device: Mercury logs in to no other. This shows what stands at an address; compare it with the console:',
  );
  for (const line of keyscans(devices.values())) complain(`  ${line}`);
}

/** One line for each port; addresses were found to be nothing but addresses. */
function keyscans(devices: Iterable<{ readonly address?: string; readonly port?: number }>): string[] {
  const byPort = new Map<number, string[]>();
  for (const { address = '', port = 22 } of devices) byPort.set(port, [...(byPort.get(port) ?? []), address]);
  return [...byPort].map(
    ([port, addresses]) => `ssh-keyscan -t ed25519${port === 22 ? '' : ` -p ${port}`} ${addresses.join(' ')} | ssh-keygen -lf -`,
  );
}

function showJson({ format, groups, devices, unfinished, logins, notes }: Carried, { inventory, credentials }: ImportOptions): void {
  const told = {
    format,
    written: { inventory: inventory ?? null, credentials: credentials ?? null },
    groups: Object.fromEntries(groups),
    devices: Object.fromEntries(devices),
    unfinished: Object.fromEntries(unfinished),
    credentials: Object.fromEntries([...logins].map(([name, { lacks }]) => [name, { lacks }])),
    notes: notes.map(({ message, todo, places }) => ({ todo, message: masked(message), lines: places.map(({ line }) => line) })),
  };
  process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
const commentsIn = (count: number) => (count === 0 ? '' : ` and ${count} as ${count === 1 ? 'a comment' : 'comments'}`);
