import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Case } from './cases.ts';

/** Absolute paths of the folders that cases depend on. */
export interface Watched {
  readonly root: string;
  readonly playbooks: string;
  readonly templates: string;
}

/** The cases that a change of these files (absolute paths) bears on: those of the platform, of the file, or of the recording. */
export function affectedBy(changed: ReadonlySet<string>, cases: readonly Case[], folders: Watched): Case[] {
  const platforms = new Set([...changed].flatMap(path => platformsOf(path, folders)));
  return cases.filter(
    ({ platform, place, given }) =>
      platforms.has(platform) ||
      changed.has(resolve(folders.root, place.file)) ||
      (given.recording !== undefined && changed.has(resolve(given.recording.path))),
  );
}

function platformsOf(path: string, { playbooks, templates }: Watched): string[] {
  const own = below(playbooks, path)?.split(sep)[0];
  if (own !== undefined) return [own];
  const template = below(templates, path)?.split(sep).join('/');
  return template === undefined ? [] : namesIn(playbooks).filter(platform => uses(join(playbooks, platform), template));
}

/** The path below a folder; undefined where it is elsewhere. */
function below(folder: string, path: string): string | undefined {
  const rest = relative(folder, path);
  return rest === '' || rest.startsWith('..') ? undefined : rest;
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []));
}

function uses(folder: string, template: string): boolean {
  return readdirSync(folder).some(file => file.endsWith('.yml') && readFileSync(join(folder, file), 'utf8').includes(template));
}
