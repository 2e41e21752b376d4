import { at, ChangeError } from '../errors.ts';
import type { Dialect, Line, Step } from '../model.ts';
import type { Exchange } from '../result.ts';
import { within } from '../transport/deadline.ts';
import type { Connection } from '../transport/transport.ts';
import { Conversation } from './conversation.ts';
import { refusalIn } from './failures.ts';
import { readPrefix, wayTo } from './modes.ts';
import type { Question } from './silence.ts';
import { type Terminal, typedLine } from './terminal.ts';

/** A line that was typed. More may still come that the device says to it: until the next echo, or until the prompt is settled. */
interface Typed {
  readonly sent: string;
  readonly line: Line;
  readonly tolerate: readonly RegExp[];
  received: string;
}

/** A CLI with modes: finds its way between them and types what is to be typed, line by line. */
export class ShellTerminal implements Terminal {
  readonly #talk: Conversation;
  #dialect: Dialect;
  readonly #enableSecret: string | undefined;
  readonly #device: string;
  #last: Typed | undefined;

  private constructor(talk: Conversation, parts: { dialect: Dialect; enableSecret: string | undefined; device: string }) {
    this.#talk = talk;
    this.#dialect = parts.dialect;
    this.#enableSecret = parts.enableSecret;
    this.#device = parts.device;
  }

  /** Waits for the first prompt and types the platform's `on_open`. */
  static async open(
    connection: Connection,
    parts: { dialect: Dialect; enableSecret: string | undefined; device: string },
    deadline: number,
  ): Promise<ShellTerminal> {
    const channel = await within(connection.openShell(), deadline, `open a shell on ${parts.device}`);
    const talk = new Conversation(connection, channel, parts);
    const terminal = new ShellTerminal(talk, parts);
    await talk.greet(deadline);
    for (const line of parts.dialect.onOpen) await terminal.#type([line], {}, deadline);
    return terminal;
  }

  get alive(): boolean {
    return this.#talk.alive;
  }

  async enter(mode: string, deadline: number): Promise<void> {
    for (const { how, mode: node } of wayTo(this.#talk.mode, mode, this.#dialect.modes)) {
      const target = how === 'enter' ? node.name : node.parent;
      for (const line of how === 'enter' ? node.enter : node.leave) {
        if (target !== undefined && this.#talk.mode === target) break;
        const secret = node.password === undefined ? [] : [{ question: node.password, answer: () => this.#secret(node.name) }];
        await this.#type([line], { answers: [...node.answer, ...secret] }, deadline);
      }
      // The old prompt may have been printed once more, below a log line.
      if (target !== undefined && this.#talk.mode !== target) await this.#settle(deadline);
      if (target !== undefined && this.#talk.mode !== target) {
        throw new ChangeError('rejected', `${this.#device}: expected to get to ${target}, but the prompt is ${this.#talk.prompt}`);
      }
    }
  }

  speak(dialect: Dialect): void {
    this.#dialect = dialect;
    this.#talk.speak(dialect);
  }

  landed(mode: string): boolean {
    return this.#talk.mode === mode;
  }

  async run(
    step: Pick<Step, 'mode' | 'lines' | 'tolerate' | 'answer' | 'ahead'>,
    deadline: number,
    heard: (exchange: Exchange) => void = () => {},
    more = false,
  ): Promise<readonly Exchange[]> {
    const prefix = readPrefix(this.#talk.mode, step.mode, this.#dialect.modes);
    if (prefix === undefined) await this.enter(step.mode, deadline);
    const log: Typed[] = [];
    try {
      for (const lines of this.#goes(step)) {
        await this.#type(lines, { prefix, answers: step.answer, tolerate: step.tolerate }, deadline, log);
      }
      if (log.length > 0 && !more) await this.#settle(deadline);
    } finally {
      // Only now is it certain that a line's answer is whole.
      for (const typed of log) heard(exchangeOf(typed));
    }
    return log.map(exchangeOf);
  }

  async probe(deadline: number): Promise<void> {
    await this.#settle(deadline);
  }

  async close(): Promise<void> {
    await this.#talk.close();
  }

  #secret(mode: string): string {
    if (this.#enableSecret === undefined) {
      // It still waits for an answer.
      this.#talk.distrust();
      throw new ChangeError('login_refused', `${this.#device} asks for the secret of ${mode}, and the credentials have no enable`);
    }
    return this.#enableSecret;
  }

  /** A step's lines in the goes in which they are typed: what may be typed ahead goes in one, behind the line that decides where it lands. */
  #goes({ lines, answer, ahead }: Pick<Step, 'lines' | 'answer' | 'ahead'>): Line[][] {
    const typeAhead = ahead ? this.#dialect.typeAhead : undefined;
    const goes: Line[][] = [];
    let isAhead = false;
    for (const [nth, line] of lines.entries()) {
      const may = typeAhead !== undefined && nth > 0 && answer.length === 0 && typeAhead.of.test(line.text);
      const last = goes.at(-1);
      if (may && isAhead && last && last.length < typeAhead.lines) last.push(line);
      else goes.push([line]);
      isAhead = may;
    }
    return goes;
  }

  /** Types lines at one go. @throws ChangeError rejected when the device refuses one, or turns out to have refused the one before */
  async #type(
    lines: readonly Line[],
    { prefix, answers = [], tolerate = [] }: { prefix?: string | undefined; answers?: readonly Question[]; tolerate?: readonly RegExp[] },
    deadline: number,
    log: Typed[] = [],
  ): Promise<void> {
    const before = this.#last;
    this.#last = undefined;
    const sent = lines.map(line => typedLine(line, prefix));
    const { late, received } = await this.#talk.say(sent, answers, deadline);
    const typed = lines.map((line, nth): Typed => ({ sent: sent[nth] ?? '', line, tolerate, received: received[nth] ?? '' }));
    log.push(...typed);
    if (before && late !== '') {
      before.received = before.received === '' ? late : `${before.received}\n${late}`;
      this.#check(before);
    }
    for (const one of typed) this.#check(one);
    this.#last = typed.at(-1);
  }

  /** Waits until all has been said to the last line. */
  async #settle(deadline: number): Promise<void> {
    const last = this.#last;
    this.#last = undefined;
    const received = await this.#talk.settle(deadline);
    if (!last || received === undefined) return;
    last.received = received;
    this.#check(last);
  }

  #check({ sent, line, tolerate, received }: Typed): void {
    const refusal = refusalIn(received, this.#dialect.failures, tolerate);
    if (refusal === undefined) return;
    throw new ChangeError('rejected', `${this.#device} refused "${sent}" (${at(line.place)}): ${refusal}`, { said: refusal });
  }
}

const exchangeOf = ({ sent, received, line }: Typed): Exchange => ({ sent, received, place: line.place });
