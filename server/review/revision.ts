import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { ChangeError, inShort } from '../errors.ts';

/** Git, kept from writing into the repository and from fetching what it has not. */
const ENVIRONMENT = { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
const MOST = 512 * 1024 * 1024;

/** A folder as it was at a revision, laid out beside the repository; gone at the end of the scope. Nothing is checked out. */
export class Revision implements Disposable {
  /** As it was asked for, and the commit that it is. */
  readonly name: string;
  readonly commit: string;
  /** Takes the place of the folder that was asked about. */
  readonly root: string;
  readonly #top: string;
  readonly #own: string;

  /** @throws ChangeError bad_request: no repository there, or no such revision */
  constructor(folder: string, name: string) {
    this.#top = realpathSync(git(folder, ['rev-parse', '--show-toplevel']).trim());
    this.name = name;
    this.commit = commitOf(folder, name);
    this.#own = realpathSync(mkdtempSync(join(tmpdir(), 'mercury-review-')));
    this.root = join(this.#own, this.#inside(folder) ?? '.');
    mkdirSync(this.root, { recursive: true });
  }

  /** Lays out a file, or all that is below a folder; one that git does not have there is taken as it is now, or left out. */
  layOut(path: string, otherwise: 'as it is' | 'left out' = 'left out'): void {
    const inside = this.#inside(path);
    if (inside === undefined) return;
    const found = entriesOf(this.#top, this.commit, inside);
    if (found.length > 0) this.#write(found);
    else if (otherwise === 'as it is' && existsSync(path)) cpSync(path, this.#ready(inside), { recursive: true });
  }

  /** Where a path of the repository is laid out; a path outside of it stays what it is. */
  at(path: string): string {
    const inside = this.#inside(path);
    return inside === undefined ? path : join(this.#own, inside);
  }

  [Symbol.dispose](): void {
    rmSync(this.#own, { recursive: true, force: true });
  }

  /** From the top of the repository; undefined: it is outside. */
  #inside(path: string): string | undefined {
    const inside = relative(this.#top, existsSync(path) ? realpathSync(path) : path);
    return inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? undefined : inside;
  }

  #ready(path: string): string {
    const whole = join(this.#own, path);
    mkdirSync(dirname(whole), { recursive: true });
    return whole;
  }

  #write(entries: readonly Entry[]): void {
    const texts = blobs(this.#top, entries);
    for (const [nth, { path, link }] of entries.entries()) {
      const whole = this.#ready(path);
      const text = texts[nth] ?? Buffer.alloc(0);
      if (!link) writeFileSync(whole, text);
      // What a link shows would not be what the revision has.
      else if (relative(this.#own, join(dirname(whole), String(text))).startsWith('..') || isAbsolute(String(text)))
        throw new ChangeError('bad_request', `${path} leads out of the repository at ${inShort(this.name)}`);
      else if (!existsSync(whole)) symlinkSync(String(text), whole);
    }
  }
}

interface Entry {
  readonly path: string;
  readonly id: string;
  readonly link: boolean;
}

/** Every file at or below a path: `100644 blob <id>\t<path>`, one after another. */
function entriesOf(top: string, commit: string, path: string): Entry[] {
  const listed = git(top, ['ls-tree', '-r', '-z', '--full-tree', commit, '--', ...(path === '' ? [] : [path])]);
  return listed.split('\0').flatMap(line => {
    const [, mode, type, id, name] = /^(\d+) (\w+) (\w+)\t(.*)$/s.exec(line) ?? [];
    return type === 'blob' && id !== undefined && name !== undefined ? [{ path: name, id, link: mode === '120000' }] : [];
  });
}

/** `<id> blob <size>\n<bytes>\n`, one after another, in the order asked. */
function blobs(top: string, entries: readonly Entry[]): Buffer[] {
  const { stdout, status, stderr } = spawnSync('git', ['-C', top, 'cat-file', '--batch'], {
    input: entries.map(({ id }) => `${id}\n`).join(''),
    env: ENVIRONMENT,
    maxBuffer: MOST,
  });
  if (status !== 0) throw new ChangeError('bad_request', `git cat-file: ${inShort(String(stderr).trim(), 300)}`);
  let from = 0;
  return entries.map(({ path }) => {
    const end = stdout.indexOf('\n', from);
    const size = Number(/^\w+ blob (\d+)$/.exec(stdout.toString('utf8', from, end))?.[1]);
    if (!Number.isInteger(size)) throw new ChangeError('bad_request', `git has not got the text of ${path}: fetch it first`);
    from = end + 1 + size + 1;
    return stdout.subarray(end + 1, end + 1 + size);
  });
}

function commitOf(folder: string, name: string): string {
  try {
    return git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]).trim();
  } catch {
    throw new ChangeError(
      'bad_request',
      `git knows no revision ${inShort(name)} here; a shallow clone has only the last ones (fetch-depth: 0)`,
    );
  }
}

function git(folder: string, words: readonly string[]): string {
  try {
    return execFileSync('git', ['-C', folder, ...words], {
      encoding: 'utf8',
      env: ENVIRONMENT,
      maxBuffer: MOST,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (thrown) {
    const { code, stderr } = thrown as NodeJS.ErrnoException & { stderr?: string };
    const why = code === 'ENOENT' ? 'there is no git here' : inShort((stderr ?? '').trim().split('\n')[0] ?? '', 300);
    throw new ChangeError('bad_request', `git: ${why}`);
  }
}
