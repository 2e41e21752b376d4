import { allLines } from '../engine/diff.ts';
import type { Place } from '../model.ts';
import type { Sent, Told } from './calling.ts';
import type { CommandsShape, ExpectShape, SectionShape } from './case-schema.ts';
import type { Case } from './cases.ts';
import { plainLines, sectionOf } from './section.ts';

/** An expectation that was not met. */
export interface Miss {
  /** Where it was written. */
  readonly place: Place;
  readonly message: string;
  /** What was expected (-) and what came (+), or what there is to see; a line each. */
  readonly lines: readonly string[];
}

/** The switch as it was before the call, and as it is now; undefined where it is a recording. */
export interface Seen {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Holds what became of the last call against what was expected. */
export function missesOf({ expect, at }: Case, told: Told, seen: Seen): Miss[] {
  return [...ending(expect, told, at), ...commands(expect.commands, told.commands, at), ...running(expect.running, seen, at)];
}

type At = Case['at'];

function ending(expect: ExpectShape, told: Told, at: At): Miss[] {
  const misses: Miss[] = [];
  const said = told.error === undefined ? [] : [told.error];
  const became = told.outcome ?? (told.error === undefined ? `answered ${JSON.stringify(told.answer)}` : 'an error');
  if (expect.outcome !== undefined && expect.outcome !== told.outcome)
    misses.push({ place: at(['outcome']), message: `outcome: expected ${expect.outcome}, but it is ${became}`, lines: said });
  // Nobody who expects success writes that there is no error.
  else if (expect.outcome === undefined && expect.error === undefined && told.error !== undefined)
    misses.push({ place: at([]), message: 'there is an error', lines: said });
  if ('answer' in expect && JSON.stringify(expect.answer) !== JSON.stringify(told.answer))
    misses.push({
      place: at(['answer']),
      message: `answer: expected ${JSON.stringify(expect.answer)}, but it is ${JSON.stringify(told.answer) ?? 'an error'}`,
      lines: said,
    });
  for (const [nth, text] of (expect.error ?? []).entries()) {
    if (told.error?.includes(text)) continue;
    const place = at(expect.error?.length === 1 ? ['error'] : ['error', nth]);
    misses.push({ place, message: `error: it does not say "${text}"`, lines: told.error === undefined ? ['there is no error'] : said });
  }
  if (expect.saved !== undefined && expect.saved !== (told.saved === 'yes'))
    misses.push({ place: at(['saved']), message: `saved: expected ${expect.saved}, but it is "${told.saved ?? 'not known'}"`, lines: [] });
  return misses;
}

function commands(expected: CommandsShape | undefined, sent: readonly Sent[], at: At): Miss[] {
  if (expected === undefined) return [];
  const typed = sent.map(line => line.sent.trim());
  if (Array.isArray(expected))
    return differing(
      expected.map(line => line.trim()),
      typed,
      'commands: others were typed',
      at(['commands']),
    );
  const misses: Miss[] = [];
  let from = 0;
  for (const [nth, line] of (expected.has ?? []).entries()) {
    const found = typed.indexOf(line.trim(), from);
    if (found >= 0) from = found + 1;
    else {
      const message = `commands: "${line}" was not typed${typed.includes(line.trim()) ? ' there: only before the one above it' : ''}`;
      misses.push({ place: at(['commands', 'has', nth]), message, lines: typed });
    }
  }
  for (const [nth, line] of (expected.lacks ?? []).entries()) {
    const found = sent.find(one => one.sent.trim() === line.trim());
    if (found)
      misses.push({ place: at(['commands', 'lacks', nth]), message: `commands: "${line}" was typed (${found.source})`, lines: [] });
  }
  return misses;
}

function running(expected: ExpectShape['running'], { before, after }: Seen, at: At): Miss[] {
  if (expected === undefined) return [];
  if (before === undefined || after === undefined)
    return [{ place: at(['running']), message: 'running: a recording has no running configuration; leave this out', lines: [] }];
  if (expected === 'unchanged')
    return differing(plainLines(before), plainLines(after), 'running: it is not as it was before the call', at(['running']), 2);
  return Object.entries(expected).flatMap(([header, shape]) => section(header, shape, after, at));
}

function section(header: string, shape: SectionShape, after: string, at: At): Miss[] {
  const found = sectionOf(after, header).filter(line => line.trim() !== '!');
  const place = (...more: PropertyKey[]) => at(['running', header, ...more]);
  const shown = found.length === 0 ? ['there is no such section'] : found;
  if (typeof shape === 'string') {
    const wanted = plainLines(shape);
    const [first = ''] = wanted;
    // The first line is the key; whoever pastes a section has it twice.
    const whole = first === header || first.startsWith(`${header} `) ? wanted : [header, ...wanted];
    return differing(
      whole,
      found.map(line => line.trim()),
      `running: ${header} is not as expected`,
      place(),
    );
  }
  if ('absent' in shape) return found.length === 0 ? [] : [{ place: place(), message: `running: ${header} is there`, lines: found }];
  const plain = found.map(line => line.trim());
  const has = (shape.has ?? []).flatMap((line, nth): Miss[] =>
    plain.includes(line.trim()) ? [] : [{ place: place('has', nth), message: `running: ${header} has no line "${line}"`, lines: shown }],
  );
  const lacks = (shape.lacks ?? []).flatMap((line, nth): Miss[] =>
    plain.includes(line.trim()) ? [{ place: place('lacks', nth), message: `running: ${header} has a line "${line}"`, lines: shown }] : [],
  );
  return [...has, ...lacks];
}

/** `around`: so many equal lines are kept above and below what differs; all of them when left out. */
function differing(
  wanted: readonly string[],
  found: readonly string[],
  message: string,
  place: Place,
  around = Number.POSITIVE_INFINITY,
): Miss[] {
  const lines = allLines(wanted, found);
  const changed = lines.flatMap((line, nth) => (line.startsWith(' ') ? [] : [nth]));
  if (changed.length === 0) return [];
  const kept = lines.map((_, nth) => changed.some(one => Math.abs(one - nth) <= around));
  const shown = lines.flatMap((line, nth) => (kept[nth] ? [line] : kept[nth - 1] ? ['…'] : []));
  return [{ place, message, lines: shown.at(-1) === '…' ? shown.slice(0, -1) : shown }];
}
