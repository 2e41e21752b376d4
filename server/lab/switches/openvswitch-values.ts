/*
 * Values of the Open vSwitch database as ovs-vsctl reads and prints them.
 * Every text here was recorded from Debian's Open vSwitch 3.1.0 [real], or is named otherwise.
 */

export type Atom = string | number | boolean;
/** A set (a plain value is a set of exactly one), or a map of strings. */
export type Datum = readonly Atom[] | ReadonlyMap<string, string>;

export interface Column {
  readonly of: 'string' | 'integer' | 'boolean' | 'uuid' | 'map';
  /** How many values the set holds. */
  readonly min: number;
  readonly max: number;
  readonly range?: readonly [number, number];
  readonly choices?: readonly string[];
  /** Set when the row is made, never again: `name`. */
  readonly fixed?: boolean;
}

/** What makes ovs-vsctl print a line and exit with 1; nothing of its command line is applied. */
export class Fatal extends Error {
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** Reads the value of `column=value`. @throws Fatal */
export function readDatum(text: string, column: Column): Datum {
  if (column.of === 'map') return readMap(text);
  const reader = new Reader(text, column.max > 1 ? `set of up to ${column.max} ${column.of}s` : column.of);
  const atoms = reader.list('[', ']', () => readAtoms(reader.token(), column)).flat();
  if (atoms.length < column.min) throw new Fatal(`${text}: ${atoms.length} value(s) specified but the minimum number is ${column.min}`);
  if (atoms.length > column.max) throw new Fatal(`${text}: ${atoms.length} value(s) specified but the maximum number is ${column.max}`);
  if (new Set(atoms).size < atoms.length) throw new Fatal(`${text}: set contains duplicate value`);
  return sorted(atoms);
}

function readMap(text: string): Datum {
  const reader = new Reader(text, 'map');
  const pairs = reader.list('{', '}', () => {
    const key = readString(reader.token());
    reader.equals();
    return [key, readString(reader.token())] as const;
  });
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Fatal(`${text}: map contains duplicate key`);
  return sortedMap(pairs);
}

/** Reads `column:key=value`'s value: all of it is one string, commas, blanks and braces included. @throws Fatal */
export function readString(text: string): string {
  if (text === '') throw new Fatal('An empty string is not valid as input; use "" to represent the empty string');
  if (!text.startsWith('"')) return text;
  // Only a value that starts with a quote is read as a quoted one: it loses its quotes, or the command fails.
  if (text.length < 2 || !text.endsWith('"')) throw new Fatal(`${text}: missing quote at end of quoted string`);
  const bad = /^(?:[^\\]|\\["\\/bfnrtu])*\\([^"\\/bfnrtu])/.exec(text);
  if (bad) throw new Fatal(`${text}: bad escape \\${bad[1]}`);
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new Fatal(`${text}: quoted string may not include unescaped "`);
  }
}

/** One token: an atom, or for integers a range `30-35` (every release since 2.7.0, its NEWS says). */
function readAtoms(token: string, column: Column): Atom[] {
  if (column.of === 'boolean') return [readBoolean(token)];
  if (column.of === 'string') return [chosen(readString(token), column)];
  if (column.of === 'uuid') return [readUuid(token)];
  const match = /^(-?\d+)(?:-(\d+))?$/.exec(token.trim());
  if (!match) throw new Fatal(`"${token}" is not a valid integer or range`);
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (last < first) throw new Fatal(`"${token}" is not a valid range. Range end cannot be before start.`);
  for (const id of [first, last]) checkRange(id, column);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function checkRange(id: number, { range }: Column): void {
  if (!range || (id >= range[0] && id <= range[1])) return;
  if (range[1] === Number.POSITIVE_INFINITY) throw new Fatal(`constraint violation: ${id} is less than minimum allowed value ${range[0]}`);
  throw new Fatal(`constraint violation: ${id} is not in the valid range ${range[0]} to ${range[1]} (inclusive)`);
}

function readBoolean(token: string): boolean {
  if (/^(?:true|yes|on|1)$/.test(token)) return true;
  if (/^(?:false|no|off|0)$/.test(token)) return false;
  throw new Fatal(`"${token}" is not a valid boolean (use "true" or "false")`);
}

function readUuid(token: string): string {
  if (UUID.test(token)) return token.toLowerCase();
  throw new Fatal(`"${token}" is not a valid UUID`);
}

function chosen(text: string, { choices }: Column): string {
  if (!choices || choices.includes(text)) return text;
  throw new Fatal(`constraint violation: ${text} is not one of the allowed values ([${[...choices].sort().join(', ')}])`);
}

/** Walks a value: tokens end at a delimiter, a backslash or quotes take the delimiters' meaning away. */
class Reader {
  readonly #text: string;
  readonly #what: string;
  #at = 0;

  constructor(text: string, what: string) {
    this.#text = text;
    this.#what = what;
  }

  list<T>(open: string, close: string, item: () => T): T[] {
    const items: T[] = [];
    this.#blanks();
    if (this.#at >= this.#text.length) throw new Fatal(`use "${open}${close}" to specify the empty ${open === '{' ? 'map' : 'set'}`);
    const bracketed = this.#text[this.#at] === open;
    if (bracketed) this.#at += 1;
    this.#blanks();
    while (this.#at < this.#text.length && !(bracketed && this.#text[this.#at] === close)) {
      items.push(item());
      this.#blanks();
      if (this.#text[this.#at] === ',') this.#at += 1;
      this.#blanks();
    }
    if (!bracketed) return items;
    if (this.#at >= this.#text.length) throw new Fatal(`${this.#text}: missing "${close}" at end of data`);
    if (this.#text.slice(this.#at + 1).trim() !== '') throw new Fatal(`${this.#text}: trailing garbage after "${close}"`);
    return items;
  }

  token(): string {
    const rest = this.#text.slice(this.#at);
    if (/^"(?:[^"\\]|\\.)*$/.test(rest)) throw new Fatal(`${rest}: quoted string extends past end of argument`);
    const match = /^(?:"(?:[^"\\]|\\.)*"|(?:\\.|[^:=, [\]{}!<>\\"]|(?!^)")+)/.exec(rest);
    if (!match) throw new Fatal(`${this.#text}: unexpected "${this.#text[this.#at] ?? ''}" parsing ${this.#what}`);
    this.#at += match[0].length;
    return match[0].startsWith('"') ? match[0] : match[0].replace(/\\(.)/g, '$1');
  }

  equals(): void {
    const letter = this.#text[this.#at];
    // At the end of the text the real message is cut short by the NUL it prints.
    if (letter !== '=') throw new Fatal(`${this.#text}: syntax error at "${letter === undefined ? '' : `${letter}" expecting "="`}`);
    this.#at += 1;
  }

  #blanks(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1;
  }
}

/** `100`, `[20, 30]`, `[]`, `{iface-status=active, note="two words"}`: as `get`, `list` and `show` print it. */
export function printDatum(datum: Datum, column: Column): string {
  if (isMap(datum)) return `{${[...datum].map(([key, value]) => `${printAtom(key)}=${printAtom(value)}`).join(', ')}}`;
  const atoms = datum.map(column.of === 'uuid' ? String : printAtom).join(', ');
  return column.max > 1 || datum.length === 0 ? `[${atoms}]` : atoms;
}

/** Bare if it looks like an identifier; all else is a JSON string: `"fa:16:3e:00:00:01"`, `"550e8400-…"`, `"true"`. */
export function printAtom(atom: Atom): string {
  if (typeof atom !== 'string') return String(atom);
  const bare = /^[A-Za-z_][\w.-]*$/.test(atom) && !/^(?:true|false)$/.test(atom) && !UUID.test(atom);
  return bare ? atom : JSON.stringify(atom);
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** As `--format=json` encodes it (RFC 7047): a set of one is the bare value. */
export function jsonDatum(datum: Datum, column?: Column): unknown {
  if (isMap(datum)) return ['map', [...datum]];
  const atoms = column?.of === 'uuid' ? datum.map(atom => ['uuid', atom]) : datum;
  return atoms.length === 1 ? atoms[0] : ['set', atoms];
}

export function isMap(datum: Datum): datum is ReadonlyMap<string, string> {
  return datum instanceof Map;
}

export function sameDatum(a: Datum, b: Datum): boolean {
  return JSON.stringify(jsonDatum(a)) === JSON.stringify(jsonDatum(b));
}

export function sorted(atoms: readonly Atom[]): Atom[] {
  return [...atoms].sort((a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : a < b ? -1 : 1));
}

export function sortedMap(pairs: Iterable<readonly [string, string]>): ReadonlyMap<string, string> {
  return new Map([...new Map(pairs)].sort(([a], [b]) => (a < b ? -1 : 1)));
}
