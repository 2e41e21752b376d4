import { plain } from './screen.ts';
import type { Signs } from './signs.ts';

/** Characters that are kept of a line: no prompt and no question is longer. */
const WIDTH = 2048;
const LINES = 32;

/** The last lines of what came, at hand without a look at all the rest: it is asked for every packet, and a device may say a lot. */
export class Tail {
  #lines: string[] = [];
  #line = '';
  #whole = true;

  /** Forgets all; what follows is looked at by itself, but for the log line that has only come in part. */
  clear(rest = ''): void {
    this.#lines = [];
    this.#line = rest;
    this.#whole = true;
  }

  add(text: string): void {
    const pieces = this.#recent(text).split('\n');
    pieces[0] = this.#line + pieces[0];
    this.#line = pieces.pop() ?? '';
    this.#lines.push(...pieces);
    if (this.#lines.length > LINES) {
      this.#lines = this.#lines.slice(-LINES);
      this.#whole = false;
    }
    // A progress bar draws one line over and over.
    if (this.#line.length > WIDTH) this.#line = this.#line.slice(Math.max(this.#line.lastIndexOf('\r'), this.#line.length - WIDTH));
  }

  /** What can matter of a long piece. Where its beginning is left out, so is everything before. */
  #recent(text: string): string {
    if (text.length <= WIDTH * LINES) return text;
    this.clear();
    this.#whole = false;
    const recent = text.slice(-WIDTH * LINES);
    return recent.slice(recent.indexOf('\n') + 1);
  }

  /** The line that has not ended yet. */
  get line(): string {
    return plain(this.#line).trimEnd();
  }

  /** Replaces the line that has not ended yet. */
  redraw(line: string): void {
    this.#line = line;
  }

  /**
   * The line where a prompt or a question would stand: the one that has not ended, or, where a log line came below the prompt and the
   * device did not print the prompt again, the last one above. Empty when there is none.
   */
  last(signs: Signs): string {
    const last = this.line;
    if (last !== '' && !signs.isNoise(last)) return last;
    let noise = last !== '';
    for (const line of this.#lines.toReversed()) {
      const text = plain(line).trimEnd();
      if (text !== '' && !signs.isNoise(text)) return noise || signs.noiseIn(text) !== '' ? text : '';
      noise ||= text !== '';
    }
    return '';
  }

  /** Whether nothing is there but blanks and noise. */
  isBlank(signs: Signs): boolean {
    const says = (line: string) => {
      const text = plain(line).trimEnd();
      return text !== '' && !signs.isNoise(text);
    };
    return this.#whole && !says(this.#line) && !this.#lines.some(says);
  }

  /** The lines that say something, oldest first; `whole` when none has been dropped. */
  words(signs: Signs): { readonly lines: readonly string[]; readonly whole: boolean } {
    const lines = [...this.#lines, this.#line].map(line => plain(line).trimEnd());
    return { lines: lines.filter(line => line !== '' && !signs.isNoise(line)), whole: this.#whole };
  }

  /** As it can be told. */
  get text(): string {
    return plain([...this.#lines, this.#line].join('\n'));
  }
}
