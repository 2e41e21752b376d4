import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CONFIG_KEYS, type Config, configSchema, fromEnvironment } from '../config.ts';
import type { Desk } from '../engine/change.ts';
import { realWorld, type WorldOptions } from '../engine/world.ts';
import { checkShape, nearest } from '../library/check.ts';
import { Complaints, LibraryError } from '../library/complaints.ts';
import type { CredentialsFile } from '../library/credentials.ts';
import { type LibraryFolders, lintLibrary } from '../library/library.ts';
import { readYaml, type YamlFile } from '../library/yaml.ts';
import { makeLogger } from '../log.ts';
import type { Place } from '../model.ts';
import { checkEntries, openKeyring, warner, warnOfLegacy } from './keyring.ts';
import { locksOf } from './locks.ts';

/** Options that every sub-command takes. */
export interface CommonOptions {
  /** The folder that relative paths start from. */
  readonly root: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** mercury.yml and the MERCURY_* variables over it. @throws LibraryError with every complaint about the file and the variables */
export function readConfig(options: CommonOptions, environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const yaml = readConfigFile(options);
  const overrides = fromEnvironment(environment);
  const complaints = new Complaints();
  for (const key of Object.keys(overrides)) {
    if (CONFIG_KEYS.includes(key)) continue;
    complaints.add(variable(key), unknownVariable(key));
    delete overrides[key];
  }
  const placeOf = (path: readonly PropertyKey[], where: 'at' | 'atKey'): Place => {
    const [key] = path.map(String);
    if (key !== undefined && key in overrides) return variable(key);
    return yaml?.[where](path) ?? { file: 'settings', line: 0 };
  };
  const value = { ...(yaml?.value as object | null | undefined), ...overrides };
  const config = complaints.try(() =>
    checkShape(configSchema, { value, at: path => placeOf(path, 'at'), atKey: path => placeOf(path, 'atKey') }),
  );
  // A folder that was named and is not there is a slip; a service that knows no device would tell nobody.
  for (const key of ['playbooks', 'templates', 'inventory'] as const) {
    if (!config || !(key in value) || existsSync(resolve(options.root, config[key]))) continue;
    complaints.add(placeOf([key], 'at'), `there is no folder ${resolve(options.root, config[key])}`);
  }
  complaints.throwIfAny();
  return config as Config;
}

function readConfigFile(options: CommonOptions): YamlFile | undefined {
  const path = options.config ?? join(options.root, 'mercury.yml');
  if (options.config === undefined && !existsSync(path)) return undefined;
  const yaml = readYaml(path);
  if (yaml.value !== null && (typeof yaml.value !== 'object' || Array.isArray(yaml.value)))
    throw new LibraryError([{ place: yaml.at([]), message: 'must hold settings such as `port: 6190`, one a line' }]);
  return yaml;
}

const nameOf = (key: string) => `MERCURY_${key.toUpperCase()}`;

/** A variable has a name and no line. */
const variable = (key: string): Place => ({ file: nameOf(key), line: 0 });

function unknownVariable(key: string): string {
  const near = nearest(key, CONFIG_KEYS);
  return `unknown variable; ${near === undefined ? `there are ${CONFIG_KEYS.map(nameOf).join(', ')}` : `did you mean ${nameOf(near)}?`}`;
}

export function foldersOf(options: CommonOptions, config: Config): LibraryFolders {
  const { playbooks, templates, inventory } = config;
  return { root: resolve(options.root), playbooks, templates, inventory };
}

/**
 * Everything a change is carried out with. `everyDevice`: the credentials must have an entry for each device of the inventory. A service says
 * how long sessions stand and when saving happens; a command logs out and saves before it ends.
 * `through`: what listens on each connection.
 * @throws LibraryError with every complaint about the library and the credentials
 */
export function openDesk(
  options: CommonOptions,
  config: Config,
  audit: Desk['audit'],
  { everyDevice = false, ...service }: Pick<WorldOptions, 'idle' | 'saving' | 'through'> & { readonly everyDevice?: boolean } = {},
): Desk {
  const complaints = new Complaints();
  const linted = lintLibrary(foldersOf(options, config));
  for (const { place, message } of linted.complaints) complaints.add(place, message);
  const warn = warner(config, everyDevice);
  const keyring = complaints.try(() => openKeyring(options.root, config, warn));
  const locks = complaints.try(() => locksOf(resolve(options.root), config));
  if (keyring && everyDevice) checkEntries(linted.library, keyring, complaints);
  complaints.throwIfAny();
  if (everyDevice) warnOfLegacy(linted.library, warn);
  const world = realWorld(keyring as CredentialsFile, locks, {
    queueAtMost: config.queue_at_most,
    connectTime: config.connect_time,
    atOnce: config.changes_at_once,
    ...service,
  });
  return { library: linted.library, world, audit };
}

/** Audit lines go to standard error, so that results own standard output; a person at a terminal sees the results instead. */
export function terminalAudit(): Desk['audit'] {
  if (process.stderr.isTTY) return () => {};
  const logger = makeLogger('info', 2, 'audit');
  return (line, message) => logger.info(line, message);
}
