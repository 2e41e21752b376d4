/**
 * A Junos configuration: a tree of statements, changed by `set` and `delete`, printed as set lines, in braces, or as a difference.
 * Every level is a map: a container maps statement names, a list its keys, a leaf its one value, a leaf-list its values, a flag nothing.
 */
export interface Tree extends Map<string, Tree> {}

/** What Junos says to a value it does not take; undefined when it takes it. */
export type Complaint = (value: string) => string | undefined;

/** What may stand at a place of the tree. */
export interface Statement {
  readonly is: 'container' | 'list' | 'leaf' | 'leaf-list' | 'flag';
  /** Of a container: its statements, in the order Junos prints them. */
  readonly has?: Readonly<Record<string, Statement>>;
  /** Of a list: what each entry is. */
  readonly entry?: Statement;
  /** Of a list its keys, of a leaf its value; of a container the one value that stands among its statements: `802.3ad ae0`. */
  readonly takes?: Complaint;
  /** Of a flag: those beside it that go when it is set. */
  readonly replaces?: readonly string[];
  /** Stays when the last statement inside it is deleted: list entries, and containers that mean something when empty. */
  readonly stays?: boolean;
  /** Its name is printed on the line of what is inside it: `unit 0`, `family inet`. */
  readonly inline?: boolean;
}

/** A word of a command line: what it says, and where it stands. */
export interface Word {
  readonly text: string;
  readonly at: number;
  /** In quotes: a bracket is then text like any other. */
  readonly quoted?: boolean;
}

export interface Place {
  readonly path: readonly string[];
  readonly values: readonly string[];
  readonly statement: Statement;
}
export interface Wrong {
  readonly wrong: string;
  /** Column of the word that is wrong; absent when there is one too few. */
  readonly at?: number;
}

/** Words of a command line. Quotes keep spaces, square brackets are words of their own. Undefined: a quote is not closed. */
export function wordsOf(line: string, from = 0): Word[] | undefined {
  const words: Word[] = [];
  const word = /\s*(?:"((?:[^"\\]|\\.)*)"(?=\s|$)|([[\]])|([^\s"[\]]+))\s*/y;
  while (word.lastIndex < line.length) {
    const start = word.lastIndex + (/^\s*/.exec(line.slice(word.lastIndex))?.[0].length ?? 0);
    const match = word.exec(line);
    if (!match) return undefined;
    words.push({ text: match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? match[3] ?? '', at: from + start, quoted: match[1] !== undefined });
  }
  return words;
}

/** Where in the configuration the words lead. Several values come in square brackets. */
export function placeOf(root: Statement, words: readonly Word[]): Place | Wrong {
  const path: string[] = [];
  let statement = root;
  for (const [i, { text, at }] of words.entries()) {
    const next = statement.is === 'container' ? ownOf(statement, text) : statement.entry;
    if (!next && statement.takes) return valuesAt(statement, path, words.slice(i));
    if (!next) return { wrong: 'syntax error.', at };
    const complaint = statement.is === 'list' ? statement.takes?.(text) : undefined;
    if (complaint) return { wrong: complaint, at };
    path.push(text);
    statement = next;
  }
  return { path, values: [], statement };
}

function valuesAt(statement: Statement, path: readonly string[], words: readonly Word[]): Place | Wrong {
  const bracket = (word: Word | undefined) => (word?.quoted ? undefined : /^[[\]]$/.exec(word?.text ?? '')?.[0]);
  const open = statement.is === 'leaf-list' && bracket(words[0]) === '[';
  if (open && bracket(words.at(-1)) !== ']') return { wrong: 'missing argument.' };
  const values = open ? words.slice(1, -1) : words;
  const extra = open ? undefined : values[1];
  if (extra) return { wrong: 'syntax error.', at: extra.at };
  for (const value of values) {
    const complaint = bracket(value) === undefined ? statement.takes?.(value.text) : 'syntax error.';
    if (complaint) return { wrong: complaint, at: value.at };
  }
  return { path, values: values.map(({ text }) => text), statement };
}

const ownOf = (statement: Statement, name: string) => (Object.hasOwn(statement.has ?? {}, name) ? statement.has?.[name] : undefined);

/** What a path leads to in a tree, if it is there. */
export function branchAt(tree: Tree, path: readonly string[]): Tree | undefined {
  let here: Tree | undefined = tree;
  for (const step of path) here = here?.get(step);
  return here;
}

/** `set`: a leaf's value, or that of a container, replaces the one before; a leaf-list's value joins those that are there. */
export function put(tree: Tree, { path, values, statement }: Place): void {
  let here = tree;
  for (const step of path) {
    const next = here.get(step) ?? new Map();
    here.set(step, next);
    here = next;
  }
  if (values.length > 0 && statement.is !== 'leaf-list') for (const before of valuesIn(here, statement)) here.delete(before);
  for (const value of values) here.set(value, new Map());
  for (const other of statement.replaces ?? []) branchAt(tree, path.slice(0, -1))?.delete(other);
}

/** `delete`: false when it was not there. What is left empty above goes too, unless it is of those that stay. */
export function remove(tree: Tree, root: Statement, { path, values }: Place): boolean {
  const some = values.length > 0;
  const parent = branchAt(tree, some ? path : path.slice(0, -1));
  const gone = (some ? values : path.slice(-1)).filter(name => parent?.delete(name));
  prune(tree, root, some ? path : path.slice(0, -1));
  return gone.length > 0;
}

function prune(tree: Tree, statement: Statement, path: readonly string[]): void {
  const [name, ...rest] = path;
  const branch = name === undefined ? undefined : tree.get(name);
  const inner = name === undefined ? undefined : statement.is === 'list' ? statement.entry : ownOf(statement, name);
  if (name === undefined || !branch || !inner) return;
  prune(branch, inner, rest);
  if (branch.size === 0 && !inner.stays) tree.delete(name);
}

/** One thing inside a statement, under the name it is printed with. */
interface Part {
  readonly label: string;
  readonly tree: Tree;
  readonly statement: Statement;
}

/** What stands in a tree and is no statement of its own there. */
const valuesIn = (tree: Tree, statement: Statement) => [...tree.keys()].filter(name => !ownOf(statement, name));

const VALUE: Statement = { is: 'flag' };

function partsOf(tree: Tree, statement: Statement): Part[] {
  const isList = statement.is === 'list';
  const names = isList ? [...tree.keys()].sort(byNumber) : [...Object.keys(statement.has ?? {}), ...valuesIn(tree, statement)];
  return names.flatMap(name => {
    const branch = tree.get(name);
    const inner = isList ? statement.entry : (ownOf(statement, name) ?? VALUE);
    if (!branch || !inner) return [];
    if (!inner.inline) return [{ label: name, tree: branch, statement: inner }];
    return partsOf(branch, inner).map(part => ({ ...part, label: `${name} ${part.label}` }));
  });
}

const byNumber = new Intl.Collator('en', { numeric: true }).compare;
const holdsMore = ({ is }: Statement) => is === 'container' || is === 'list';

/** `| display set`. */
export function setLines(tree: Tree, statement: Statement, prefix: string): string[] {
  if (statement.is === 'flag') return [prefix];
  if (!holdsMore(statement)) return [...tree.keys()].map(value => `${prefix} ${quoted(value)}`);
  const parts = partsOf(tree, statement);
  if (parts.length === 0) return statement.stays ? [prefix] : [];
  return parts.flatMap(part => setLines(part.tree, part.statement, `${prefix} ${part.label}`));
}

/** What is inside a place, in braces, as `show` prints it. */
export function braces(tree: Tree, statement: Statement, indent = ''): string[] {
  return partsOf(tree, statement).flatMap(part => braced(part, indent));
}

function braced({ label, tree, statement }: Part, indent: string): string[] {
  const values = [...tree.keys()].map(quoted);
  if (statement.is === 'flag') return [`${indent}${label};`];
  if (!holdsMore(statement)) return [`${indent}${label} ${values.length === 1 ? values[0] : `[ ${values.join(' ')} ]`};`];
  // A value that stands there alone goes on the line: `802.3ad ae0;`.
  if (statement.is === 'container' && values.length === 1 && valuesIn(tree, statement).length === 1)
    return [`${indent}${label} ${values[0]};`];
  const inside = braces(tree, statement, `${indent}    `);
  return inside.length === 0 ? [`${indent}${label};`] : [`${indent}${label} {`, ...inside, `${indent}}`];
}

/** `show | compare`: what `after` has more or less than `before`, below a header that says where. */
export function compared(before: Tree, after: Tree, statement: Statement, path: readonly string[] = []): string[] {
  const old = partsOf(before, statement);
  const young = partsOf(after, statement);
  const labels = [...new Set([...old, ...young].map(part => part.label))];
  const own: string[] = [];
  const below: string[] = [];
  for (const label of labels) {
    const [a, b] = [old, young].map(parts => parts.find(part => part.label === label));
    const indent = path.length === 0 ? '  ' : '   ';
    if (a && b && holdsMore(a.statement)) below.push(...compared(a.tree, b.tree, a.statement, [...path, label]));
    else own.push(...marked('-', without(a, b), indent), ...marked('+', without(b, a), indent));
  }
  return own.length === 0 ? below : [`[edit${path.map(step => ` ${step}`).join('')}]`, ...own, ...below];
}

/** The part of `a` that `b` does not have: values that both hold are not printed. */
function without(a: Part | undefined, b: Part | undefined): Part | undefined {
  if (!a || !b) return a;
  const rest = new Map([...a.tree].filter(([value]) => !b.tree.has(value)));
  return rest.size === 0 ? undefined : { ...a, tree: rest };
}

function marked(sign: string, part: Part | undefined, indent: string): string[] {
  return part ? braced(part, indent).map(line => `${sign}${line}`) : [];
}

const quoted = (value: string) => (/^[\w./:@,*-]+$/.test(value) ? value : `"${value.replace(/(["\\])/g, '\\$1')}"`);
