import type { Reply } from './switch.ts';

/** A command of a switch, word by word: literals, `<kind>` for a value the kind's pattern accepts, `<rest>` for the rest of the line. */
interface Rule<C> {
  readonly words: readonly string[];
  readonly run: (context: C, ...values: string[]) => Reply;
}

export type Match<C> =
  | { readonly found: true; readonly run: (context: C) => Reply }
  | {
      readonly found: false;
      readonly why: 'unknown' | 'incomplete' /** Column of the first word that does not fit. */;
      readonly column: number;
    };

/**
 * The exact commands of a CLI, by mode. Deliberately knows no abbreviations: a real switch takes `sh run`,
 * a playbook must not rely on it, and a typo must never be read as an abbreviation of something else.
 */
export class Grammar<C> {
  readonly #kinds: Readonly<Record<string, RegExp>>;
  readonly #rules = new Map<string, Rule<C>[]>();

  /** @param kinds what each `<kind>` accepts, anchored. */
  constructor(kinds: Readonly<Record<string, RegExp>>) {
    this.#kinds = kinds;
  }

  /** Adds commands to a mode: syntax → what it does. */
  in(mode: string, commands: Readonly<Record<string, Rule<C>['run']>>): this {
    const rules = this.#rules.get(mode) ?? [];
    for (const [syntax, run] of Object.entries(commands)) {
      const words = syntax.split(' ');
      const unknown = words.find(word => word.startsWith('<') && word !== '<rest>' && !(word.slice(1, -1) in this.#kinds));
      if (unknown) throw new Error(`lab grammar: ${syntax}: no kind ${unknown}`);
      rules.push({ words, run });
    }
    this.#rules.set(mode, rules);
    return this;
  }

  /** The command that `line` is in the first of `modes` that knows it; else how far it was understood. */
  match(modes: readonly string[], line: string): Match<C> {
    let best: Match<C> & { found: false } = { found: false, why: 'unknown', column: line.search(/\S/) };
    for (const mode of modes) {
      for (const rule of this.#rules.get(mode) ?? []) {
        const outcome = this.#fit(rule, line);
        if (outcome.found) return outcome;
        if (outcome.column > best.column || (outcome.column === best.column && outcome.why === 'incomplete')) best = outcome;
      }
    }
    return best;
  }

  #fit(rule: Rule<C>, line: string): Match<C> {
    const values: string[] = [];
    const words = [...line.matchAll(/\S+/g)];
    for (const [i, want] of rule.words.entries()) {
      const word = words[i];
      if (!word) return { found: false, why: 'incomplete', column: line.length };
      if (want === '<rest>') {
        values.push(line.slice(word.index).trimEnd());
        return { found: true, run: context => rule.run(context, ...values) };
      }
      if (!this.#accepts(want, word[0])) return { found: false, why: 'unknown', column: word.index };
      if (want.startsWith('<')) values.push(word[0]);
    }
    const extra = words[rule.words.length];
    if (extra) return { found: false, why: 'unknown', column: extra.index };
    return { found: true, run: context => rule.run(context, ...values) };
  }

  #accepts(want: string, word: string): boolean {
    if (!want.startsWith('<')) return want === word;
    return this.#kinds[want.slice(1, -1)]?.test(word) ?? false;
  }
}

/** Cuts a `| include RE` style filter off a line: the filters of IOS-like CLIs, applied to the text a show printed. */
export function filtered(
  text: string,
  filter: string,
  verbs: { include?: string; exclude?: string; section?: string },
): string | undefined {
  const match = /^(\S+) (.+)$/.exec(filter);
  if (!match?.[1] || !match[2]) return undefined;
  const [, verb, source] = match;
  const wanted = patternOf(source);
  if (!wanted) return undefined;
  const lines = text.split('\n');
  if (verb === verbs.include) return lines.filter(line => wanted.test(line)).join('\n');
  if (verb === verbs.exclude) return lines.filter(line => !wanted.test(line)).join('\n');
  if (verb === verbs.section) return sections(lines, wanted).join('\n');
  return undefined;
}

/** The pattern of a filter, or undefined where a device would refuse it. */
export function patternOf(source: string, flags = ''): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

/** Each line that matches, with the deeper-indented lines below it. */
function sections(lines: readonly string[], wanted: RegExp): string[] {
  const kept: string[] = [];
  let depth = -1;
  for (const line of lines) {
    const indent = line.search(/\S/);
    if (depth >= 0 && indent > depth) kept.push(line);
    else if (wanted.test(line)) {
      depth = indent;
      kept.push(line);
    } else depth = -1;
  }
  return kept;
}
