import { readFileSync } from 'node:fs';
import {
  CORE_SCHEMA,
  constructFromEvents,
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type TagDefinition,
  YAMLException,
} from 'js-yaml';
import type { Place } from '../model.ts';
import { LibraryError } from './complaints.ts';

type Path = readonly PropertyKey[];

/** A YAML file's value, and the line of everything in it. */
export interface YamlFile {
  readonly file: string;
  readonly value: unknown;
  /** Where the node at `path` stands; the nearest ancestor's place for a path that leads nowhere. */
  at(path: Path): Place;
  /** Where the key itself stands, for complaints about a key. */
  atKey(path: Path): Place;
  /** How the text at `path` is written: `|` keeps its lines, `>` makes them one, anything else stands on one line. */
  style(path: Path): Style;
}

export type Style = 'literal' | 'folded' | 'inline';

/** Position of a node and its children; a mapping's children go by key, a sequence's by index. */
interface Node {
  readonly offset: number;
  readonly keyOffset: number;
  readonly style?: Style;
  readonly children: Map<string, Node>;
}

/**
 * Reads one document.
 * @throws LibraryError with the line, when the file cannot be read or is not YAML
 */
export function readYaml(path: string, file = path): YamlFile {
  return parseYaml(readText(path, file), file);
}

export function readText(path: string, file = path): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code ?? String(thrown)})`;
    throw new LibraryError([{ place: { file, line: 1 }, message: why }]);
  }
}

/** `tags`: those that the file may use besides YAML's own. */
export function parseYaml(source: string, file: string, tags: readonly TagDefinition[] = []): YamlFile {
  try {
    const events = parseEvents(source, { filename: file });
    const [value, ...more] = constructFromEvents(events, { source, filename: file, schema: CORE_SCHEMA.withTags(tags) });
    const positions = new Positions(events, source);
    const root = positions.read();
    const place = (offset: number): Place => ({ file, line: lineOf(source, offset) });
    if (more.length > 0) {
      throw new LibraryError([{ place: place(positions.read().offset), message: 'a second document begins here; a file holds one' }]);
    }
    return {
      file,
      value: value ?? null,
      at: path => place(find(root, path).offset),
      atKey: path => place(find(root, path).keyOffset),
      style: path => find(root, path).style ?? 'inline',
    };
  } catch (thrown) {
    if (!(thrown instanceof YAMLException)) throw thrown;
    throw new LibraryError([{ place: { file, line: (thrown.mark?.line ?? 0) + 1 }, message: `not YAML: ${thrown.reason}` }]);
  }
}

function find(root: Node, path: Path): Node {
  let node = root;
  for (const key of path) {
    const child = node.children.get(String(key));
    if (!child) return node;
    node = child;
  }
  return node;
}

function lineOf(source: string, offset: number): number {
  let line = 1;
  for (let i = source.indexOf('\n'); i >= 0 && i < offset; i = source.indexOf('\n', i + 1)) line += 1;
  return line;
}

/** Walks the flat event stream, a document at a time, and builds the tree of positions. An alias stands where its anchor stands. */
class Positions {
  readonly #events: readonly Event[];
  readonly #source: string;
  readonly #anchors = new Map<string, Node>();
  #next = 0;

  constructor(events: readonly Event[], source: string) {
    this.#events = events;
    this.#source = source;
  }

  read(): Node {
    while ([EVENT_ID.DOCUMENT, EVENT_ID.POP].some(id => id === this.#events[this.#next]?.type)) this.#next += 1;
    return this.#events[this.#next] ? this.#node(0) : { offset: 0, keyOffset: 0, children: new Map() };
  }

  #node(keyOffset: number): Node {
    const event = this.#events[this.#next++];
    const children = new Map<string, Node>();
    if (!event) return { offset: keyOffset, keyOffset, children };
    if (event.type === EVENT_ID.ALIAS) {
      const known = this.#anchors.get(this.#source.slice(event.anchorStart, event.anchorEnd));
      return { ...known, offset: known?.offset ?? event.anchorStart, keyOffset, children: known?.children ?? children };
    }
    if (event.type === EVENT_ID.SCALAR) {
      const style =
        event.style === SCALAR_STYLE.LITERAL_BLOCK ? 'literal' : event.style === SCALAR_STYLE.FOLDED_BLOCK ? 'folded' : 'inline';
      return this.#remember(event, { offset: event.valueStart < 0 ? keyOffset : event.valueStart, keyOffset, style, children });
    }
    if (event.type !== EVENT_ID.MAPPING && event.type !== EVENT_ID.SEQUENCE) return { offset: keyOffset, keyOffset, children };
    const node = this.#remember(event, { offset: event.start, keyOffset, children });
    for (let index = 0; this.#events[this.#next]?.type !== EVENT_ID.POP && this.#next < this.#events.length; index += 1) {
      if (event.type === EVENT_ID.SEQUENCE) children.set(String(index), this.#node(this.#offsetOf(this.#events[this.#next])));
      else this.#pair(children);
    }
    this.#next += 1;
    return node;
  }

  #pair(children: Map<string, Node>): void {
    const key = this.#events[this.#next];
    const keyOffset = this.#offsetOf(key);
    if (key?.type !== EVENT_ID.SCALAR) {
      this.#node(keyOffset);
      this.#node(keyOffset);
      return;
    }
    this.#next += 1;
    children.set(getScalarValue(this.#source, key), this.#node(keyOffset));
  }

  #offsetOf(event: Event | undefined): number {
    if (event === undefined) return 0;
    if (event.type === EVENT_ID.SCALAR) return Math.max(event.valueStart, 0);
    if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) return event.start;
    return event.type === EVENT_ID.ALIAS ? event.anchorStart : 0;
  }

  #remember(event: { anchorStart: number; anchorEnd: number }, node: Node): Node {
    if (event.anchorStart >= 0) this.#anchors.set(this.#source.slice(event.anchorStart, event.anchorEnd), node);
    return node;
  }
}
