import { plain, withoutEnd } from './screen.ts';
import type { Signs } from './signs.ts';

/** What a scrolled echo must show at least of the line: less could be any line's. */
const ENOUGH = 8;

/**
 * Looks for the echo of one line, screen line by screen line. It must stand alone on its line, behind nothing but a prompt; where else the
 * same words stand is some other text. A device may wrap it at its own width (on a new line, or with a carriage return as readline does),
 * draw it again, or scroll it sideways and show `$` for the part that is out of sight. Blanks do not count: wrapping adds and drops them.
 */
export class Echo {
  readonly #wanted: string;
  readonly #signs: Signs;
  readonly #ahead: boolean;
  #found = 0;

  /** @param ahead it was typed before its turn: only behind a prompt is it the echo of a line that is being carried out */
  constructor(sent: string, signs: Signs, ahead = false) {
    this.#wanted = squeezed(sent);
    this.#signs = signs;
    this.#ahead = ahead;
  }

  /** Whether part of the echo has been seen, and its rest is still to come. */
  get begun(): boolean {
    return this.#found > 0;
  }

  /** Takes the next line, as it came. true: with it the echo is whole. */
  take(raw: string): boolean {
    const readings = readingsOf(raw);
    // It goes on where it was, or it begins here: whatever shows most of it.
    const further = this.#found > 0 ? readings.map(reading => this.#goneOn(reading)) : [];
    this.#found = Math.max(...further, ...readings.map(reading => this.#begun(reading)));
    return this.#found === this.#wanted.length;
  }

  /** How much of the line has been echoed when the echo goes on like this; 0 when it does not. */
  #goneOn(reading: string): number {
    const part = squeezed(reading);
    return this.#wanted.startsWith(part, this.#found) ? this.#found + part.length : 0;
  }

  /** How much of the line has been echoed when the echo begins here; 0 when it does not. */
  #begun(reading: string): number {
    for (let at = 0; at < reading.length; at += 1) {
      if (reading[at] !== this.#wanted[0] && reading[at] !== '$') continue;
      const before = reading.slice(0, at);
      const found = this.#partIn(squeezed(reading.slice(at)));
      if (found > 0 && ((before.trim() === '' && !this.#ahead) || this.#signs.mode(before) !== undefined)) return found;
    }
    return 0;
  }

  /** How much of the line has been echoed when this is what stands there; 0 when it is something else. */
  #partIn(part: string): number {
    const wanted = this.#wanted;
    if (wanted.startsWith(part)) return part.length;
    const scrolled = part.replace(/^\$|\$$/, '');
    const isIt = part.startsWith('$') ? wanted.endsWith(scrolled) : part.endsWith('$') && wanted.startsWith(scrolled);
    return isIt && scrolled.length >= ENOUGH ? wanted.length : 0;
  }
}

/** A carriage return within a line draws it again from its beginning, or wraps it. */
function readingsOf(raw: string): string[] {
  const line = withoutEnd(raw, '\r');
  return line.includes('\r') ? [plain(line), plain(line.replaceAll('\r', ''))] : [plain(line)];
}

const squeezed = (text: string) => text.replace(/\s+/g, '');
