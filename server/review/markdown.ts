import { at } from '../errors.ts';
import { masked } from '../log.ts';
import type { Change, DiffRow } from './compare.ts';
import { hunksOf } from './hunks.ts';
import { isSame, type Review } from './review.ts';
import type { Row } from './rows.ts';
import { alikeDevices, counted, devicesOf, EFFECTS, headline, samplesOf, touchedOf, whatOf } from './words.ts';

/** By which a job finds the comment that it wrote before. */
export const MARK = '<!-- mercury review -->';

/** What a code host takes as one comment, with room to spare: GitHub 65,536 characters. */
export const MOST_BYTES = 60_000;

/** A review as the comment on a change: a table of all that differs, then each difference under its own fold, as many as fit. */
export function asMarkdown(review: Review, most = MOST_BYTES): string {
  const { changes } = review;
  const head = [MARK, `**${plain(headline(review))}**`, ...(isSame(review) ? [] : [plain(touchedOf(review))])];
  const blocks = [...tables(review, most / 3), ...changes.map(change => changeBlock(change, review))];
  const shown = [...head];
  let left = most - sizeOf(head.join('\n\n')) - 200;
  let told = 0;
  for (const block of blocks) {
    left -= sizeOf(block) + 2;
    if (left < 0) break;
    shown.push(block);
    told += 1;
  }
  const missing = blocks.length - told;
  if (missing > 0) shown.push(`*${counted(missing, 'part')} more did not fit here; \`mercury review --html report.html\` has all of it.*`);
  return `${masked(shown.join('\n\n'))}\n`;
}

const sizeOf = (text: string) => Buffer.byteLength(text);

function tables(review: Review, most: number): string[] {
  const { changes, platforms, rules, complaints, notes } = review;
  const about = [
    ...platforms.map(({ name, facts }) => ({ who: name, what: '', facts })),
    ...alikeDevices(review).map(group => ({
      who: devicesOf(group),
      what: group.effect === 'changed' ? '' : ` (${group.effect})`,
      facts: group.facts,
    })),
  ];
  const settings = about.flatMap(({ who, what, facts }) => {
    return facts.map(({ name, before, after }) => [`${code(who)}${what}`, code(name), code(before ?? ''), code(after ?? '')]);
  });
  return [
    table(
      ['platform', 'method', 'what changes', 'samples', 'devices'],
      changes.map(change => [
        code(change.platform),
        code(change.method),
        whatOf(change),
        plain(samplesOf(review, change)),
        plain(devicesOf(change)),
      ]),
      most,
    ),
    table(['described otherwise', 'setting', 'before', 'after'], settings, most),
    table(
      ['who may have what done', 'rule'],
      rules.map(({ effect, text, place }) => [effect, `${code(text)} ${code(at(place))}`]),
      most,
    ),
    table(
      ['complaint of lint', 'where', 'what'],
      [
        ...complaints.fresh.map(({ place, message }) => ['**new**', code(at(place)), code(message)]),
        ...complaints.gone.map(({ place, message }) => ['gone', code(at(place)), code(message)]),
      ],
      most,
    ),
    ...notes.map(note => `Note: ${plain(note)}.`),
  ].filter(block => block !== '');
}

function table(names: readonly string[], rows: readonly (readonly string[])[], most: number): string {
  if (rows.length === 0) return '';
  const lines = [names, names.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`);
  const shown: string[] = [];
  for (const line of lines) {
    if (sizeOf(shown.join('\n')) + sizeOf(line) > most) return [...shown, '', `… and ${lines.length - shown.length} more rows`].join('\n');
    shown.push(line);
  }
  return shown.join('\n');
}

function changeBlock(change: Change, review: Review): string {
  const { platform, method, effect, words } = change;
  const summary = `<b><code>${html(platform)}</code> <code>${html(method)}</code></b>: ${html(effect === 'changed' ? whatOf(change) : EFFECTS[effect])}`;
  const about = `<code>${html(samplesOf(review, change))}</code>; <code>${html(devicesOf(change))}</code>`;
  const lines =
    effect === 'words'
      ? [...words.before.map(text => `- ${text}`), ...words.after.map(text => `+ ${text}`)]
      : hunksOf(change).flatMap(hunk => [`@@ ${hunk.heading} @@`, ...aligned(hunk.rows)]);
  return `<details><summary>${summary} (${about})</summary>\n\n${fenced(lines)}\n\n</details>`;
}

/** Commands with their mark, and where they come from in a column of its own. */
function aligned(rows: readonly (DiffRow | { readonly gap: number })[]): string[] {
  const line = (mark: string, { text, place }: Row) => ({ text: `${mark} ${text}`, place: place ? at(place) : '' });
  const lines = rows.flatMap(row => {
    if ('gap' in row) return [{ text: '  …', place: '' }];
    const { before, after } = row;
    if (before && after) return [line(' ', after)];
    return [...(before ? [line('-', before)] : []), ...(after ? [line('+', after)] : [])];
  });
  const widest = Math.min(70, Math.max(0, ...lines.filter(({ place }) => place !== '').map(({ text }) => text.length)));
  return lines.map(({ text, place }) => (place === '' ? text : `${text.padEnd(widest)}   # ${place}`));
}

/** A fence that nothing inside of it can end. */
function fenced(lines: readonly string[]): string {
  const text = lines.map(line => line.replaceAll(/[\r\n]/g, ' ')).join('\n');
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}diff\n${text}\n${fence}`;
}

/** A cell that shows a text as it is: nothing in it is Markdown, and nobody is called by it. */
function code(text: string): string {
  if (text === '') return '';
  const line = text.replaceAll(/[\r\n]/g, ' ').replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return longest > 0 ? `${ticks} ${line} ${ticks}` : `${ticks}${line}${ticks}`;
}

function plain(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]<>#|~]/g, '\\$&')
    .replaceAll('@', '&#64;')
    .replaceAll(/[\r\n]/g, ' ');
}

function html(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '&#64;')
    .replaceAll(/[\r\n]/g, ' ');
}
