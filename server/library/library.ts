import { isAbsolute, join } from 'node:path';
import type { Device } from '../model.ts';
import { type Complaint, Complaints } from './complaints.ts';
import { FreezeFile } from './freeze.ts';
import { bareMac, readInventory } from './inventory.ts';
import { checkNames, checkVars } from './names.ts';
import { holdsPlatforms, readPlatforms } from './platforms.ts';
import { type Policy, readPolicy } from './policy.ts';
import type { Platform } from './written.ts';

/** Everything the network team wrote, read, checked and compiled once. */
export interface Library {
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly devices: ReadonlyMap<string, Device>;
  /** Who may have what done; everybody everything, where there is none. */
  readonly policy?: Policy | undefined;
  /** What is to be left alone for the time being. */
  readonly freeze?: FreezeFile | undefined;
}

export interface LibraryFolders {
  /** What the others are relative to, and what file names in complaints start from. */
  readonly root: string;
  readonly playbooks: string;
  readonly templates: string;
  readonly inventory: string;
}

/** @throws LibraryError with every complaint at once: nothing starts on a library that is wrong anywhere */
export function loadLibrary(folders: LibraryFolders): Library {
  const { library, complaints } = readLibrary(folders);
  complaints.throwIfAny();
  return library;
}

/** What `lint` shows: the complaints, sorted by place. */
export function lintLibrary(folders: LibraryFolders): { library: Library; complaints: readonly Complaint[] } {
  const { library, complaints } = readLibrary(folders);
  const sorted = complaints.list.toSorted((a, b) => a.place.file.localeCompare(b.place.file) || a.place.line - b.place.line);
  return { library, complaints: sorted };
}

function readLibrary(folders: LibraryFolders): { library: Library; complaints: Complaints } {
  const complaints = new Complaints();
  const inRoot = (path: string) => (isAbsolute(path) ? path : join(folders.root, path));
  const playbooks = inRoot(folders.playbooks);
  if (!holdsPlatforms(playbooks)) complaints.add({ file: folders.playbooks, line: 1 }, 'no platform folders here');
  const platforms = holdsPlatforms(playbooks)
    ? readPlatforms({ root: folders.root, playbooks, templates: inRoot(folders.templates) }, complaints)
    : new Map<string, Platform>();
  const inventory = inRoot(folders.inventory);
  const names = new Set<string>();
  const earlier = complaints.list.length;
  const devices = readInventory(inventory, folders.root, platforms, complaints, names);
  // A file that cannot be read may be the one that has a name.
  const known = complaints.list.length === earlier ? names : undefined;
  const policy = readPolicy(inventory, folders.root, { devices, platforms, names: known }, complaints);
  const freeze = new FreezeFile(inventory, folders.root, known);
  complaints.try(() => freeze.check());
  for (const platform of platforms.values()) {
    checkNames(
      platform,
      [...devices.values()].filter(device => device.platform === platform.name),
      complaints,
    );
  }
  checkVars(devices.values(), platforms, complaints);
  return { library: { platforms, devices, policy, freeze }, complaints };
}

/** By inventory name, else by MAC address in any notation. */
export function findDevice(library: Library, nameOrMac: string): Device | undefined {
  const mac = bareMac(nameOrMac);
  return library.devices.get(nameOrMac) ?? [...library.devices.values()].find(device => device.switchIds.includes(mac));
}
