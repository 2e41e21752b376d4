import Handlebars from 'handlebars';
import { at, ChangeError, messageOf } from '../errors.ts';
import type { Line, Place } from '../model.ts';
import { LibraryError } from './complaints.ts';
import { renderer } from './evaluate.ts';
import { wrongCall } from './helpers.ts';
import { syntaxComplaint } from './syntax.ts';
import type { Template } from './written.ts';

/*
 * Handlebars, made strict. Every `{{value}}` becomes a call of one helper, `typed`, so that the renderer decides how a value
 * is written for the session at hand, and nothing is ever typed without it. Each line of a text keeps its number in the source, so that
 * every typed line knows where it was written.
 */

const BLOCKS = new Set(['if', 'unless', 'each']);
const LOOP_NAMES = new Set(['@first', '@last', '@index']);

/**
 * Compiles a block that stands at `place`. `folded`: all of it was written at that one line.
 * @throws LibraryError for a syntax error, an unknown helper, or a part of Handlebars that playbooks do not have
 */
export function compileTemplate(source: string, place: Place, folded = false): Template {
  const lineAt = (line: number) => (folded ? place.line : place.line + line - 1);
  const program = parse(source, place, lineAt);
  const names: { name: string; place: Place }[] = [];
  const texts = new Map<hbs.AST.Statement, Line[]>();
  walkProgram(program, { file: place.file, lineAt, names, texts, inEach: false });
  const render = renderer(program, { place, texts });
  return { place, names, render: (values, typed) => rendered(() => render(values, typed), place) };
}

/** A helper that cannot use what it was given says so in its own words; they become an error that knows its place. */
function rendered(run: () => Line[], place: Place): Line[] {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof ChangeError) throw thrown;
    throw new ChangeError('not_valid', `${at(place)}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function parse(source: string, place: Place, lineAt: (line: number) => number): hbs.AST.Program {
  try {
    return Handlebars.parse(source);
  } catch (thrown) {
    const { line, message } = syntaxComplaint(source, thrown as Error);
    throw new LibraryError([{ place: { ...place, line: lineAt(line) }, message: `template: ${message}` }]);
  }
}

interface Walk {
  readonly file: string;
  readonly lineAt: (line: number) => number;
  readonly names: { name: string; place: Place }[];
  readonly texts: Map<hbs.AST.Statement, Line[]>;
  readonly inEach: boolean;
}

function walkProgram(program: hbs.AST.Program, walk: Walk): void {
  for (const [index, statement] of program.body.entries()) program.body[index] = walkStatement(statement, walk);
}

function walkStatement(statement: hbs.AST.Statement, walk: Walk): hbs.AST.Statement {
  const place = { file: walk.file, line: walk.lineAt(statement.loc.start.line) };
  switch (statement.type) {
    case 'ContentStatement':
      walk.texts.set(statement, linesOf(statement as hbs.AST.ContentStatement, walk));
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

function linesOf(content: hbs.AST.ContentStatement, { file, lineAt }: Walk): Line[] {
  const first = content.loc.start.line + strippedLines(content.original as unknown as string, content.value);
  return content.value.split('\n').map((text, i) => ({ text, place: { file, line: lineAt(first + i) } }));
}

/** How many lines Handlebars took off the beginning: after a tag that stands alone, or beside a `~`. */
function strippedLines(original: string, value: string): number {
  const lead = value.trim() === '' ? original.length - value.length : original.search(/\S/) - value.search(/\S/);
  return original.slice(0, Math.max(lead, 0)).split('\n').length - 1;
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
  const wrong = wrongBlock(helper, block);
  if (wrong !== undefined) throw new LibraryError([{ place, message: `template: ${wrong}` }]);
  for (const param of block.params) walkExpression(param, walk, place);
  // `{{^if x}}` has nothing but its inverse.
  if (block.program as hbs.AST.Program | undefined) walkProgram(block.program, { ...walk, inEach: walk.inEach || helper === 'each' });
  if (block.inverse) walkProgram(block.inverse, walk);
}

function wrongBlock(helper: string, block: hbs.AST.BlockStatement): string | undefined {
  if (!BLOCKS.has(helper)) return `{{#${helper}}} is not part of the playbook language; there are #if, #unless and #each`;
  if (block.params.length !== 1) return `{{#${helper}}} takes one value`;
  const [stray] = block.hash?.pairs ?? [];
  return stray ? `{{#${helper}}} takes no ${stray.key}=` : undefined;
}

function walkExpression(expression: hbs.AST.Expression, walk: Walk, place: Place): void {
  if (expression.type === 'SubExpression') {
    const call = expression as hbs.AST.SubExpression;
    const wrong = wrongCall(String(call.path.original), call);
    if (wrong !== undefined) throw new LibraryError([{ place, message: `template: ${wrong}` }]);
    for (const param of [...call.params, ...(call.hash?.pairs ?? []).map(pair => pair.value)]) walkExpression(param, walk, place);
    return;
  }
  if (expression.type !== 'PathExpression') return;
  const path = expression as hbs.AST.PathExpression;
  const wrong = wrongPath(path, walk.inEach);
  if (wrong !== undefined) throw new LibraryError([{ place, message: `template: ${wrong}` }]);
  if (!path.data && path.parts.length > 0) walk.names.push({ name: path.parts.join('.'), place });
}

function wrongPath({ original, data, parts }: hbs.AST.PathExpression, inEach: boolean): string | undefined {
  const ofLoop = data || parts.length === 0;
  if (ofLoop && !inEach) return `{{${original}}} means something only inside #each`;
  if (data && !LOOP_NAMES.has(original)) return `no {{${original}}}; there are @first, @last and @index`;
  // A path goes around the check of names, and a number has no properties: it would quietly be false.
  if (/^(?:\.\.?\/|this[./])/.test(original)) {
    return `write {{${parts.join('.') || 'this'}}} for {{${original}}}: outer names are visible inside #each`;
  }
  return undefined;
}
