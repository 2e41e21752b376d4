import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { LibraryError } from './complaints.ts';
import type { LibraryFolders } from './library.ts';
import { parseYaml, readText, type YamlFile } from './yaml.ts';

/** A file of the network team as it was written, for what is about its text. */
export interface Source {
  /** Relative to the root, as complaints name it. */
  readonly file: string;
  readonly lines: readonly string[];
  /** undefined: a template, or no YAML. */
  readonly yaml?: YamlFile | undefined;
}

const YAML = /\.ya?ml$/;

/** Every YAML file and template below the folders; a file that cannot be read is `lint`'s to complain about elsewhere. */
export function readSources(folders: LibraryFolders): Source[] {
  const roots = [folders.playbooks, folders.templates, folders.inventory].map(path => (isAbsolute(path) ? path : join(folders.root, path)));
  return roots.filter(existsSync).flatMap(root =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && (YAML.test(entry.name) || entry.name.endsWith('.hbs')))
      .map(entry => join(entry.parentPath, entry.name))
      .toSorted()
      .flatMap(path => readSource(path, relative(folders.root, path))),
  );
}

function readSource(path: string, file: string): Source[] {
  try {
    const text = readText(path, file);
    return [{ file, lines: text.split('\n'), ...(YAML.test(file) ? { yaml: yamlOf(text, file) } : {}) }];
  } catch (thrown) {
    if (thrown instanceof LibraryError) return [];
    throw thrown;
  }
}

function yamlOf(text: string, file: string): YamlFile | undefined {
  try {
    return parseYaml(text, file);
  } catch (thrown) {
    if (thrown instanceof LibraryError) return undefined;
    throw thrown;
  }
}
