import type { Line, Place, Value, Values } from '../model.ts';
import { HELPERS } from './helpers.ts';

/*
 * What a template that the compiler let through means. Handlebars reads it; Handlebars' own runtime is set up anew for each rendering,
 * which takes longer than most of ours take to write.
 */

/** How a value is written where it stands. */
export type Typed = (value: Value, place: Place) => string;

/** What a part of a template sees, and what it writes on. */
interface Scope {
  readonly values: Values;
  readonly typed: Typed;
  readonly page: Page;
  /** Inside #each. */
  readonly loop?: { readonly item: unknown; readonly index: number; readonly first: boolean; readonly last: boolean };
}

type Part = (scope: Scope) => void;
type Read = (scope: Scope) => unknown;

/** What the compiler found out about a template's parts. */
export interface Compiled {
  readonly place: Place;
  /** The lines of each text. */
  readonly texts: ReadonlyMap<hbs.AST.Statement, readonly Line[]>;
}

/** Cuts a template into functions, once; each value is handed to `typed` with the line that the compiler gave it. */
export function renderer(program: hbs.AST.Program, compiled: Compiled): (values: Values, typed: Typed) => Line[] {
  const part = partOf(program, compiled);
  return (values, typed) => {
    const page = new Page(compiled.place);
    part({ values, typed, page });
    return page.lines();
  };
}

/** A rendering as it comes about. A line is from where the first that is written on it stands. */
class Page {
  readonly #whole: Place;
  readonly #lines: Line[] = [];
  #text = '';
  #place: Place;

  constructor(place: Place) {
    this.#whole = place;
    this.#place = place;
  }

  /** Text without a line break. */
  write(text: string, place: Place): void {
    if (this.#text === '') this.#place = place;
    this.#text += text;
  }

  break(): void {
    this.#lines.push({ text: this.#text, place: this.#place });
    this.#text = '';
    this.#place = this.#whole;
  }

  lines(): Line[] {
    this.break();
    return this.#lines;
  }
}

function partOf(program: hbs.AST.Program | undefined, compiled: Compiled): Part {
  const parts = (program?.body ?? []).flatMap(statement => statementPart(statement, compiled) ?? []);
  const [only] = parts;
  if (only && parts.length === 1) return only;
  return scope => {
    for (const part of parts) part(scope);
  };
}

function statementPart(statement: hbs.AST.Statement, compiled: Compiled): Part | undefined {
  switch (statement.type) {
    case 'ContentStatement':
      return textPart(compiled.texts.get(statement) ?? []);
    case 'MustacheStatement':
      return valuePart(statement as hbs.AST.MustacheStatement, compiled.place);
    case 'BlockStatement':
      return blockPart(statement as hbs.AST.BlockStatement, compiled);
    default:
      return undefined;
  }
}

function textPart(lines: readonly Line[]): Part {
  return ({ page }) => {
    for (let i = 0; i < lines.length; i += 1) {
      const { text, place } = lines[i] as Line;
      if (i > 0) page.break();
      page.write(text, place);
    }
  };
}

/** `{{typed value line}}`, as the compiler leaves a `{{value}}`. */
function valuePart({ params: [value, line] }: hbs.AST.MustacheStatement, whole: Place): Part {
  const read = readOf(value);
  const place = { file: whole.file, line: (line as hbs.AST.NumberLiteral).value };
  return scope => {
    const text = scope.typed(read(scope) as Value, place);
    if (!text.includes('\n')) return scope.page.write(text, place);
    for (const [nth, one] of text.split('\n').entries()) {
      if (nth > 0) scope.page.break();
      scope.page.write(one, nth > 0 ? whole : place);
    }
  };
}

function blockPart({ path, params, program, inverse }: hbs.AST.BlockStatement, compiled: Compiled): Part {
  const read = readOf(params[0]);
  const [then, otherwise] = [partOf(program, compiled), partOf(inverse, compiled)];
  switch (path.original) {
    case 'if':
      return scope => (isSome(read(scope)) ? then : otherwise)(scope);
    case 'unless':
      return scope => (isSome(read(scope)) ? otherwise : then)(scope);
    default:
      return scope => {
        const list = read(scope);
        if (!Array.isArray(list) || list.length === 0) return otherwise(scope);
        const last = list.length - 1;
        for (const [index, item] of list.entries())
          then({ ...scope, loop: { item: item as unknown, index, first: index === 0, last: index === last } });
      };
  }
}

/** An empty list is nothing, as Handlebars has it. */
const isSome = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

function readOf(expression: hbs.AST.Expression | undefined): Read {
  switch (expression?.type) {
    case 'PathExpression':
      return pathRead(expression as hbs.AST.PathExpression);
    case 'SubExpression':
      return callRead(expression as hbs.AST.SubExpression);
    case 'NullLiteral':
    case 'UndefinedLiteral':
      return () => null;
    default: {
      const { value } = expression as hbs.AST.StringLiteral;
      return () => value;
    }
  }
}

function pathRead({ parts: [name], data, original }: hbs.AST.PathExpression): Read {
  if (data) {
    const key = original.slice(1) as 'index' | 'first' | 'last';
    return ({ loop }) => loop?.[key];
  }
  if (name === undefined) return ({ loop }) => loop?.item;
  // Names like `toString` are nobody's values.
  return ({ values }) => (Object.hasOwn(values, name) ? values[name] : undefined);
}

function callRead({ path, params, hash }: hbs.AST.SubExpression): Read {
  const run = HELPERS[String(path.original)]?.run as (...args: unknown[]) => unknown;
  const reads = params.map(readOf);
  const named = (hash?.pairs ?? []).map(({ key, value }): [string, Read] => [key, readOf(value)]);
  return scope =>
    run(...reads.map(read => read(scope)), { hash: Object.fromEntries(named.map(([key, read]): [string, unknown] => [key, read(scope)])) });
}
