import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { CONFIG_KEYS, type Config, configSchema, fromEnvironment } from '../config.ts';
import type { Desk } from '../engine/change.ts';
import { realWorld } from '../engine/world.ts';
import { checkShape, nearest } from '../library/check.ts';
import { LibraryError } from '../library/complaints.ts';
import { CredentialsFile } from '../library/credentials.ts';
import { type LibraryFolders, loadLibrary } from '../library/library.ts';
import { readYaml } from '../library/yaml.ts';
import { makeLogger } from '../log.ts';

/** Options that every sub-command takes. */
export interface CommonOptions {
  /** The folder that relative paths start from. */
  readonly root: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** @throws LibraryError when the file or a variable is wrong */
export function readConfig(options: CommonOptions, environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const path = options.config ?? join(options.root, 'mercury.yml');
  const yaml = existsSync(path) || options.config !== undefined ? readYaml(path) : undefined;
  const overrides = fromEnvironment(environment);
  for (const key of Object.keys(overrides)) {
    if (CONFIG_KEYS.includes(key)) continue;
    const near = nearest(key, CONFIG_KEYS);
    const name = (text: string) => `MERCURY_${text.toUpperCase()}`;
    throw new LibraryError([
      { place: { file: 'environment', line: 1 }, message: `unknown variable ${name(key)}${near ? `; did you mean ${name(near)}?` : ''}` },
    ]);
  }
  const value = { ...((yaml?.value as object | null | undefined) ?? {}), ...overrides };
  const place = { file: yaml?.file ?? 'environment', line: 1 };
  return checkShape(configSchema, yaml ? { ...yaml, value } : { file: place.file, value, at: () => place, atKey: () => place });
}

export function foldersOf(options: CommonOptions, config: Config): LibraryFolders {
  const { playbooks, templates, inventory } = config;
  return { root: resolve(options.root), playbooks, templates, inventory };
}

/** Everything a change is carried out with. The audit goes to standard error, so that --json owns standard output. */
export function openDesk(options: CommonOptions, config: Config): Desk {
  const library = loadLibrary(foldersOf(options, config));
  const path = isAbsolute(config.credentials) ? config.credentials : join(resolve(options.root), config.credentials);
  const audit = makeLogger('info', 2, 'audit');
  return { library, world: realWorld(new CredentialsFile(path)), audit: (line, message) => audit.info(line, message) };
}
