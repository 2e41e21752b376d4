import { styleText } from 'node:util';
import { masked, maskedJson } from '../log.ts';
import type { Outcome } from '../result.ts';

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

/** A sentence under the line that it belongs to, broken to fit the screen. */
export function sayBelow(sentence: string, indent: string): void {
  const [first = '', ...others] = wrapped(sentence, screenWidth() - indent.length - 2);
  for (const line of [`${indent}${first}`, ...others.map(other => `${indent}  ${other}`)]) say(line);
}

export function sayJson(value: unknown): void {
  process.stdout.write(`${maskedJson(value, 2)}\n`);
}

/** One line to standard error. */
export function complain(text: string): void {
  process.stderr.write(`${masked(text)}\n`);
}

/** Columns that a line may fill: those of the terminal; in a file or a pipe no line is ever broken. */
export function screenWidth(stream: Stream = process.stdout): number {
  return stream.isTTY ? stream.columns || 80 : Number.POSITIVE_INFINITY;
}

/** Prose broken between words to fit the screen, each line after `indent`. */
export function prose(text: string, indent = ''): string[] {
  return wrapped(text, Math.min(screenWidth(), 100) - indent.length).map(line => indent + line);
}

/** Text broken between words; a word that is longer than `width` stays whole. Half a secret would be masked nowhere. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of masked(text).split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && shownLength(last) + 1 + shownLength(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
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
