import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, link, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readHolder } from './lock.ts';
import { isGone, type Owner, thisProcess } from './owner.ts';

/** A lock file as it was found. */
export interface Found {
  readonly text: string;
  readonly mtimeMs: number;
  readonly mode: number;
}

/** A lock file of ours, and open: its own time can be set, whatever stands at its path by then. */
export interface Placed {
  readonly text: string;
  readonly file: FileHandle;
}

/**
 * Lock files in one folder: put there whole or not at all, and taken from an owner who is gone by one process only.
 *
 * Two that find the same dead lock must not both replace it, and no system call replaces a file only if it is still the same. So the
 * right to replace one lock is a lock too, named after it and its text, which never comes again: whoever has that looks once more and
 * renames its own file over the dead one. Nobody else may touch it meanwhile, and at no moment is there none. Whoever dies in between
 * leaves a dead lock behind, which is replaced in the same way.
 */
export class LockFiles {
  /** How long a lock stays as it is before its owner, of whom nothing else can be known, counts as gone: milliseconds. */
  readonly #patience: number;
  /** When each lock of such an owner was first seen as it is. Our own clock: those of two machines differ. */
  readonly #seen = new Map<string, Found & { readonly since: number }>();
  /** Texts of ours that could not be taken away. */
  readonly #left = new Set<string>();

  constructor(patience: number) {
    this.#patience = patience;
  }

  /**
   * Puts a lock of this process there, or gives what is in the way. `tidy`: looks for what others left beside it, even if nobody did.
   * @throws what the file system says
   */
  async place(path: string, device: string, tidy = false): Promise<Placed | Found> {
    const there = await readLock(path);
    if (there && !this.#isAbandoned(path, there)) return there;
    const text = `${JSON.stringify({ device, ...thisProcess(), nonce: randomUUID() })}\n`;
    const draft = `${path}+${draftName()}`;
    const file = await open(draft, 'wx', 0o644);
    let placed = false;
    try {
      await file.writeFile(text);
      placed = there ? await this.#instead(path, there, () => rename(draft, path)) : await linked(draft, path);
    } finally {
      // Renamed, it is gone already.
      if (!there || !placed) await unlink(draft).catch(() => {});
      if (!placed) await file.close();
    }
    if (!placed) return (await readLock(path)) ?? NOTHING;
    this.#seen.delete(path);
    if (there || tidy) await this.#sweep(path, text);
    return { text, file };
  }

  /** Takes a lock of ours away. `fresh`: nobody else can hold it for abandoned. Never throws. */
  async remove(path: string, text: string, fresh: boolean): Promise<void> {
    try {
      const there = await readLock(path);
      if (there?.text !== text) return;
      if (fresh) await unlink(path);
      else await this.#instead(path, there, () => unlink(path));
    } catch {
      // Read-only by now, or out of reach. Others see from it that this process lives; we know better.
      this.#left.add(text);
    }
  }

  /** Takes away what was left in a folder by processes that were killed: whoever takes a lock over may tidy up beside it. */
  async tidy(folder: string): Promise<void> {
    const locks = (await readdir(folder)).map(name => name.split(/[+~]/)[0] ?? '').filter(name => name.endsWith('.lock'));
    for (const path of new Set(locks.map(name => join(folder, name)))) {
      const placed = await this.place(path, '', true);
      if (!('file' in placed)) continue;
      await placed.file.close();
      await this.remove(path, placed.text, true);
    }
  }

  /** Does something about a lock whose owner is gone, as the only one. Answers whether it was done. */
  async #instead(path: string, there: Found, work: () => Promise<void>): Promise<boolean> {
    const claim = `${path}~${nameOf(there.text)}`;
    const ours = await this.place(claim, '');
    if (!('file' in ours)) return false;
    try {
      const now = await readLock(path);
      if (now?.text !== there.text || now.mtimeMs !== there.mtimeMs) return false;
      await work();
      return true;
    } finally {
      await ours.file.close().catch(() => {});
      await unlink(claim).catch(() => this.#left.add(ours.text));
    }
  }

  #isAbandoned(path: string, found: Found): boolean {
    if (this.#left.has(found.text)) return true;
    const owner = ownerOf(found.text);
    const gone = owner && isGone(owner);
    if (gone !== undefined) return gone;
    const seen = this.#seen.get(path);
    if (seen?.text === found.text && seen.mtimeMs === found.mtimeMs) return performance.now() - seen.since > this.#patience;
    this.#seen.set(path, { ...found, since: performance.now() });
    return false;
  }

  /** Takes away what those left who were killed while they put a file here, or replaced one that is no more. */
  async #sweep(path: string, current: string): Promise<void> {
    const [folder, name] = [dirname(path), basename(path)];
    for (const other of await readdir(folder).catch(() => [])) {
      if (!other.startsWith(`${name}+`) && !other.startsWith(`${name}~`)) continue;
      if (other.startsWith(`${name}~${nameOf(current)}`)) continue;
      const there = await readLock(join(folder, other)).catch(() => undefined);
      const owner = other.includes('+') ? draftedBy(other) : there && ownerOf(there.text);
      if (there && ((owner && isGone(owner)) ?? Date.now() - there.mtimeMs > AN_HOUR)) await unlink(join(folder, other)).catch(() => {});
    }
  }
}

const AN_HOUR = 3_600_000;
/** It was there, and then it was not. */
const NOTHING: Found = { text: '', mtimeMs: 0, mode: 0 };

/** @throws what the file system says, unless there is none */
export async function readLock(path: string): Promise<Found | undefined> {
  const file = await open(path).catch(ignoreNone);
  if (!file) return undefined;
  try {
    const { mtimeMs, mode } = await file.stat();
    return { text: await file.readFile('utf8'), mtimeMs, mode };
  } finally {
    await file.close();
  }
}

/** Gives a file a second name, unless that is taken. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
    // NFS may answer so to its own second try.
    return (await stat(draft)).nlink > 1;
  }
}

function ownerOf(text: string): Owner | undefined {
  const holder = readHolder(text);
  if (!holder || holder.pid <= 0 || typeof holder.started !== 'string' || typeof holder.scope !== 'string') return undefined;
  return { ...holder, started: holder.started, scope: holder.scope };
}

/** A draft may be cut short before it says whose it is: its name does. */
function draftName(): string {
  const { pid, started, scope } = thisProcess();
  return [pid, started, nameOf(scope), randomUUID()].join('.');
}

function draftedBy(name: string): Pick<Owner, 'pid' | 'started' | 'scope'> {
  const [pid, started = '', where] = name.slice(name.lastIndexOf('+') + 1).split('.');
  const { scope } = thisProcess();
  return { pid: Number(pid), started, scope: where === nameOf(scope) ? scope : '' };
}

const nameOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
const codeOf = (thrown: unknown) => (thrown as NodeJS.ErrnoException).code;

function ignoreNone(thrown: unknown): undefined {
  if (codeOf(thrown) !== 'ENOENT') throw thrown;
  return undefined;
}
