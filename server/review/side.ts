import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Complaint } from '../library/complaints.ts';
import { type Library, type LibraryFolders, lintLibrary } from '../library/library.ts';
import { readSources, type Source } from '../library/sources.ts';

/** What the network team wrote, before or after an edit. */
export interface Side {
  readonly library: Library;
  readonly complaints: readonly Complaint[];
  /** Text of each file that counts, by its path from the root. */
  readonly files: ReadonlyMap<string, string>;
  /** The same, as lint reads them; as long as they are there. */
  sources(): readonly Source[];
}

/** Reads everything, whatever is wrong with it: a review shows that as well. */
export function readSide(folders: LibraryFolders): Side {
  const { root, playbooks, templates, inventory } = folders;
  const { library, complaints } = lintLibrary(folders);
  const files = [playbooks, templates, inventory].flatMap(folder => filesIn(root, folder));
  return {
    library,
    complaints: complaints.map(({ place, message }) => ({ message, place: { ...place, file: nameOf(root, resolve(root, place.file)) } })),
    files: new Map(files),
    sources: () => readSources(folders),
  };
}

/** A file by its path from the root; one that is not below it has the same name on both sides. */
function nameOf(root: string, path: string): string {
  const name = relative(root, path);
  return name.startsWith('..') ? path : name;
}

function filesIn(root: string, folder: string): [path: string, text: string][] {
  const whole = resolve(root, folder);
  if (!existsSync(whole)) return [];
  return readdirSync(whole, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.(?:ya?ml|hbs)$/.test(name))
    .map(name => join(whole, name))
    .filter(path => statSync(path, { throwIfNoEntry: false })?.isFile())
    .map(path => [nameOf(root, path), readFileSync(path, 'utf8')]);
}

export interface FileChange {
  readonly file: string;
  readonly effect: 'changed' | 'new' | 'gone';
}

export function changedFiles(before: Side, after: Side): FileChange[] {
  const names = [...new Set([...before.files.keys(), ...after.files.keys()])].toSorted();
  return names.flatMap(file => {
    const [old, now] = [before.files.get(file), after.files.get(file)];
    if (old === now) return [];
    return [{ file, effect: old === undefined ? 'new' : now === undefined ? 'gone' : 'changed' }];
  });
}
