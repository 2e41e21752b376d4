import { at, ChangeError } from '../errors.ts';
import type { Dialect, Line, Step } from '../model.ts';
import type { Exchange } from '../result.ts';
import { within } from '../transport/deadline.ts';
import { type Channel, type Connection, OUTPUT_LIMIT } from '../transport/transport.ts';
import { refusalIn } from './failures.ts';
import { modeOf, readPrefix, wayTo } from './modes.ts';
import { afterEcho, lastLine, outputOf, plain, tailOf, withoutLateNoise } from './screen.ts';
import { type Terminal, typedLine } from './terminal.ts';

/** What the device may ask on the way; a secret is looked up only when it is asked for. */
interface Question {
  readonly question: RegExp;
  readonly answer: string | (() => string);
}

/** How many leading characters of the hostname must stand in every prompt: IOS cuts the name in its configuration prompts. */
const STEM = 16;
/** Milliseconds of silence after which a question that is on the screen again counts as asked again. */
const ASKED_AGAIN = 500;

/** A CLI at a prompt: types a line, waits for its echo and then for a prompt, and reads what is between. */
export class ShellTerminal implements Terminal {
  readonly #connection: Connection;
  readonly #channel: Channel;
  #dialect: Dialect;
  readonly #enableSecret: string | undefined;
  readonly #device: string;
  #raw = '';
  #seen: () => void = () => {};
  #tooMuch = false;
  #closed = false;
  #trusted = true;
  #mode = '';
  #stem = '';

  private constructor(
    connection: Connection,
    channel: Channel,
    parts: { dialect: Dialect; enableSecret: string | undefined; device: string },
  ) {
    this.#connection = connection;
    this.#channel = channel;
    this.#dialect = parts.dialect;
    this.#enableSecret = parts.enableSecret;
    this.#device = parts.device;
    channel.onText(text => {
      this.#tooMuch ||= this.#raw.length + text.length > OUTPUT_LIMIT;
      if (!this.#tooMuch) this.#raw += text;
      this.#seen();
    });
    channel.onClose(() => {
      this.#closed = true;
      this.#seen();
    });
  }

  /** Waits for the first prompt and types the platform's `on_open`. */
  static async open(
    connection: Connection,
    parts: { dialect: Dialect; enableSecret: string | undefined; device: string },
    deadline: number,
  ): Promise<ShellTerminal> {
    const channel = await within(connection.openShell(), deadline, `open a shell on ${parts.device}`);
    const terminal = new ShellTerminal(connection, channel, parts);
    await terminal.#await(undefined, [], [], deadline);
    for (const line of parts.dialect.onOpen) {
      const output = await terminal.#type(line.text, [], deadline);
      const refusal = refusalIn(output, parts.dialect.failures, []);
      if (refusal !== undefined) throw terminal.#rejected(line.text, line, refusal);
    }
    return terminal;
  }

  get alive(): boolean {
    return this.#trusted && !this.#closed && this.#connection.alive;
  }

  async enter(mode: string, deadline: number): Promise<void> {
    for (const { how, mode: node } of wayTo(this.#mode, mode, this.#dialect.modes)) {
      const target = how === 'enter' ? node.name : node.parent;
      for (const line of how === 'enter' ? node.enter : node.leave) {
        if (target !== undefined && this.#mode === target) break;
        const secret = node.password === undefined ? [] : [{ question: node.password, answer: () => this.#secret(node.name) }];
        const output = await this.#type(line.text, [...node.answer, ...secret], deadline);
        const refusal = refusalIn(output, this.#dialect.failures, []);
        if (refusal !== undefined) throw this.#rejected(line.text, line, refusal);
      }
      if (target !== undefined && this.#mode !== target) {
        throw new ChangeError(
          'rejected',
          `${this.#device}: expected to get to ${target}, but the prompt is ${lastLine(plain(this.#raw)).trim()}`,
        );
      }
    }
  }

  speak(dialect: Dialect): void {
    this.#dialect = dialect;
  }

  landed(mode: string): boolean {
    return this.#mode === mode;
  }

  async run(
    step: Pick<Step, 'mode' | 'lines' | 'tolerate' | 'answer'>,
    deadline: number,
    heard: (exchange: Exchange) => void = () => {},
  ): Promise<readonly Exchange[]> {
    const prefix = readPrefix(this.#mode, step.mode, this.#dialect.modes);
    if (prefix === undefined) await this.enter(step.mode, deadline);
    const exchanges: Exchange[] = [];
    for (const line of step.lines) {
      const sent = typedLine(line, prefix);
      const received = await this.#type(sent, step.answer, deadline);
      const exchange = { sent, received, place: line.place };
      exchanges.push(exchange);
      heard(exchange);
      const refusal = refusalIn(received, this.#dialect.failures, step.tolerate);
      if (refusal !== undefined) throw this.#rejected(sent, line, refusal);
    }
    return exchanges;
  }

  async close(): Promise<void> {
    this.#trusted = false;
    this.#channel.close();
    await this.#connection.close();
  }

  #secret(mode: string): string {
    if (this.#enableSecret === undefined) {
      // It still waits for an answer.
      this.#trusted = false;
      throw new ChangeError('login_refused', `${this.#device} asks for the secret of ${mode}, and the credentials have no enable`);
    }
    return this.#enableSecret;
  }

  /** Types one line and answers with what the device said until its next prompt. */
  async #type(text: string, answers: readonly Question[], deadline: number): Promise<string> {
    if (!this.alive) throw this.#lost();
    this.#raw = '';
    this.#tooMuch = false;
    this.#channel.write(`${text}\n`);
    const open = [...answers];
    const answered: Question[] = [];
    while (true) {
      const found = await this.#await(text, open, answered, deadline);
      if (found === 'prompt') {
        // The first prompt with an echo above it is one for certain; a banner can look like any.
        this.#stem ||= (/^[\w.@-]+/.exec(this.#tail())?.[0] ?? '').slice(0, STEM);
        return outputOf(plain(this.#raw), text, this.#dialect.noise) ?? '';
      }
      // Each question is answered once: a device that asks again did not like the answer.
      answered.push(...open.splice(open.indexOf(found), 1));
      const answer = typeof found.answer === 'string' ? found.answer : found.answer();
      this.#raw = `${plain(this.#raw)}\n`;
      this.#channel.write(`${answer}\n`);
    }
  }

  /** Waits until the screen ends in a prompt of a known mode, or in one of the questions. Without `echo`: the prompt after login. */
  async #await(
    echo: string | undefined,
    questions: readonly Question[],
    answered: readonly Question[],
    deadline: number,
  ): Promise<'prompt' | Question> {
    let silence: NodeJS.Timeout | undefined;
    const found = new Promise<'prompt' | Question>((resolve, reject) => {
      this.#seen = () => {
        clearTimeout(silence);
        const now = this.#look(echo, questions);
        if (now) return resolve(now);
        if (this.#closed || !this.#connection.alive) return reject(this.#lost());
        if (this.#tooMuch) return reject(new ChangeError('session_lost', `${this.#device} said more than 8 MB after "${echo}"`));
        if (answered.some(({ question }) => question.test(this.#tail()))) {
          silence = setTimeout(() => reject(this.#unwilling()), ASKED_AGAIN);
        }
      };
      this.#seen();
    });
    try {
      return await within(found, deadline, `hear from ${this.#device}${echo === undefined ? '' : ` after "${echo}"`}`);
    } catch (thrown) {
      // The device may still be at work on the line: what comes next on this session cannot be told apart any more.
      this.#trusted = false;
      const tail = tailOf(plain(this.#raw));
      if (thrown instanceof ChangeError && thrown.kind === 'timeout' && tail !== '') {
        throw new ChangeError('timeout', `${thrown.message}; its screen ends in: ${tail}`);
      }
      throw thrown;
    } finally {
      clearTimeout(silence);
      this.#seen = () => {};
    }
  }

  #look(echo: string | undefined, questions: readonly Question[]): 'prompt' | Question | undefined {
    // Only the tail decides; the cheap test comes first, since this runs for every packet.
    const tail = this.#tail();
    if (tail === '') return undefined;
    const asked = questions.find(({ question }) => question.test(tail));
    const mode = tail.startsWith(this.#stem) ? modeOf(tail, this.#dialect.modes, this.#mode) : undefined;
    if (asked === undefined && mode === undefined) return undefined;
    if (echo !== undefined && afterEcho(plain(this.#raw), echo) === undefined) return undefined;
    if (asked !== undefined) return asked;
    this.#mode = mode ?? this.#mode;
    return 'prompt';
  }

  /** The line where a prompt or a question would stand. */
  #tail(): string {
    return lastLine(withoutLateNoise(plain(this.#raw.slice(-1024)), this.#dialect.noise)).trimEnd();
  }

  #unwilling(): ChangeError {
    return new ChangeError('rejected', `${this.#device} asks again, it did not take the answer: ${tailOf(plain(this.#raw))}`);
  }

  #rejected(sent: string, line: Line, refusal: string): ChangeError {
    return new ChangeError('rejected', `${this.#device} refused "${sent}" (${at(line.place)}): ${refusal}`, { said: refusal });
  }

  #lost(): ChangeError {
    return new ChangeError('session_lost', `the connection to ${this.#device} was lost`);
  }
}
