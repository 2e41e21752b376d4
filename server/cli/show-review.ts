import { at } from '../errors.ts';
import type { Change, DiffRow } from '../review/compare.ts';
import { toldFact } from '../review/facts.ts';
import { hunksOf } from '../review/hunks.ts';
import { toldRule } from '../review/policy.ts';
import { isSame, type Review } from '../review/review.ts';
import type { Row } from '../review/rows.ts';
import { alikeDevices, devicesOf, headline, samplesOf, touchedOf, whatOf } from '../review/words.ts';
import { columns, paint, say, screenWidth, shownLength, wrapped } from './paint.ts';

/** What an edit does, as a person at a terminal reads it: only what differs, and the sentence that sums it up last. */
export function showReview(review: Review): void {
  const { files, platforms, rules, complaints, changes, notes } = review;
  for (const line of columns(files.map(({ file, effect }) => [`${file}`, effect]))) say(paint('dim', line));
  for (const change of changes) showChange(change, review);
  const settings = platforms.filter(({ facts }) => facts.length > 0);
  for (const { name, facts } of settings) list(`${name}  how it is talked to`, facts.map(toldFact));
  for (const group of alikeDevices(review)) {
    const { platform, effect, facts } = group;
    const what = effect === 'changed' ? '' : ` (${platform})`;
    list(`${devicesOf(group)}  ${effect} in the inventory${what}`, effect === 'gone' ? [] : facts.map(toldFact));
  }
  list('Who may have what done', rules.map(toldRule));
  list(
    'New complaints of lint',
    complaints.fresh.map(({ place, message }) => `${at(place)}: ${message}`),
  );
  list(
    'Complaints that lint has no more',
    complaints.gone.map(({ place, message }) => `${at(place)}: ${message}`),
  );
  for (const note of notes) for (const line of wrapped(`note: ${note}`, screenWidth())) say(paint('yellow', line));
  if (files.length + notes.length > 0) say();
  for (const line of wrapped(headline(review), screenWidth())) say(paint(isSame(review) ? 'green' : 'bold', line));
  if (!isSame(review)) say(paint('dim', touchedOf(review)));
}

function list(heading: string, lines: readonly string[]): void {
  if (lines.length === 0 && !heading.includes(' gone ')) return;
  say();
  say(paint('bold', heading));
  for (const line of lines) say(`  ${line.startsWith('+ ') ? paint('green', line) : line.startsWith('- ') ? paint('red', line) : line}`);
}

function showChange(change: Change, review: Review): void {
  const { platform, method, effect, words } = change;
  say();
  say(`${paint('bold', `${platform}  ${method}`)}  ${whatOf(change)}`);
  for (const line of wrapped(`${samplesOf(review, change)}; ${devicesOf(change)}`, screenWidth() - 2)) say(paint('dim', `  ${line}`));
  if (effect === 'words') {
    for (const text of words.before) say(`    ${paint('red', `- ${text}`)}`);
    for (const text of words.after) say(`    ${paint('green', `+ ${text}`)}`);
    return;
  }
  const hunks = hunksOf(change);
  const shown = hunks.flatMap(hunk => hunk.rows.flatMap(row => ('gap' in row ? [] : linesOf(row))));
  const widest = Math.min(Math.max(0, ...shown.map(({ text }) => shownLength(text))), 72);
  for (const hunk of hunks) {
    say(`  ${hunk.heading}`);
    for (const row of hunk.rows) {
      if ('gap' in row) say(paint('dim', '      …'));
      else for (const line of linesOf(row)) showLine(line, widest);
    }
  }
}

interface MarkedLine {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
  readonly place: string;
}

function linesOf({ before, after }: DiffRow): MarkedLine[] {
  const line = (mark: MarkedLine['mark'], row: Row): MarkedLine => ({ mark, text: row.text, place: row.place ? at(row.place) : '' });
  if (before && after) return [line(' ', after)];
  return [...(before ? [line('-', before)] : []), ...(after ? [line('+', after)] : [])];
}

function showLine({ mark, text, place }: MarkedLine, widest: number): void {
  const style = mark === '-' ? 'red' : mark === '+' ? 'green' : 'dim';
  const room = screenWidth() - widest - 8 >= place.length && text.length <= widest;
  const head = `    ${mark} ${text}`;
  say(paint(style, head) + (room ? `${' '.repeat(widest - text.length)}  ${paint('dim', place)}` : `  ${paint('dim', place)}`));
}
