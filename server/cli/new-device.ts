import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ChangeError } from '../errors.ts';
import { deviceText, withDevice } from '../kit/new-device.ts';
import { nearest } from '../library/check.ts';
import { LibraryError } from '../library/complaints.ts';
import { type LibraryFolders, lintLibrary } from '../library/library.ts';
import { readYaml } from '../library/yaml.ts';
import { paint, say, sayJson } from './paint.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';

export interface NewDeviceOptions {
  readonly platform?: string;
  readonly address: string;
  readonly port?: number;
  readonly group: readonly string[];
  readonly credentials?: string;
  readonly uplink: readonly string[];
  readonly switchId: readonly string[];
  readonly file?: string;
  readonly dryRun?: boolean;
}

interface InventoryFile {
  readonly path: string;
  readonly file: string;
  readonly layers: Readonly<Record<string, Layer>>;
  readonly defaults: Layer;
}
type Layer = { readonly platform?: unknown; readonly host_keys?: unknown; readonly known_hosts?: unknown };

/** Adds a device to the inventory, and takes it out again if the inventory is wrong with it. */
export async function newDeviceCommand(name: string, options: CommonOptions & NewDeviceOptions): Promise<number> {
  const folders = foldersOf(options, readConfig(options));
  const before = lintLibrary(folders);
  if (before.complaints.length > 0) throw new LibraryError(before.complaints);
  if (before.library.devices.has(name))
    throw new ChangeError('bad_request', `${name} is in the inventory already (${before.library.devices.get(name)?.source.file})`);
  const files = inventoryIn(folders);
  const layers = layersOf(options.group, files);
  const target = targetOf(options, files, folders);
  const inherited = layers.some(layer => layer.platform !== undefined);
  if (options.platform === undefined && !inherited) throw new ChangeError('bad_request', '--platform is needed: no group of it has one');
  const entry = deviceText({
    name,
    platform: options.platform,
    address: options.address,
    port: options.port,
    groups: options.group,
    credentials: options.credentials,
    uplinks: options.uplink,
    switchIds: options.switchId,
    trusted: layers.some(layer => layer.host_keys !== undefined || layer.known_hosts !== undefined),
  });
  const old = existsSync(target) ? readFileSync(target, 'utf8') : undefined;
  const file = relative(folders.root, target);
  const text = withDevice(old ?? '', file, entry);
  if (!options.dryRun) write(target, text, old, folders);
  if (options.json) sayJson({ device: name, file, written: !options.dryRun, entry });
  else {
    say(`${options.dryRun ? 'Would be written' : 'Written'} to ${paint('bold', file)}:`);
    for (const line of entry.trimEnd().split('\n')) say(`  ${line}`);
    if (!options.dryRun)
      say(paint('dim', `Next: "mercury keyscan ${name}" shows its host keys, "mercury plan" what would be typed there.`));
  }
  return 0;
}

function inventoryIn(folders: LibraryFolders): InventoryFile[] {
  const folder = resolve(folders.root, folders.inventory);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(name => /\.ya?ml$/.test(name) && !/^(?:policy|freeze)(?:\.example)?\.ya?ml$/.test(name))
    .map(name => {
      const path = join(folder, name);
      const value = readYaml(path).value as { groups?: Record<string, Layer>; defaults?: Layer } | null;
      return { path, file: relative(folders.root, path), layers: value?.groups ?? {}, defaults: value?.defaults ?? {} };
    });
}

function layersOf(groups: readonly string[], files: readonly InventoryFile[]): Layer[] {
  const known = new Map(files.flatMap(({ layers }) => Object.entries(layers)));
  return [
    ...files.map(({ defaults }) => defaults),
    ...groups.map(group => {
      const layer = known.get(group);
      const near = nearest(group, known.keys());
      if (!layer) throw new ChangeError('bad_request', `no group ${group} in the inventory${near ? `; did you mean ${near}?` : ''}`);
      return layer;
    }),
  ];
}

/** The file that is named, the only one there is, or that of its group. */
function targetOf({ file, group }: NewDeviceOptions, files: readonly InventoryFile[], folders: LibraryFolders): string {
  const folder = resolve(folders.root, folders.inventory);
  if (file !== undefined) {
    const path = resolve(file);
    // Elsewhere nobody would read it.
    if (dirname(path) === folder && /\.ya?ml$/.test(path)) return path;
    throw new ChangeError('bad_request', `--file ${file}: the inventory is *.yml in ${folder}`);
  }
  const [only, ...others] = files;
  if (!only) return join(folder, 'devices.yml');
  if (others.length === 0) return only.path;
  const grouped = files.filter(({ layers }) => group.some(name => name in layers));
  if (grouped.length === 1 && grouped[0]) return grouped[0].path;
  throw new ChangeError('bad_request', `the inventory has several files (${files.map(one => one.file).join(', ')}): say which with --file`);
}

/** @throws LibraryError when the inventory is wrong with it: it is then as it was before */
function write(path: string, text: string, old: string | undefined, folders: LibraryFolders): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const { complaints } = lintLibrary(folders);
  if (complaints.length === 0) return;
  if (old === undefined) rmSync(path);
  else writeFileSync(path, old);
  throw new LibraryError(complaints);
}
