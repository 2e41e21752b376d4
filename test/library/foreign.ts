import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Complaints, LibraryError } from '../../server/library/complaints.ts';
import { CredentialsFile } from '../../server/library/credentials.ts';
import type { Carried, Format } from '../../server/library/foreign/foreign.ts';
import { readForeign } from '../../server/library/foreign/read.ts';
import { credentialsText, inventoryText } from '../../server/library/foreign/write.ts';
import { readInventory } from '../../server/library/inventory.ts';
import { checkVars } from '../../server/library/names.ts';
import { readPlatforms } from '../../server/library/platforms.ts';
import type { Device } from '../../server/model.ts';
import type { Credentials } from '../../server/transport/hop.ts';
import { ROOT } from '../harness.ts';

const complaints = new Complaints();
/** Those of this repository. */
export const PLATFORMS = readPlatforms({ root: ROOT, playbooks: join(ROOT, 'playbooks'), templates: join(ROOT, 'templates') }, complaints);
complaints.throwIfAny();

export function carriedOf(text: string, format?: Format): Carried {
  return readForeign(text, 'f', PLATFORMS, format);
}

/** `line: sentence`, those that leave something to do with an exclamation mark in front. */
export function notesOf({ notes }: Carried): string[] {
  return notes.map(({ todo, places, message }) => `${todo ? '! ' : ''}${places.map(({ line }) => line).join(',')}: ${message}`);
}

/** Every complaint that reading makes; none where it is read. */
export function refusalOf(text: string, format?: Format): string[] {
  try {
    carriedOf(text, format);
  } catch (thrown) {
    if (thrown instanceof LibraryError) return thrown.message.split('\n');
    throw thrown;
  }
  return [];
}

/** What Mercury makes of the files that an import writes: read back by what reads them before the service starts. */
export function readBack(carried: Carried): {
  readonly devices: ReadonlyMap<string, Device>;
  readonly credentials: ReadonlyMap<string, Credentials>;
  readonly complaints: readonly string[];
} {
  const folder = mkdtempSync(join(tmpdir(), 'mercury-foreign-'));
  try {
    writeFileSync(join(folder, 'inventory.yml'), inventoryText(carried, 'f'));
    writeFileSync(join(folder, 'credentials'), credentialsText(carried, 'f'), { mode: 0o600 });
    const told = new Complaints();
    const devices = readInventory(folder, folder, PLATFORMS, told);
    checkVars(devices.values(), PLATFORMS, told);
    const file = new CredentialsFile(join(folder, 'credentials'));
    return {
      devices,
      credentials: new Map(file.names.map(name => [name, file.get(name)])),
      complaints: told.list.map(({ place, message }) => `${place.line}: ${message}`),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
