import Handlebars from 'handlebars';
import type { Line, Place, Template, Value, Values } from '../model.ts';
import { readRanges, toPairs, toRanges, toSet } from '../vlans.ts';
import { LibraryError } from './complaints.ts';

/*
 * Handlebars, made strict. Every `{{value}}` becomes a call of one helper, `typed`, so that the renderer decides how a value
 * is written for the session at hand, and nothing is ever typed without it. Each source line carries its number through the
 * rendering in characters of Unicode's private use area (which no value may hold), so that every typed line knows where it was written.
 */

const OPEN = '\uE000';
const CLOSE = '\uE001';
const MARKER = /\uE000(\d+)\uE001/g;
/** Blocks that render to nothing leave their markers in front of the next line: the last one before its text is its own. */
const LEADING = /^(?:\uE000(\d+)\uE001)+/;

type Typed = (value: Value, place: Place) => string;

const handlebars = Handlebars.create();
for (const name of ['lookup', 'log', 'with', 'helperMissing', 'blockHelperMissing']) handlebars.unregisterHelper(name);

const HELPERS: Readonly<Record<string, Handlebars.HelperDelegate>> = {
  vlans: (...args) => toRanges(idsOf(args), separator(args.at(-1))),
  vlan_chunks: (...args) => chunks(idsOf(args)),
  join: (list: unknown, glue: unknown) => (Array.isArray(list) ? list : [list]).join(typeof glue === 'string' ? glue : ','),
  eq: (a: unknown, b: unknown) => a === b,
};
const BLOCKS = new Set(['if', 'unless', 'each']);
const KNOWN_HELPERS = Object.fromEntries([...Object.keys(HELPERS), ...BLOCKS, 'typed'].map(name => [name, true]));

handlebars.registerHelper({
  ...HELPERS,
  typed: (value: unknown, line: number, options: Handlebars.HelperOptions) => {
    const { typed, file } = options.data as { typed: Typed; file: string };
    return typed(value as Value, { file, line });
  },
});

/**
 * Compiles a block that stands at `place`. `folded`: all of it was written at that one line.
 * @throws LibraryError for a syntax error, an unknown helper, or a part of Handlebars that playbooks do not have
 */
export function compileTemplate(source: string, place: Place, folded = false): Template {
  const lineAt = (line: number) => (folded ? place.line : place.line + line - 1);
  const program = parse(source, place, lineAt);
  const names: { name: string; place: Place }[] = [];
  walkProgram(program, { file: place.file, lineAt, names, inEach: false });
  const run = handlebars.compile(program, { noEscape: true, compat: true, knownHelpers: KNOWN_HELPERS, knownHelpersOnly: true });
  return {
    place,
    names,
    render: (values: Values, typed: Typed) => toLines(run(values, { data: { typed, file: place.file } }), place),
  };
}

function parse(source: string, place: Place, lineAt: (line: number) => number): hbs.AST.Program {
  try {
    return Handlebars.parse(source);
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const line = Number(/line (\d+)/.exec(message)?.[1] ?? 1);
    throw new LibraryError([{ place: { ...place, line: lineAt(line) }, message: `template: ${message.split('\n').at(-1)}` }]);
  }
}

interface Walk {
  readonly file: string;
  readonly lineAt: (line: number) => number;
  readonly names: { name: string; place: Place }[];
  readonly inEach: boolean;
}

function walkProgram(program: hbs.AST.Program, walk: Walk): void {
  for (const [index, statement] of program.body.entries()) program.body[index] = walkStatement(statement, walk);
}

function walkStatement(statement: hbs.AST.Statement, walk: Walk): hbs.AST.Statement {
  const place = { file: walk.file, line: walk.lineAt(statement.loc.start.line) };
  switch (statement.type) {
    case 'ContentStatement':
      markLines(statement as hbs.AST.ContentStatement, walk);
      return statement;
    case 'CommentStatement':
      return statement;
    case 'MustacheStatement':
      return typedCall(statement as hbs.AST.MustacheStatement, walk, place);
    case 'BlockStatement':
      walkBlock(statement as hbs.AST.BlockStatement, walk, place);
      return statement;
    default:
      throw new LibraryError([{ place, message: `template: ${statement.type} is not part of the playbook language` }]);
  }
}

/** Puts each source line's number in front of it. */
function markLines(content: hbs.AST.ContentStatement, walk: Walk): void {
  const source = content.original as unknown as string | undefined;
  const stripped = source === undefined ? 0 : source.split('\n').length - content.value.split('\n').length;
  let line = content.loc.start.line + stripped;
  const mark = () => `${OPEN}${walk.lineAt(line)}${CLOSE}`;
  content.value = content.value
    .split('\n')
    .map((text, i) => {
      if (i > 0) line += 1;
      return mark() + text;
    })
    .join('\n');
}

function typedCall(mustache: hbs.AST.MustacheStatement, walk: Walk, place: Place): hbs.AST.MustacheStatement {
  const value: hbs.AST.Expression =
    mustache.params.length > 0 || mustache.hash
      ? ({
          type: 'SubExpression',
          path: mustache.path,
          params: mustache.params,
          hash: mustache.hash,
          loc: mustache.loc,
        } as hbs.AST.SubExpression)
      : mustache.path;
  walkExpression(value, walk, place);
  const line = { type: 'NumberLiteral', value: place.line, original: place.line, loc: mustache.loc } as hbs.AST.NumberLiteral;
  const path = {
    type: 'PathExpression',
    data: false,
    depth: 0,
    parts: ['typed'],
    original: 'typed',
    loc: mustache.loc,
  } as hbs.AST.PathExpression;
  return { ...mustache, path, params: [value, line], hash: undefined as unknown as hbs.AST.Hash };
}

function walkBlock(block: hbs.AST.BlockStatement, walk: Walk, place: Place): void {
  const helper = block.path.original;
  if (!BLOCKS.has(helper)) {
    throw new LibraryError([
      { place, message: `template: {{#${helper}}} is not part of the playbook language; there are #if, #unless and #each` },
    ]);
  }
  for (const param of block.params) walkExpression(param, walk, place);
  walkProgram(block.program, { ...walk, inEach: walk.inEach || helper === 'each' });
  if (block.inverse) walkProgram(block.inverse, walk);
}

function walkExpression(expression: hbs.AST.Expression, walk: Walk, place: Place): void {
  if (expression.type === 'SubExpression') {
    const call = expression as hbs.AST.SubExpression;
    const helper = call.path.original;
    if (typeof helper !== 'string' || !(helper in HELPERS)) {
      throw new LibraryError([{ place, message: `template: no helper ${String(helper)}; there are ${Object.keys(HELPERS).join(', ')}` }]);
    }
    for (const param of [...call.params, ...(call.hash?.pairs ?? []).map(pair => pair.value)]) walkExpression(param, walk, place);
    return;
  }
  if (expression.type !== 'PathExpression') return;
  const path = expression as hbs.AST.PathExpression;
  if (path.data || path.original === 'this' || path.original === '.') {
    if (walk.inEach) return;
    throw new LibraryError([{ place, message: `template: {{${path.original}}} means something only inside #each` }]);
  }
  walk.names.push({ name: path.parts.join('.'), place });
}

function toLines(rendered: string, place: Place): Line[] {
  return rendered.split('\n').map(raw => {
    const line = Number(LEADING.exec(raw)?.[1] ?? place.line);
    return { text: raw.replace(MARKER, ''), place: { file: place.file, line } };
  });
}

/** The ids of a helper's arguments, less those of its `except=`. Handlebars puts its own options last. */
function idsOf(args: readonly unknown[]): number[] {
  const except = (args.at(-1) as Handlebars.HelperOptions | undefined)?.hash?.except as unknown;
  const left = new Set(listed(except));
  return toSet(args.slice(0, -1).flatMap(listed)).filter(id => !left.has(id));
}

/** Ids from a number, a list of numbers or a list's text; none from null, since `native_vlan` may be. */
function listed(arg: unknown): number[] {
  if (arg === null || arg === undefined) return [];
  if (typeof arg === 'number') return [arg];
  if (Array.isArray(arg)) return arg.map(Number);
  const read = readRanges(String(arg));
  if (!read) throw new TypeError(`${String(arg)} is no list of VLANs`);
  return read;
}

function separator(options: unknown): string {
  const sep = (options as Handlebars.HelperOptions | undefined)?.hash?.sep as unknown;
  return typeof sep === 'string' ? sep : ',';
}

/** At most 20 ranges a line: the longest, 20 × `1000-1001,`, stays well under the 254 characters that IOS takes. */
function chunks(ids: readonly number[]): string[] {
  const texts = toPairs(ids).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return Array.from({ length: Math.ceil(texts.length / 20) }, (_, i) => texts.slice(i * 20, i * 20 + 20).join(','));
}
