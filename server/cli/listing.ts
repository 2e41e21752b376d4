import { basename, dirname } from 'node:path';
import { MOMENTS, PLATFORM_STEPS, type When } from '../engine/script.ts';
import { padded, paint, say, screenWidth, shownLength, wrapped } from './paint.ts';

/** A line that is or would be typed, as a person reads it. */
export interface Row {
  readonly task: string;
  readonly sent: string;
  /** `file:line` where it was written. */
  readonly source: string;
  readonly mode?: string;
  /** What the device said. */
  readonly received?: string;
}

const ORDER = Object.keys(MOMENTS) as When[];

/** The lines of a plan under the moment when they are typed. */
export function showScript(rows: readonly (Row & { readonly when: When })[]): void {
  const write = rowWriter(rows);
  for (const when of ORDER) {
    const part = rows.filter(row => row.when === when);
    if (part.length === 0) continue;
    say();
    say(paint('bold', MOMENTS[when]));
    write(part);
  }
  showFolders(rows);
}

/** The rows of a dry run, whose tasks begin with the moment when they are typed: `before: VLAN 100 is free`. */
export function showRehearsal(rows: readonly Row[]): void {
  showScript(
    rows.flatMap(row => {
      const when = ORDER.find(moment => row.task.startsWith(`${moment}: `));
      return when === undefined ? [] : [{ ...row, when, task: row.task.slice(when.length + 2) }];
    }),
  );
}

/** Lines under the task that they belong to. */
export function showRows(rows: readonly Row[]): void {
  rowWriter(rows)(rows);
}

const INDENT = '    ';
const HANGING = '          ';

/** Writes rows; their places stand in one dim column, which is the same for all that this writer writes. */
function rowWriter(all: readonly Row[]): (rows: readonly Row[]) => void {
  const place = placesOf(all);
  const widest = Math.max(0, ...all.map(row => place(row).length));
  const room = Math.min(screenWidth() - widest - 2, 100);
  // A line that leaves no room for the column does not push it off the screen for all the others.
  const column = Math.max(0, ...all.map(row => INDENT.length + row.sent.length).filter(length => length <= room));
  const modes = new Set(all.map(row => row.mode)).size;
  let mode: string | undefined;
  return rows => {
    let task: string | undefined;
    for (const row of rows) {
      if (row.task !== task) say(`  ${taskOf(row)}${modes > 1 && row.mode !== mode ? paint('dim', `  in ${row.mode}`) : ''}`);
      task = row.task;
      mode = row.mode;
      // A word broken by the screen's edge cannot be read; the lines of one command hang under its first.
      const parts = wrapped(row.sent, screenWidth() - HANGING.length);
      for (const [i, part] of parts.entries()) {
        const text = `${i === 0 ? INDENT : HANGING}${paint('green', part)}`;
        const fits = shownLength(text) + 2 + place(row).length <= screenWidth();
        if (i < parts.length - 1) say(text);
        else if (fits) say(`${padded(text, column)}  ${paint('dim', place(row))}`);
        else for (const line of [text, padded('', Math.max(column + 2, HANGING.length)) + paint('dim', place(row))]) say(line);
      }
      for (const line of linesOf(row.received ?? '')) say(paint('dim', `${INDENT}  ${line}`));
    }
  };
}

function taskOf({ task, source }: Row): string {
  return basename(source).startsWith('platform.yml:') ? (PLATFORM_STEPS[task] ?? task) : task;
}

/** Whole paths where they fit, else file names alone. */
function placesOf(rows: readonly Row[]): (row: Row) => string {
  return shortened(rows) ? row => basename(row.source) : row => row.source;
}

function shortened(rows: readonly Row[]): boolean {
  return process.stdout.isTTY && rows.some(({ sent, source }) => INDENT.length + sent.length + 2 + source.length > screenWidth());
}

/** Says which folders the shortened names stand in. */
function showFolders(rows: readonly Row[]): void {
  if (!shortened(rows)) return;
  const folders = Map.groupBy(rows, row => dirname(row.source));
  const told = [...folders].map(([folder, own]) => `${[...new Set(own.map(fileOf))].join(', ')} in ${folder}`);
  say();
  for (const line of told) say(paint('dim', line));
}

const fileOf = ({ source }: Row) => basename(source).replace(/:\d+$/, '');

export function linesOf(text: string): string[] {
  return text.split('\n').filter(line => line.trim() !== '');
}
