import { ChangeError } from '../errors.ts';
import { masked } from '../log.ts';
import type { Dialect } from '../model.ts';
import { within } from '../transport/deadline.ts';
import type { Channel, Connection } from '../transport/transport.ts';
import { Reading } from './reading.ts';
import { tailOf, withoutEchoes } from './screen.ts';
import { Signs, samePrompt, stemOf } from './signs.ts';
import { type Question, type Verdict, verdictOn } from './silence.ts';

/** Milliseconds of silence after which an empty line is typed again, and how many there are at most: the first may have been dropped. */
const PROBE_AGAIN = 1000;
const PROBES = 3;
/** How often a pager may be told to go on and print nothing. */
const EMPTY_PAGES = 3;

/** Types a line on a channel, answers what is asked, and knows when the device has had its say. */
export class Conversation {
  readonly #connection: Connection;
  readonly #channel: Channel;
  readonly #device: string;
  #dialect: Dialect;
  #signs: Signs;
  #reading: Reading;
  #stem = '';
  #mode = '';
  #sent: string | undefined;
  #emptyPages = 0;
  #answered: Question[] = [];
  #seen: () => void = () => {};
  #closed = false;
  #trusted = true;

  constructor(connection: Connection, channel: Channel, parts: { dialect: Dialect; device: string }) {
    this.#connection = connection;
    this.#channel = channel;
    this.#device = parts.device;
    this.#dialect = parts.dialect;
    this.#signs = new Signs(parts.dialect, '');
    this.#reading = new Reading(undefined, this.#signs);
    channel.onText(text => {
      this.#reading.hear(text);
      this.#seen();
    });
    channel.onClose(() => {
      this.#closed = true;
      this.#seen();
    });
  }

  /** false once the channel is gone, or what comes on it cannot be told apart any more. */
  get alive(): boolean {
    return this.#trusted && !this.#closed && this.#connection.alive;
  }

  /** The mode of the last prompt. */
  get mode(): string {
    return this.#mode;
  }

  get prompt(): string {
    return this.#reading.prompt ?? '';
  }

  /** The end of the screen, as it may be told to anyone. */
  get screen(): string {
    // Half a secret would be masked nowhere.
    return tailOf(masked(this.#reading.screen));
  }

  speak(dialect: Dialect): void {
    this.#dialect = dialect;
    this.#signs = new Signs(dialect, this.#stem);
  }

  /** Nothing that comes from now on is to be relied on. */
  distrust(): void {
    this.#trusted = false;
  }

  async close(): Promise<void> {
    this.#trusted = false;
    this.#channel.close();
    await this.#connection.close();
  }

  /** Waits until the device is ready after login. A banner may look like any prompt: the one that answers an empty line is none. */
  async greet(deadline: number): Promise<void> {
    await this.#until(() => this.#look([]), deadline);
    await this.settle(deadline);
  }

  /**
   * Types lines at one go, and what the answers say where the last one asks, until a prompt stands below its echo. Answers what was said to
   * each; `late` came before the first echo, and belongs to what was typed before.
   */
  async say(lines: readonly string[], answers: readonly Question[], deadline: number): Promise<{ late: string; received: string[] }> {
    if (!this.alive) throw this.#lost();
    this.#answered = [];
    const received: string[] = [];
    let late = '';
    this.#write(lines.map(line => `${line}\n`).join(''));
    for (const [nth, line] of lines.entries()) {
      const above = this.#reading;
      this.#reading = new Reading(line, this.#signs, nth > 0);
      this.#reading.hear(above.rest);
      this.#sent = line;
      await this.#until(() => this.#reading.echoed || undefined, deadline);
      if (nth === 0) late = this.#reading.late;
      else received.push(withoutEchoes(above.output(this.#reading.above), lines.slice(nth)));
    }
    for (const open = [...answers]; ; ) {
      const found = await this.#until(() => this.#look(open), deadline);
      if (found === 'prompt') return { late, received: [...received, this.#hear()] };
      // Each question is answered once: a device that asks again did not like the answer.
      this.#answered.push(...open.splice(open.indexOf(found), 1));
      const answer = typeof found.answer === 'string' ? found.answer : found.answer();
      this.#reading.answered();
      this.#write(`${answer}\n`);
    }
  }

  /**
   * Makes sure that the prompt is one, and not part of an output that goes on: an empty line typed there must be answered by another prompt.
   * Answers with all that was said to the last line, where that is more than was heard.
   */
  async settle(deadline: number): Promise<string | undefined> {
    let prompt = this.#reading.prompt ?? '';
    let left = PROBES;
    const probe = () => {
      left -= 1;
      this.#reading.mark();
      this.#write('\n');
    };
    const probeAgain = () => {
      const now = this.#reading.prompt;
      if (now !== undefined && !samePrompt(now, prompt)) left = PROBES;
      prompt = now ?? prompt;
      return left > 0 && (now !== undefined || this.#reading.silent) ? probe : undefined;
    };
    probe();
    const look = () => {
      const settled = this.#reading.settled(prompt);
      return settled && this.#atPrompt() ? settled : undefined;
    };
    const settled = await this.#until(look, deadline, probeAgain);
    const isWhole = settled === 'whole' && left === PROBES - 1;
    const received = isWhole ? undefined : this.#reading.output();
    this.#reading.finish();
    return received;
  }

  #hear(): string {
    const received = this.#reading.output();
    if (this.#stem === '') {
      // The first prompt with an echo above it: from now on only its device's are prompts.
      this.#stem = stemOf(this.#reading.prompt ?? '');
      this.#signs = new Signs(this.#dialect, this.#stem);
    }
    return received;
  }

  /** What the screen shows now, if it is something to act upon. Only its tail decides: this runs for every packet. */
  #look(questions: readonly Question[]): 'prompt' | Question | undefined {
    if (!this.#reading.echoed) return undefined;
    const { tail } = this.#reading;
    if (tail === '') return undefined;
    return questions.find(({ question }) => question.test(tail)) ?? this.#atPrompt();
  }

  #atPrompt(): 'prompt' | undefined {
    const { prompt } = this.#reading;
    const mode = prompt === undefined ? undefined : this.#signs.mode(prompt, this.#mode);
    if (mode === undefined) return undefined;
    this.#mode = mode;
    return 'prompt';
  }

  /** Waits until `look` finds something. `again`: what to do when nothing comes any more, and it is not a failure yet. */
  async #until<T>(look: () => T | undefined, deadline: number, again?: () => (() => void) | undefined): Promise<T> {
    let silence: NodeJS.Timeout | undefined;
    const found = new Promise<T>((resolve, reject) => {
      this.#seen = () => {
        clearTimeout(silence);
        const now = look();
        if (now !== undefined) return resolve(now);
        const failure = this.#failure();
        if (failure) return reject(failure);
        if (this.#turnsPage()) return;
        const retry = again?.();
        if (retry) {
          silence = setTimeout(() => {
            retry();
            this.#seen();
          }, PROBE_AGAIN);
          return;
        }
        const verdict = verdictOn(this.#reading, { answered: this.#answered, settling: !!again, isLogin: this.#sent === undefined });
        if (verdict) silence = setTimeout(() => reject(this.#told(verdict)), verdict.after);
      };
      this.#seen();
    });
    try {
      return await within(found, deadline, `hear from ${this.#device}${this.#after}`);
    } catch (thrown) {
      // The device may still be at work on the line: what comes next on this session cannot be told apart any more.
      this.#trusted = false;
      if (!(thrown instanceof ChangeError) || thrown.kind !== 'timeout' || this.screen === '') throw thrown;
      throw new ChangeError('timeout', `${thrown.message}; its screen ends in: ${this.screen}`);
    } finally {
      clearTimeout(silence);
      this.#seen = () => {};
    }
  }

  /** Tells a pager to go on. It has no other way: it cannot be switched off everywhere. */
  #turnsPage(): boolean {
    const { pager } = this.#dialect;
    if (!pager || !this.#reading.echoed || !this.#reading.paused) return false;
    this.#emptyPages = this.#reading.turnPage() ? 0 : this.#emptyPages + 1;
    this.#write(pager.key);
    return true;
  }

  /** Into a channel that has closed nothing is written: that would be an error of its own. */
  #write(text: string): void {
    if (this.alive) this.#channel.write(text);
  }

  #failure(): ChangeError | undefined {
    if (this.#closed || !this.#connection.alive) return this.#lost();
    const lost = (what: string) => new ChangeError('session_lost', `${this.#device} ${what}${this.#after}`);
    if (this.#reading.tooMuch) return lost('said more than 8 MB');
    return this.#emptyPages > EMPTY_PAGES ? lost('stops at its pager, whatever key is pressed,') : undefined;
  }

  #told({ kind, sentence }: Verdict): ChangeError {
    return new ChangeError(kind, `${this.#device} ${sentence}${this.#after}: ${this.screen}`);
  }

  get #after(): string {
    return this.#sent === undefined ? '' : ` after "${this.#sent}"`;
  }

  #lost(): ChangeError {
    return new ChangeError('session_lost', `the connection to ${this.#device} was lost`);
  }
}
