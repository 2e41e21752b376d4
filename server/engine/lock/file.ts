import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { ChangeError, messageOf } from '../../errors.ts';
import type { Device } from '../../model.ts';
import { prepareFolder, Watch } from './folder.ts';
import { busy, type Lock, type Locks, lockLost, lockName, noLock, readHolder } from './lock.ts';
import { type Found, LockFiles, type Placed, readLock } from './lock-files.ts';
import { now, since } from './moment.ts';

/** Milliseconds. */
export interface FilePace {
  /** A holder gives a sign of life this often. */
  readonly beat: number;
  /** One that gave none for so long is gone, where its process cannot be asked about: in another container, on another machine. */
  readonly patience: number;
}

/** Those who wait look this often, where the kernel does not tell them. */
const LOOK = 200;
/** Set on a lock file by somebody who waits for it. Only its owner could, so nobody is let in or kept out by it. */
const KNOCKED = 0o100;

/** Locks as files of one folder: for all Mercurys on one machine, or on several that share the folder. */
export class FileLocks implements Locks {
  readonly #folder: string;
  readonly #pace: FilePace;
  readonly #files: LockFiles;
  /** Until when others go first, because they knocked while we had it. */
  readonly #after = new Map<string, number>();

  #tidied: Promise<void> | undefined;

  constructor(folder: string, pace: FilePace = { beat: 5000, patience: 30_000 }) {
    this.#folder = folder;
    this.#pace = pace;
    this.#files = new LockFiles(pace.patience);
  }

  async take(device: Device, deadline: number): Promise<Lock> {
    try {
      await prepareFolder(this.#folder);
      this.#tidied ??= this.#files.tidy(this.#folder).catch(() => {});
      await this.#tidied;
      return await this.#wait(device, deadline);
    } catch (thrown) {
      if (thrown instanceof ChangeError) throw thrown;
      throw noLock(device, this.#sentence(thrown), thrown);
    }
  }

  async prove(): Promise<void> {
    try {
      await prepareFolder(this.#folder);
      const path = join(this.#folder, `start_${process.pid}.lock`);
      const placed = await this.#files.place(path, '');
      if (!('file' in placed)) return;
      await placed.file.close();
      await this.#files.remove(path, placed.text, true);
    } catch (thrown) {
      throw new Error(this.#sentence(thrown), { cause: thrown });
    }
  }

  async #wait(device: Device, deadline: number): Promise<Lock> {
    const name = `${lockName(device)}.lock`;
    const path = join(this.#folder, name);
    let after = this.#after.get(path) ?? 0;
    using watch = new Watch(this.#folder, name);
    while (true) {
      const left = deadline - Date.now();
      let there: Found | undefined;
      if (left <= 0 || Date.now() >= after || (await readLock(path))) {
        const placed = await this.#files.place(path, device.name);
        if ('file' in placed) return this.#lockOf(device, path, placed);
        there = placed;
        after = 0;
        await knock(path, there);
      }
      if (left <= 0) throw busy(device, there && readHolder(there.text));
      await watch.change(Math.min(LOOK, left));
    }
  }

  #lockOf(device: Device, path: string, placed: Placed): Lock {
    this.#after.delete(path);
    return new FileLock(device, path, placed, this.#pace, async fresh => {
      const { mode } = await placed.file.stat().catch(() => ({ mode: 0 }));
      // We would be back before whoever waits has noticed.
      if (mode & KNOCKED) this.#after.set(path, Date.now() + 2 * LOOK);
      await this.#files.remove(path, placed.text, fresh);
    });
  }

  #sentence(thrown: unknown): string {
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (code === undefined) return messageOf(thrown);
    return `nothing can be put into the lock folder ${this.#folder} (${/^\w+: (.*?)(?:,|$)/.exec(message)?.[1] ?? message})`;
  }
}

/** Tells the holder that somebody waits. Who may not, or comes too late, is served all the same. */
async function knock(path: string, { mode }: Found): Promise<void> {
  if (mode !== 0 && (mode & KNOCKED) === 0) await chmod(path, (mode & 0o777) | KNOCKED).catch(() => {});
}

class FileLock implements Lock {
  /** The file is all that there is to know. */
  readonly outlasts = false;
  readonly #device: Device;
  readonly #path: string;
  readonly #placed: Placed;
  readonly #pace: FilePace;
  readonly #remove: (fresh: boolean) => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  /** When the last sign of life was given. */
  #beaten = now();
  #over = false;

  constructor(device: Device, path: string, placed: Placed, pace: FilePace, remove: (fresh: boolean) => Promise<void>) {
    this.#device = device;
    this.#path = path;
    this.#placed = placed;
    this.#pace = pace;
    this.#remove = remove;
    this.#timer = setInterval(() => void this.#beat(), pace.beat).unref();
  }

  async check(): Promise<void> {
    // After a long sleep somebody may be about to count us as gone: the sign of life comes first, then the look.
    if (since(this.#beaten) > 2 * this.#pace.beat) await this.#beat();
    const there = await readLock(this.#path).catch((thrown: unknown) => {
      throw lockLost(this.#device, `${this.#path} cannot be read (${messageOf(thrown)})`, thrown);
    });
    if (there?.text === this.#placed.text) return;
    const holder = there && readHolder(there.text);
    throw lockLost(
      this.#device,
      holder ? `pid ${holder.pid} on ${holder.host} has it since ${holder.since}` : `somebody took ${this.#path} away`,
    );
  }

  /** By the open file: should another lock stand at the path by now, this gives no sign of life in its name. */
  async #beat(): Promise<void> {
    const beaten = now();
    await this.#placed.file.utimes(new Date(), new Date()).then(
      () => {
        this.#beaten = beaten;
      },
      () => {},
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#timer);
    await this.#remove(since(this.#beaten) < this.#pace.patience / 2);
    await this.#placed.file.close().catch(() => {});
  }
}
