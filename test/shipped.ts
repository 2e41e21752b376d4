import { resolve } from 'node:path';
import { Complaints } from '../server/library/complaints.ts';
import { FreezeFile } from '../server/library/freeze.ts';
import { readInventory } from '../server/library/inventory.ts';
import { type Library, loadLibrary } from '../server/library/library.ts';

export const ROOT = resolve(import.meta.dirname, '..');

let shipped: Library | undefined;

/** What ships, without a device. Reading it takes longer than most tests: a test file reads it once. */
export function shippedLibrary(): Library {
  shipped ??= loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: 'test/no-inventory' });
  return shipped;
}

/** What ships, with the devices of another inventory folder, whose policy is not looked at. @throws LibraryError */
export function shippedWith(inventory: string): Library {
  const { platforms } = shippedLibrary();
  const complaints = new Complaints();
  const devices = readInventory(inventory, ROOT, platforms, complaints);
  complaints.throwIfAny();
  return { platforms, devices, freeze: new FreezeFile(inventory, ROOT, undefined) };
}
