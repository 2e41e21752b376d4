import type { Place } from '../../model.ts';
import { Complaints } from '../complaints.ts';
import type { Placed } from './foreign.ts';
import type { Notes } from './notes.ts';

export interface IniSection {
  readonly name: string;
  readonly place: Place;
  /** In their order; a key may be there more than once. */
  readonly values: readonly Placed[];
}

/**
 * Reads INI text as oslo.config reads it: `#` and `;` begin a comment only at the very start of a line, `=` or `:` ends a key, one pair of
 * quotes around a value goes, a line that begins with a blank continues the value above it, sections of one name are one section.
 * Nothing is put in place of `$name`: oslo.config does that for options it was told of, and those of a switch are not among them.
 * @throws LibraryError with every line that oslo.config would stop at. A line's text may be a secret and is not shown.
 */
export function parseIni(text: string, file: string): IniSection[] {
  const complaints = new Complaints();
  const sections = new Map<string, IniSection & { readonly values: Placed[] }>();
  let section: { readonly values: Placed[] } | undefined;
  let open: { key: string; text: string; place: Place } | undefined;
  for (const [i, raw] of linesOf(text).entries()) {
    const line = raw.trimEnd();
    const place = { file, line: i + 1 };
    if (/^[ \t]/.test(line)) {
      if (open) open.text += `\n${line.trimStart()}`;
      else complaints.add(place, 'begins with a blank, so it would continue a value; there is none right above it');
      continue;
    }
    open = undefined;
    if (line === '' || /^[#;]/.test(line)) continue;
    if (line.startsWith('[')) {
      const name = line.slice(1, -1);
      if (!line.endsWith(']') || name === '') complaints.add(place, 'a section is written [name], and nothing else on its line');
      const known = sections.get(name) ?? { name, place, values: [] };
      sections.set(name, known);
      section = known;
      continue;
    }
    const assignment = /^([^=:]*)[=:](.*)$/s.exec(line);
    const key = assignment?.[1]?.trim();
    if (!assignment) complaints.add(place, 'is neither a comment, a [section] nor `key = value`');
    else if (!key) complaints.add(place, 'has no key before its = or :');
    else {
      open = { key, text: unquoted((assignment[2] ?? '').trim()), place };
      if (section) section.values.push(open);
      else complaints.add(place, 'stands before any [section]');
    }
  }
  complaints.throwIfAny();
  return [...sections.values()];
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

function unquoted(text: string): string {
  return /^["']/.test(text) && text.at(-1) === text[0] ? text.slice(1, -1) : text;
}

/** The keys of a section, each handed out once; what nobody asked for is left over. */
export class Keys {
  readonly section: IniSection;
  readonly #values = new Map<string, Placed>();

  constructor(section: IniSection, notes: Notes) {
    this.section = section;
    for (const value of section.values) {
      const first = this.#values.get(value.key);
      // Both services take the first of the values that oslo.config gives them.
      if (first)
        notes.todo(value.place, `[${section.name}]: ${value.key} is there twice; the first one counted, in line ${first.place.line}`);
      else this.#values.set(value.key, value);
    }
  }

  /** A key without a value is as good as none. */
  take(key: string): Placed | undefined {
    const value = this.takeBlank(key);
    return value?.text === '' ? undefined : value;
  }

  /** The same, where a blank says something. */
  takeBlank(key: string): Placed | undefined {
    const value = this.#values.get(key);
    this.#values.delete(key);
    return value;
  }

  get rest(): readonly Placed[] {
    return [...this.#values.values()];
  }
}
