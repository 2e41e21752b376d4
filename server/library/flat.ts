import type { Line, Place, Value, Values } from '../model.ts';
import type { Typed } from './evaluate.ts';

/** Stands for a value when a template is cut up; of Unicode's private use area, as the markers of lines are. */
const HOLE = '\uE002';

/** A name whose value is written, and where. */
interface Hole {
  readonly name: string;
  readonly place: Place;
}

/**
 * A template of nothing but text and `{{name}}`, as most are, cut into the pieces of its lines once: no rendered text has to be taken apart into lines.
 * Answers undefined for any other. `linesWith` renders it with that text for each value.
 */
export function flatten(
  program: hbs.AST.Program,
  place: Place,
  linesWith: (text: string) => readonly Line[],
): ((values: Values, typed: Typed) => Line[] | undefined) | undefined {
  const holes: Hole[] = [];
  for (const statement of program.body) {
    if (statement.type === 'ContentStatement' || statement.type === 'CommentStatement') continue;
    const hole = holeOf(statement, place);
    if (!hole) return undefined;
    holes.push(hole);
  }
  const lines = linesWith(HOLE).map(line => ({ pieces: line.text.split(HOLE), line: line.place.line }));
  // A text that holds the mark itself would be cut where no value is.
  if (lines.reduce((sum, { pieces }) => sum + pieces.length - 1, 0) !== holes.length) return undefined;
  return (values, typed) => {
    const texts = holes.map(({ name, place: at }) => typed((Object.hasOwn(values, name) ? values[name] : undefined) as Value, at));
    // A value that is several lines itself makes lines of its own.
    if (texts.some(text => text.includes('\n'))) return undefined;
    let next = 0;
    return lines.map(({ pieces, line }) => {
      let text = pieces[0] ?? '';
      for (let i = 1; i < pieces.length; i += 1) text += `${texts[next++]}${pieces[i]}`;
      return { text, place: { file: place.file, line } };
    });
  };
}

/** Of a statement `{{typed name line}}`, as the templates' compiler leaves a `{{name}}`. */
function holeOf(statement: hbs.AST.Statement, { file }: Place): Hole | undefined {
  const [path, line] = statement.type === 'MustacheStatement' ? (statement as hbs.AST.MustacheStatement).params : [];
  if (path?.type !== 'PathExpression' || line?.type !== 'NumberLiteral') return undefined;
  const { parts, data, depth } = path as hbs.AST.PathExpression;
  const [name] = parts;
  if (name === undefined || parts.length > 1 || data || depth > 0) return undefined;
  return { name, place: { file, line: (line as hbs.AST.NumberLiteral).value } };
}
