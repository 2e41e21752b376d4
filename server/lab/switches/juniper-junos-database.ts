import { complaintsOf } from './juniper-junos-commit.ts';
import { CONFIGURATION } from './juniper-junos-schema.ts';
import { compared, setLines, type Tree } from './juniper-junos-tree.ts';

/** How a user edits: the candidate all share, the same with nobody else changing it, or a copy of one's own. */
export type Editing = 'shared' | 'exclusive' | 'private';

export interface Committed {
  readonly done: boolean;
  readonly text: string;
}

/** How many committed configurations `rollback` reaches back to: 0 is the one in force. */
const KEPT = 50;

/**
 * What is in force, what was, the candidate that all share, and who has locked it.
 * Who may edit and commit beside whom is the CLI guide's "Forms of the configure command"; the words of a lock, of `commit confirmed`
 * and of its prompt were recorded from EX, QFX and vQFX.
 */
export class Database {
  committed: Tree;
  candidate: Tree;
  /** Multiplies the minutes of `commit confirmed`, so that a test need not wait for them. */
  timerScale = 1;
  exclusive: Editor | undefined;
  readonly #before: Tree[] = [];
  /** How the one in force came to be, and those before it. */
  readonly #history = ['root via other'];
  #pending: { readonly timer: NodeJS.Timeout; readonly ends: number; readonly back: Tree } | undefined;

  constructor(committed: Tree) {
    this.committed = committed;
    this.candidate = structuredClone(committed);
  }

  /** Minutes until an unconfirmed commit is rolled back; undefined when there is none. */
  get minutesLeft(): number | undefined {
    if (!this.#pending) return undefined;
    return Math.max(1, Math.ceil((this.#pending.ends - Date.now()) / (60_000 * this.timerScale)));
  }

  /** `rollback n`. */
  earlier(n: number): Tree | undefined {
    return n === 0 ? this.committed : this.#before[n - 1];
  }

  /** A user goes into configuration mode; or why not. */
  open(editing: Editing, who: string): Editor | string {
    if (editing === 'exclusive' && this.exclusive) return lockedBy(this.exclusive);
    if (editing !== 'shared' && !same(this.candidate, this.committed)) {
      return editing === 'exclusive' ? 'error: configuration database modified' : 'error: shared configuration database modified';
    }
    const editor = new Editor(this, editing, who);
    if (editing === 'exclusive') this.exclusive = editor;
    return editor;
  }

  /**
   * `show system commit`: every commit that `rollback` reaches back to. That one was on trial is said of it for good, and below the newest
   * while it still is [recorded on vJunos]. When each was made nobody here knows.
   */
  get commits(): string[] {
    const lines = this.#history.map((how, n) => `${n}   2026-03-02 08:14:11 UTC by ${how}`);
    return [...lines.slice(0, 1), ...(this.#pending ? ['    rollback pending'] : []), ...lines.slice(1)];
  }

  /** Puts a configuration in force. Every commit, also one that changes nothing, is one more step for `rollback` [memory]. */
  activate(next: Tree, how: string): void {
    const untouched = same(this.candidate, this.committed);
    this.#before.unshift(this.committed);
    this.#before.length = Math.min(this.#before.length, KEPT - 1);
    this.#history.unshift(how);
    this.#history.length = Math.min(this.#history.length, KEPT);
    this.committed = structuredClone(next);
    if (untouched) this.candidate = structuredClone(next);
  }

  /** Any commit, and `commit check` too, confirms the one that waits (CLI guide). */
  confirm(): void {
    clearTimeout(this.#pending?.timer);
    this.#pending = undefined;
  }

  /**
   * Rolls back to what was in force before, unless confirmed in time.
   * The roll-back is a commit itself: `rollback 1` then leads back to what it undid.
   */
  expectConfirmation(minutes: number, back: Tree): void {
    this.confirm();
    const wait = minutes * 60_000 * this.timerScale;
    const timer = setTimeout(() => this.endTrial(), wait);
    timer.unref();
    this.#pending = { timer, ends: Date.now() + wait, back };
  }

  /** Has the time of an unconfirmed commit end now, as if it had passed. */
  endTrial(): void {
    const back = this.#pending?.back;
    this.confirm();
    if (back) this.activate(back, 'root via other');
  }

  /** What an unconfirmed commit would be rolled back to. */
  get fallback(): Tree | undefined {
    return this.#pending?.back;
  }
}

/** One user in configuration mode. */
export class Editor {
  readonly editing: Editing;
  readonly who: string;
  readonly #database: Database;
  /** `configure private`: the copy, and what it was copied from. */
  #own: { candidate: Tree; base: Tree } | undefined;

  constructor(database: Database, editing: Editing, who: string) {
    this.#database = database;
    this.editing = editing;
    this.who = who;
    if (editing === 'private') this.#own = { candidate: structuredClone(database.committed), base: database.committed };
  }

  get candidate(): Tree {
    return this.#own?.candidate ?? this.#database.candidate;
  }

  set candidate(tree: Tree) {
    if (this.#own) this.#own = { candidate: tree, base: this.#database.committed };
    else this.#database.candidate = tree;
  }

  get changed(): boolean {
    return !same(this.candidate, this.#own?.base ?? this.#database.committed);
  }

  /** `show | compare`. */
  differences(from = 0): string | undefined {
    const old = this.#database.earlier(from);
    return old && compared(old, this.candidate, CONFIGURATION).join('\n');
  }

  /** Why this user may not change the candidate now. */
  locked(): string | undefined {
    const holder = this.#database.exclusive;
    return holder && holder !== this && this.editing === 'shared' ? lockedBy(holder) : undefined;
  }

  rollback(n: number): string {
    const earlier = this.#database.earlier(n);
    if (!earlier) return `error: rollback ${n} configuration is not available`; // [memory]: the words are not Junos' own
    this.candidate = structuredClone(earlier);
    return 'load complete';
  }

  check(): Committed {
    const complaints = complaintsOf(this.candidate);
    if (complaints.length > 0) return { done: false, text: [...complaints, 'error: configuration check-out failed'].join('\n') };
    this.#database.confirm();
    return { done: true, text: 'configuration check succeeds' };
  }

  /** @param minutes of `commit confirmed` */
  commit(minutes?: number): Committed {
    const refused = this.#refusal(minutes !== undefined);
    if (refused) return { done: false, text: refused };
    const back = this.#database.fallback ?? this.#database.committed;
    const checked = this.check();
    if (!checked.done) return checked;
    const candidate = this.candidate;
    this.#database.activate(candidate, `mercury via cli${minutes === undefined ? '' : ` commit confirmed, rollback in ${minutes}mins`}`);
    if (this.#own) this.#own = { candidate, base: this.#database.committed };
    else this.#database.candidate = structuredClone(candidate);
    if (minutes === undefined) return { done: true, text: `${checked.text}\ncommit complete` };
    this.#database.expectConfirmation(minutes, back);
    return {
      done: true,
      text: `${checked.text}\ncommit confirmed will be automatically rolled back in ${minutes} minutes unless confirmed\ncommit complete`,
    };
  }

  #refusal(confirmed: boolean): string | undefined {
    const holder = this.#database.exclusive;
    if (holder && holder !== this) return lockedBy(holder);
    // The CLI guide rules out `commit confirmed` in private mode; the words here are not Junos' own.
    if (this.#own && confirmed) return 'error: commit confirmed is not supported in configure private mode';
    if (this.#own && this.#own.base !== this.#database.committed) return 'error: configuration database modified';
    return undefined;
  }

  /** Exclusive and private edits go when their user goes; shared ones stay for the next, who commits them unknowingly. */
  leave(): void {
    if (this.editing === 'exclusive') this.#database.candidate = structuredClone(this.#database.committed);
    if (this.#database.exclusive === this) this.#database.exclusive = undefined;
  }
}

function lockedBy({ who, editing }: Editor): string {
  return `error: configuration database locked by:\n  ${who}\n      ${editing} [edit]`;
}

const same = (a: Tree, b: Tree) => textOf(a) === textOf(b);
const textOf = (tree: Tree) => setLines(tree, CONFIGURATION, 'set').join('\n');
