import { basename } from 'node:path';
import { at } from '../../errors.ts';
import { type DiffRow, isDifferent, partOf } from '../compare.ts';
import { PARTS, type Part, type Row } from '../rows.ts';
import { type Html, html, NONE } from './escape.ts';

/** Lines around a change that are shown at once; the others unfold. */
const NEAR = 3;

/** A plan before and after, line beside line, each with the place where it is written. */
export function sideBySide(rows: readonly DiffRow[]): Html {
  const parts = (Object.keys(PARTS) as Part[]).map(part => rows.filter(row => partOf(row) === part)).filter(own => own.length > 0);
  return html`<table class="diff"><colgroup><col class="where"><col><col><col class="where"></colgroup>
<thead><tr><th scope="col">from</th><th scope="col">before</th><th scope="col">after</th><th scope="col">from</th></tr></thead>
${parts.map(part)}</table>`;
}

function part(rows: readonly DiffRow[]): Html {
  const [first] = rows;
  const pairs = paired(rows);
  const near = pairs.map((_, i) => pairs.slice(Math.max(0, i - NEAR), i + NEAR + 1).some(isChanged));
  const lines = pairs.map((pair, i) => {
    const starts = !near[i] && (i === 0 || near[i - 1]);
    const end = near.indexOf(true, i);
    return html`${starts ? gap((end < 0 ? pairs.length : end) - i) : NONE}${line(pair, near[i] ?? false)}`;
  });
  const same = pairs.some(isChanged) ? '' : 'same';
  return html`<tbody class="${same}"><tr class="part"><th colspan="4" scope="colgroup">${PARTS[first ? partOf(first) : 'change'].heading}</th></tr>${lines}</tbody>`;
}

/** A line that was replaced stands beside the one that replaced it. */
function paired(rows: readonly DiffRow[]): DiffRow[] {
  const out: DiffRow[] = [];
  let gone: Row[] = [];
  let fresh: Row[] = [];
  const flush = () => {
    for (let i = 0; i < Math.max(gone.length, fresh.length); i += 1) {
      const [before, after] = [gone[i], fresh[i]];
      out.push({ ...(before ? { before } : {}), ...(after ? { after } : {}) });
    }
    [gone, fresh] = [[], []];
  };
  for (const row of rows) {
    if (row.before && row.after) {
      flush();
      out.push(row);
    } else if (row.before) gone.push(row.before);
    else if (row.after) fresh.push(row.after);
  }
  flush();
  return out;
}

/** A pair of lines that differ is no row of a diff: it has both sides, and they are not the same. */
function isChanged(row: DiffRow): boolean {
  return isDifferent(row) || row.before?.text !== row.after?.text;
}

function gap(count: number): Html {
  return html`<tr class="gap"><td colspan="4"><button type="button" class="more">${count} line${count === 1 ? '' : 's'} the same</button></td></tr>`;
}

function line(row: DiffRow, isNear: boolean): Html {
  const { before, after } = row;
  const changed = isChanged(row);
  const [old, now] = changed && before && after ? marked(before.text, after.text) : [text(before), text(after)];
  return html`<tr class="${isNear ? '' : 'far'}"><td class="where">${where(before)}</td><td class="${before ? (changed ? 'gone' : '') : 'none'}" ${title(before)}>${old}</td><td class="${after ? (changed ? 'new' : '') : 'none'}" ${title(after)}>${now}</td><td class="where">${where(after)}</td></tr>`;
}

const text = (row: Row | undefined) => (row ? html`<code>${row.text}</code>` : NONE);

/** What two lines do not have in common. */
function marked(before: string, after: string): [Html, Html] {
  let head = 0;
  while (head < before.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const one = (whole: string) => {
    const middle = whole.slice(head, whole.length - tail);
    return html`<code>${whole.slice(0, head)}${middle === '' ? NONE : html`<mark>${middle}</mark>`}${whole.slice(whole.length - tail)}</code>`;
  };
  // Two lines that share little are two lines.
  const whole = (all: string) => html`<code>${all}</code>`;
  return head + tail < Math.min(before.length, after.length) / 3 ? [whole(before), whole(after)] : [one(before), one(after)];
}

/** The file and the line; a template says which task types it. Whole paths come up under the pointer. */
export function where(row: Pick<Row, 'place' | 'by'> | undefined): Html {
  if (!row?.place) return NONE;
  const { place, by } = row;
  const isTemplate = by !== undefined && by.file !== place.file;
  const whole = `${at(place)}${isTemplate ? `, typed by ${at(by)}` : ''}`;
  return html`<span title="${whole}">${basename(at(place))}${isTemplate ? html` <small>← ${basename(at(by))}</small>` : NONE}</span>`;
}

export function title(row: Row | undefined): Html {
  if (!row || row.task === '') return NONE;
  return html`title="${row.task}${row.mode === '' ? '' : `, in ${row.mode}`}"`;
}
