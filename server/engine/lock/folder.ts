import { type FSWatcher, watch } from 'node:fs';
import { lstat, mkdir, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Where lock files go when nobody says: Mercurys of one user on one machine see each other's. */
export function ownFolder(): string {
  return join(tmpdir(), `mercury-locks-${process.getuid?.() ?? userInfo().username}`);
}

/**
 * Makes the folder, if it is not there.
 * @throws Error that says why its files would prove nothing, or what the file system says
 */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // A temporary folder is everybody's: somebody may have been there first, and put a folder or a link of his own.
  const itself = await lstat(folder);
  if (folder === ownFolder() && process.getuid && (itself.uid !== process.getuid() || itself.isSymbolicLink()))
    throw new Error(`${folder} was made by somebody else; set lock_dir to another folder`);
  if ((await stat(folder)).mode & 0o002) throw new Error(`everybody may write to ${folder}, and take locks away; chmod o-w it`);
}

/** Tells when something happens to one file of a folder, where the kernel says so: on NFS, and when watches have run out, it does not. */
export class Watch implements Disposable {
  #watcher: FSWatcher | undefined;
  #happened = false;
  #wake = () => {};

  constructor(folder: string, name: string) {
    try {
      this.#watcher = watch(folder, { persistent: false }, (_event, file) => {
        if (file !== null && file !== name) return;
        this.#happened = true;
        this.#wake();
      });
      this.#watcher.on('error', () => this[Symbol.dispose]());
    } catch {
      this.#watcher = undefined;
    }
  }

  /** Settles once something has happened since the last time, or after some milliseconds. */
  async change(most: number): Promise<void> {
    if (!this.#happened) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, most);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#happened = false;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
