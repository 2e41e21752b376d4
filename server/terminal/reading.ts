import { OUTPUT_LIMIT } from '../transport/transport.ts';
import { Echo } from './echo.ts';
import { clean, gapIn, plain } from './screen.ts';
import { type Signs, samePrompt } from './signs.ts';
import { Tail } from './tail.ts';
import { Tape } from './tape.ts';

/** Characters that are kept of what comes between an answer and the next line. */
const ECHO_GAP = 64 * 1024;
/** Characters that are kept of a line that is longer than all of that. */
const LINE = 4096;
/** Lines of a second echo: it may be wrapped like the first. */
const ECHO_LINES = 16;

/** What a device says after one line was typed, as it comes. It decides nothing: it tells what is on the screen. */
export class Reading {
  readonly #sent: string | undefined;
  readonly #signs: Signs;
  readonly #echo: Echo | undefined;
  readonly #body = new Tape();
  readonly #tail = new Tail();
  readonly #late: string[] = [];
  readonly #above = new Tape();
  #begun = '';
  #line = '';
  #echoed: boolean;
  #heard = 0;
  #gap: string | undefined;
  #page = -1;
  #done = false;
  #since: string | undefined;

  /**
   * @param sent the line whose answer this is; undefined for what a device says before anything was typed
   * @param ahead it was typed before the line above it was answered
   */
  constructor(sent: string | undefined, signs: Signs, ahead = false) {
    this.#sent = sent;
    this.#signs = signs;
    this.#echo = sent === undefined ? undefined : new Echo(sent, signs, ahead);
    this.#echoed = sent === undefined;
  }

  /** Whether the typed line has been echoed whole. */
  get echoed(): boolean {
    return this.#echoed;
  }

  /** The device said more than anyone would keep. */
  get tooMuch(): boolean {
    return this.#heard > OUTPUT_LIMIT;
  }

  /** What came before the echo and is neither noise nor a prompt: it belongs to what was typed before. */
  get late(): string {
    return clean(this.#late.join('\n'));
  }

  /** Raw text with which the next reading begins: what came after the answer was taken or, where it was not yet, after the echo. */
  get rest(): string {
    return this.#since ?? (this.#sent === undefined ? '' : this.#body.text);
  }

  /** The lines before the echo, as they came: the answer to the line above, where this one was typed ahead. */
  get above(): string {
    return this.#above.text.replace(/\n$/, '');
  }

  hear(text: string): void {
    if (this.#since !== undefined) this.#since = recent(this.#since + text);
    if (this.#done) return;
    this.#heard += text.length;
    if (this.tooMuch) return;
    if (this.#echoed) this.#keep(text);
    else this.#lookForEcho(text);
  }

  /** The line where a prompt or a question would stand. */
  get tail(): string {
    return this.#tail.last(this.#signs);
  }

  /** The end of the screen, for an error message. */
  get screen(): string {
    return this.#tail.text;
  }

  /** The prompt that the screen ends in. */
  get prompt(): string | undefined {
    return this.#signs.promptIn(this.tail);
  }

  /** Whether nothing at all has come since the mark. */
  get silent(): boolean {
    return this.#tail.isBlank(this.#signs);
  }

  /** From here on `settled` looks at what is new. */
  mark(): void {
    this.#tail.clear(this.#rest());
  }

  /**
   * Whether an empty line that was typed at `prompt` has been answered: with that prompt and nothing else, and the answer was whole before.
   * If `more` came, the prompt was part of an output that went on, whose true end is where two prompts follow each other: its own, and the
   * empty line's.
   */
  settled(prompt: string): 'whole' | 'more' | undefined {
    const last = this.prompt;
    if (last === undefined) return undefined;
    const { lines, whole } = this.#tail.words(this.#signs);
    if (whole && lines.length === 1 && samePrompt(last, prompt)) return 'whole';
    const before = this.#signs.promptIn(lines.at(-2) ?? '');
    return before !== undefined && samePrompt(last, before) ? 'more' : undefined;
  }

  /** Begins a new line below a question that is being answered. */
  answered(): void {
    this.#keep('\n');
  }

  /** Whether the screen ends in the prompt of the platform's pager. */
  get paused(): boolean {
    return this.#signs.pagerIn(this.tail) !== undefined;
  }

  /** Takes the pager's prompt off the screen, which is about to go on. false: nothing had been printed since the last time. */
  turnPage(): boolean {
    const line = this.#tail.line;
    const at = this.#signs.pagerIn(line);
    if (at === undefined) {
      // It stands above a log line, and is left out when all is read.
      this.#tail.clear();
      return true;
    }
    const rest = line.slice(0, at);
    this.#body.cutLine();
    this.#body.add(rest);
    this.#tail.redraw(rest);
    this.#gap = rest.trim() === '' ? '' : undefined;
    const grown = this.#body.length > this.#page;
    this.#page = this.#body.length;
    return grown;
  }

  /** What the device answered, from the echo to the prompt, without both and without noise. `raw`: as much of it as is known to be the answer. */
  output(raw = this.#body.text): string {
    this.#since = this.#rest();
    const lines = plain(raw).split('\n');
    const said = this.#withoutPrompts(lines.slice(this.#secondEcho(lines)));
    return clean(said.filter(line => !this.#signs.isNoise(line) && this.#signs.pagerIn(line) !== 0).join('\n'));
  }

  /** The answer is whole: what still comes belongs to nothing. */
  finish(): void {
    this.#done = true;
    this.#since = this.#rest();
  }

  /** Of a log line that has only come in part, the rest is no text of its own. */
  #rest(): string {
    return this.#signs.noiseIn(this.#tail.line);
  }

  #lookForEcho(text: string): void {
    this.#tail.add(text);
    let rest = text;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = this.#line + rest.slice(0, end);
      this.#line = '';
      rest = rest.slice(end + 1);
      if (!this.#endsEcho(line)) {
        this.#passOver(`${line}\n`);
        continue;
      }
      this.#echoed = true;
      this.#tail.clear();
      this.#keep(rest);
      return;
    }
    this.#line += rest;
  }

  /** Part of an echo is no answer, unless it turns out to be none. */
  #passOver(line: string): void {
    this.#begun += line;
    if (this.#echo?.begun) return;
    this.#above.add(this.#begun);
    this.#begun = '';
  }

  #endsEcho(raw: string): boolean {
    const line = plain(raw).trimEnd();
    // A log line may fall into the middle of an echo.
    if (line === '' || this.#signs.isNoise(line)) return false;
    if (this.#echo?.take(raw)) return true;
    if (!this.#echo?.begun && this.#signs.promptIn(line) === undefined) this.#late.push(line);
    return false;
  }

  #keep(text: string): void {
    let rest = text;
    if (this.#gap !== undefined) {
      this.#gap += text;
      const gap = gapIn(this.#gap);
      if (gap === undefined) return;
      rest = this.#gap.slice(gap);
      this.#gap = undefined;
    }
    this.#body.add(rest);
    this.#tail.add(rest);
  }

  /** A device that falls behind echoes twice: when the line arrives, and when it gets to it. How many lines the second echo takes. */
  #secondEcho(lines: readonly string[]): number {
    if (this.#sent === undefined) return 0;
    const echo = new Echo(this.#sent, this.#signs);
    for (const [i, line] of lines.slice(0, ECHO_LINES).entries()) {
      if (line.trim() === '' || this.#signs.isNoise(line)) continue;
      if (echo.take(line)) return i + 1;
      if (!echo.begun) return 0;
    }
    return 0;
  }

  /** All prompts at the end are cut off: behind the first may stand one that was printed again after a log line. */
  #withoutPrompts(lines: readonly string[]): readonly string[] {
    let prompt: string | undefined;
    let end = lines.length;
    for (let i = lines.length - 1; i >= 0; i -= 1) {
      const line = lines[i] ?? '';
      if (line.trim() === '' || this.#signs.isNoise(line)) continue;
      const its = this.#signs.promptIn(line);
      if (its === undefined || !samePrompt(its, prompt ?? its)) break;
      prompt = its;
      end = i;
    }
    return lines.slice(0, end);
  }
}

/** All of a short text, of a long one the end of its last line: the rest was of no use to anyone. */
function recent(text: string): string {
  return text.length <= ECHO_GAP ? text : text.slice(Math.max(text.lastIndexOf('\n') + 1, text.length - LINE));
}
