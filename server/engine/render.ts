import { at, ChangeError, inShort, messageOf } from '../errors.ts';
import type { Typed } from '../library/evaluate.ts';
import { taskTemplates } from '../library/names.ts';
import type { Expectation, Task, Template } from '../library/written.ts';
import type { Answer, Check, Line, Place, Step, Value, Values } from '../model.ts';
import { readRanges } from '../vlans.ts';
import { Constants } from './constant.ts';
import { holds } from './when.ts';

/** How a value is written where it stands. */
export type Writing = 'line' | 'word' | 'pattern' | 'text' | 'plain';

/** What rendering needs besides the task: the values, and the session its lines are typed into. */
export interface Rendering {
  readonly values: Values;
  readonly session: 'shell' | 'exec';
  /** Typed before every command of an exec session. */
  readonly prefix?: Template | undefined;
  /** What it renders to with these values; empty: nothing. */
  readonly before?: string;
}

/** A rendering with other values. */
export function renderingWith(values: Values, { session, prefix }: Pick<Rendering, 'session' | 'prefix'>): Rendering {
  return { values, session, prefix, before: prefix === undefined ? '' : renderText(prefix, values, 'word').trim() };
}

const ITSELF = (template: Template) => [template];
const STEPS = new Constants<Task, Step | undefined>(taskTemplates);
const LINES = new Constants<Template, readonly Line[]>(ITSELF);
const PATTERNS = new Constants<Template, RegExp | undefined>(ITSELF);

/** A task as it will be typed in `mode`; undefined when its `when` does not hold or its block renders to nothing. */
export function renderStep(task: Task, mode: string, rendering: Rendering): Step | undefined {
  if (!holds(task.when, rendering.values)) return undefined;
  // A task stands in one list, which has one mode.
  return rendering.prefix ? stepNow(task, mode, rendering) : STEPS.of(task, () => stepNow(task, mode, rendering));
}

function stepNow(task: Task, mode: string, rendering: Rendering): Step | undefined {
  const own = Object.entries(task.vars).map(([name, value]) => [name, renderText(value, rendering.values, 'plain')]);
  const alone = own.length === 0 ? rendering : renderingWith({ ...rendering.values, ...Object.fromEntries(own) }, rendering);
  const { values } = alone;
  const lines = renderCommands(task.commands, alone);
  if (lines.length === 0) return undefined;
  return {
    task: renderText(task.name, values, 'text'),
    source: task.source,
    mode: task.mode ?? mode,
    lines,
    expect: task.expect.flatMap(entry => renderCheck(entry, values) ?? []),
    reject: task.reject.flatMap(entry => renderCheck(entry, values) ?? []),
    tolerate: task.tolerate.flatMap(entry => renderPattern(entry, values) ?? []),
    answer: renderAnswers(task.answer, values),
    ...(task.retry ? { retry: task.retry } : {}),
    ...(task.lands === undefined ? {} : { lands: task.lands }),
  };
}

/** The commands of a block: trimmed, blank lines dropped. */
export function renderCommands(block: Template, { values, session, before = '' }: Rendering): readonly Line[] {
  if (session === 'shell') return LINES.of(block, () => trimmed(block.render(values, WRITTEN.line)));
  const lines = trimmed(block.render(values, WRITTEN.word));
  return lines.map(({ text, place }) => ({ text: before === '' ? singleSpaced(text) : `${before} ${singleSpaced(text)}`, place }));
}

function trimmed(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  for (const { text, place } of lines) {
    const line = text.trim();
    if (line !== '') kept.push({ text: line, place });
  }
  return kept;
}

/** Folding and `{{#if}}` leave runs of spaces between words; those inside a quoted word are the value's own. */
function singleSpaced(command: string): string {
  if (!/[ \t]{2}|\t/.test(command)) return command;
  return command.replace(/('[^']*'|"(?:[^"\\]|\\.)*"|\\.)|[ \t]+/g, (_, quoted: string | undefined) => quoted ?? ' ');
}

export function renderAnswers(answers: readonly Answer<Template>[], values: Values): Answer<string>[] {
  return answers.map(({ question, answer }) => ({ question, answer: renderText(answer, values, 'line') }));
}

export function renderText(template: Template, values: Values, writing: Writing): string {
  return template
    .render(values, WRITTEN[writing])
    .map(({ text }) => text)
    .join('\n');
}

function renderPattern(template: Template, values: Values): RegExp | undefined {
  return PATTERNS.of(template, () => {
    const source = renderText(template, values, 'pattern');
    if (source.trim() === '') return undefined;
    try {
      return new RegExp(source, 'm');
    } catch (thrown) {
      throw new ChangeError('not_valid', `${at(template.place)}: ${messageOf(thrown)}`, { cause: thrown });
    }
  });
}

function renderCheck(entry: Expectation<Template>, values: Values): Check | undefined {
  const pattern = renderPattern(entry.pattern, values);
  if (!pattern) return undefined;
  const means = entry.means === undefined ? {} : { means: renderText(entry.means, values, 'text') };
  if (entry.kind === 'text') return { kind: 'text', pattern, ...means, place: entry.place };
  const text = renderText(entry.list, values, 'text');
  const list = readRanges(text);
  if (!list) throw new ChangeError('internal', `${at(entry.place)}: ${text} is no list of VLANs`);
  const under = entry.under === undefined ? undefined : renderPattern(entry.under, values);
  const except = entry.except === undefined ? '' : renderText(entry.except, values, 'text');
  return {
    kind: 'vlans',
    pattern: new RegExp(pattern.source, 'gm'),
    how: entry.how,
    list,
    ...(under ? { under } : {}),
    except: except.split(',').filter(port => port !== ''),
    ...means,
    place: entry.place,
  };
}

/** How one `{{value}}` is written, or why it cannot be. A port name comes from LLDP or an API user: every value is hostile. */
const WRITTEN: Readonly<Record<Writing, Typed>> = {
  line: (value, place) => typeable(value, place, /[^\x20-\x7e]/),
  word: (value, place) => shellWord(typeable(value, place, /[\p{Cc}\p{Co}\p{Cs}\u2028\u2029]/u)),
  pattern: (value, place) => escapePattern(textOf(value, place)),
  text: (value, place) => shownText(textOf(value, place)),
  // A value made of values: it is written where it is used.
  plain: textOf,
};

function textOf(value: Value, place: Place): string {
  if (value === null || value === undefined)
    throw new ChangeError('not_valid', `${at(place)}: a value is needed here that the call leaves out`);
  if (typeof value === 'object') throw new ChangeError('not_valid', `${at(place)}: a list is written with {{join}} or {{vlans}}`);
  return String(value);
}

/** Nearly all text is plain, and that is seen sooner than what each character is. */
const PLAIN = /^[\x20-\x7e]*$/;
const shownText = (text: string) => (PLAIN.test(text) ? text : text.replace(/[\p{Cc}\p{Co}\u2028\u2029]/gu, '�'));

function typeable(value: Value, place: Place, never: RegExp): string {
  const text = textOf(value, place);
  // A command that ends where its value should stand means something else: an empty list of VLANs is every VLAN to some.
  if (text === '') throw new ChangeError('not_valid', `${at(place)}: there is nothing to write here`);
  const bad = PLAIN.test(text) ? undefined : never.exec(text);
  if (!bad) return text;
  throw new ChangeError(
    'not_valid',
    `${at(place)}: ${JSON.stringify(inShort(text))} holds a character that cannot be typed: ${JSON.stringify(bad[0])}`,
  );
}

export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** One word of a POSIX shell, whatever it holds. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
