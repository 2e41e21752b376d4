import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../config.ts';
import type { Locks } from '../engine/lock/lock.ts';
import { openLocks } from '../engine/lock/open.ts';
import { messageOf } from '../errors.ts';
import { type Complaint, LibraryError } from '../library/complaints.ts';

/** Files that etcd's settings name. */
const FILES = ['etcd_password_file', 'etcd_ca', 'etcd_cert', 'etcd_key'] as const;

/** The locks that the settings ask for. `root` is what paths are relative to. @throws LibraryError when a file cannot be read */
export function locksOf(root: string, config: Config): Locks {
  const path = (key: (typeof FILES)[number] | 'lock_dir') => (config[key] === undefined ? undefined : resolve(root, config[key]));
  if (config.lock === 'none') return openLocks({ lock: 'none' });
  if (config.lock === 'file') return openLocks({ lock: 'file', folder: path('lock_dir') });
  const complaints = FILES.flatMap(key => unreadable(key, path(key)));
  if (complaints.length > 0) throw new LibraryError(complaints);
  const { etcd: endpoints = [], etcd_prefix: prefix, etcd_user: user } = config;
  const access = { passwordFile: path('etcd_password_file'), ca: path('etcd_ca'), cert: path('etcd_cert'), key: path('etcd_key') };
  // A key of another thing must not begin like a lock's.
  return openLocks({ lock: 'etcd', etcd: { endpoints, prefix: prefix.replace(/\/*$/, '/'), user, ...access } });
}

/** Why nobody could be kept off a device, as far as that can be told before the first change. */
export async function lockComplaints(locks: Locks, { lock_dir }: Config): Promise<Complaint[]> {
  try {
    await locks.prove?.();
    return [];
  } catch (thrown) {
    const hint = lock_dir === undefined ? '; lock_dir, or MERCURY_LOCK_DIR, names another' : '';
    return [{ place: { file: 'settings', line: 0 }, message: `${messageOf(thrown)}${hint}` }];
  }
}

function unreadable(key: string, path: string | undefined): Complaint[] {
  try {
    if (path !== undefined) accessSync(path, constants.R_OK);
    return [];
  } catch (thrown) {
    return [{ place: { file: 'settings', line: 0 }, message: `${key}: ${messageOf(thrown)}` }];
  }
}
