import { styleText } from 'node:util';
import { masked } from '../log.ts';
import type { Outcome } from '../model.ts';

type Style = Parameters<typeof styleText>[0];
type Stream = typeof process.stdout | typeof process.stderr;

/** Colour on a terminal, plain text elsewhere and under NO_COLOR. */
export function paint(style: Style, text: string, stream: Stream = process.stdout): string {
  return styleText(style, text, { stream });
}

const STYLES: Readonly<Record<Outcome, Style>> = {
  unchanged: 'cyan',
  applied: 'green',
  planned: 'blue',
  refused: 'yellow',
  undone: 'yellow',
  rescued: 'magenta',
  unknown: ['bold', 'red'],
};

export function paintOutcome(outcome: Outcome, stream: Stream = process.stdout): string {
  return paint(STYLES[outcome], outcome, stream);
}

/** One line to standard output, secrets masked. */
export function say(text = ''): void {
  process.stdout.write(`${masked(text)}\n`);
}

export function sayJson(value: unknown): void {
  say(JSON.stringify(value, undefined, 2));
}

/** One line to standard error. */
export function complain(text: string): void {
  process.stderr.write(`${masked(text)}\n`);
}

/** Columns that a line may fill: those of the terminal; where there is none, as many as a wide one has. */
export function screenWidth(): number {
  return (process.stdout.isTTY && process.stdout.columns) || 140;
}

/** Prose broken between words to fit the screen, each line after `indent`. */
export function prose(text: string, indent = ''): string[] {
  const width = Math.min(screenWidth(), 100) - indent.length;
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && shownLength(last) + 1 + shownLength(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map(line => indent + line);
}

/** Columns padded to the widest cell; the last is left ragged. Painted cells count by what they show. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, shownLength(cell));
  return rows.map(row => row.map((cell, i) => (i === row.length - 1 ? cell : padded(cell, widths[i] ?? 0))).join('  '));
}

/** Spaces up to `width`, counted by what the text shows. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - shownLength(text)));
}

export function shownLength(text: string): number {
  return text.replace(/\x1b\[[0-9;]*m/g, '').length;
}
