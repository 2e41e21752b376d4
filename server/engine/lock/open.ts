import { EtcdLocks, type EtcdSettings } from './etcd.ts';
import { FileLocks } from './file.ts';
import { ownFolder } from './folder.ts';
import type { Locks } from './lock.ts';
import { NO_LOCKS } from './none.ts';

export type LockSettings =
  | { readonly lock: 'none' }
  | { readonly lock: 'file'; readonly folder: string | undefined }
  | { readonly lock: 'etcd'; readonly etcd: EtcdSettings };

/** The locks that the settings ask for. Nothing is asked of the backend before the first change. */
export function openLocks(settings: LockSettings): Locks {
  if (settings.lock === 'none') return NO_LOCKS;
  return settings.lock === 'etcd' ? new EtcdLocks(settings.etcd) : new FileLocks(settings.folder ?? ownFolder());
}
