import { at, ChangeError } from '../errors.ts';
import type { Answer, Dialect, Exchange, Line, Step } from '../model.ts';
import { within } from '../transport/deadline.ts';
import { type Channel, type Connection, OUTPUT_LIMIT } from '../transport/transport.ts';
import { refusalIn } from './failures.ts';
import { modeOf, readPrefix, wayTo } from './modes.ts';
import { afterEcho, lastLine, outputOf, plain, tailOf } from './screen.ts';
import { type Terminal, typedLine } from './terminal.ts';

/** How many leading characters of the hostname must stand in every prompt: IOS cuts the name in its configuration prompts. */
const STEM = 16;

/** A CLI at a prompt: types a line, waits for its echo and then for a prompt, and reads what is between. */
export class ShellTerminal implements Terminal {
  readonly #connection: Connection;
  readonly #channel: Channel;
  #dialect: Dialect;
  readonly #enableSecret: string | undefined;
  readonly #device: string;
  #raw = '';
  #seen: () => void = () => {};
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
      this.#raw = (this.#raw + text).slice(-OUTPUT_LIMIT);
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
    await terminal.#prompt(deadline);
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
        const secret = node.password === undefined ? [] : [{ question: node.password, answer: this.#secret(node.name) }];
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
    this.#connection.close();
  }

  #secret(mode: string): string {
    if (this.#enableSecret === undefined) {
      throw new ChangeError('login_refused', `${this.#device} asks for the secret of ${mode}, and the credentials have no enable`);
    }
    return this.#enableSecret;
  }

  /** Types one line and answers with what the device said until its next prompt. */
  async #type(text: string, answers: readonly Answer<string>[], deadline: number): Promise<string> {
    if (!this.alive) throw this.#lost();
    this.#raw = '';
    this.#channel.write(`${text}\n`);
    const open = [...answers];
    while (true) {
      const found = await this.#await(text, open, deadline);
      if (found === 'prompt') return outputOf(plain(this.#raw), text, this.#dialect.noise) ?? '';
      // Each question is answered once: a device that asks again did not like the answer.
      open.splice(open.indexOf(found), 1);
      this.#raw = `${plain(this.#raw)}\n`;
      this.#channel.write(`${found.answer}\n`);
    }
  }

  /** The first prompt after login: no echo to wait for. */
  async #prompt(deadline: number): Promise<void> {
    await this.#await(undefined, [], deadline);
    this.#stem = (/^[\w.@-]+/.exec(lastLine(plain(this.#raw)).trim())?.[0] ?? '').slice(0, STEM);
  }

  /** Waits until the screen ends in a prompt of a known mode, or in one of the questions. */
  async #await(echo: string | undefined, questions: readonly Answer<string>[], deadline: number): Promise<'prompt' | Answer<string>> {
    const look = () => this.#look(echo, questions);
    const found = new Promise<'prompt' | Answer<string>>((resolve, reject) => {
      this.#seen = () => {
        const now = look();
        if (now) resolve(now);
        else if (this.#closed || !this.#connection.alive) reject(this.#lost());
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
      this.#seen = () => {};
    }
  }

  #look(echo: string | undefined, questions: readonly Answer<string>[]): 'prompt' | Answer<string> | undefined {
    // Only the tail decides; the cheap test comes first, since this runs for every packet.
    const tail = lastLine(plain(this.#raw.slice(-1024))).trimEnd();
    if (tail === '') return undefined;
    const asked = questions.find(({ question }) => question.test(tail));
    const mode = tail.startsWith(this.#stem) ? modeOf(tail, this.#dialect.modes, this.#mode) : undefined;
    if (asked === undefined && mode === undefined) return undefined;
    if (echo !== undefined && afterEcho(plain(this.#raw), echo) === undefined) return undefined;
    if (asked !== undefined) return asked;
    this.#mode = mode ?? this.#mode;
    return 'prompt';
  }

  #rejected(sent: string, line: Line, refusal: string): ChangeError {
    return new ChangeError('rejected', `${this.#device} refused "${sent}" (${at(line.place)}): ${refusal}`, { said: refusal });
  }

  #lost(): ChangeError {
    return new ChangeError('session_lost', `the connection to ${this.#device} was lost`);
  }
}
