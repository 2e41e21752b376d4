import type { Place, Value, Values } from '../model.ts';
import { HELPERS } from './helpers.ts';

/*
 * What a template that the compiler let through means. Handlebars reads it; Handlebars' own runtime is set up anew for each rendering,
 * which takes longer than most of ours take to write.
 */

/** How a value is written where it stands. */
export type Typed = (value: Value, place: Place) => string;

/** What a part of a template sees. */
interface Scope {
  readonly values: Values;
  readonly typed: Typed;
  /** Inside #each. */
  readonly loop?: { readonly item: unknown; readonly index: number; readonly first: boolean; readonly last: boolean };
}

export type Part = (scope: Scope) => string;
type Read = (scope: Scope) => unknown;

/** Cuts a template into functions, once; each value is handed to `typed` with the line that the compiler gave it. */
export function partOf(program: hbs.AST.Program | undefined, file: string): Part {
  const parts = (program?.body ?? []).map(statement => statementPart(statement, file));
  return scope => {
    let text = '';
    for (const part of parts) text += part(scope);
    return text;
  };
}

function statementPart(statement: hbs.AST.Statement, file: string): Part {
  switch (statement.type) {
    case 'ContentStatement': {
      const { value } = statement as hbs.AST.ContentStatement;
      return () => value;
    }
    case 'MustacheStatement':
      return valuePart(statement as hbs.AST.MustacheStatement, file);
    case 'BlockStatement':
      return blockPart(statement as hbs.AST.BlockStatement, file);
    default:
      return () => '';
  }
}

/** `{{typed value line}}`, as the compiler leaves a `{{value}}`. */
function valuePart({ params: [value, line] }: hbs.AST.MustacheStatement, file: string): Part {
  const read = readOf(value);
  const place = { file, line: (line as hbs.AST.NumberLiteral).value };
  return scope => scope.typed(read(scope) as Value, { ...place });
}

function blockPart({ path, params, program, inverse }: hbs.AST.BlockStatement, file: string): Part {
  const read = readOf(params[0]);
  const [then, otherwise] = [partOf(program, file), partOf(inverse, file)];
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
        return list
          .map((item: unknown, index) => then({ ...scope, loop: { item, index, first: index === 0, last: index === last } }))
          .join('');
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
