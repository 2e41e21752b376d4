import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, Faults } from './faults.ts';
import type { CliSession, LabSwitch, Question, Reply, Work } from './switch.ts';
import type { Part } from './tap.ts';

/** Milliseconds each kind of work takes; 0 everywhere unless the lab is asked to be slow. */
export type Delays = Readonly<Record<Work | 'login', number>>;

/** What the terminal needs from the channel under it. */
export interface Wire {
  write(data: string): void;
  /** Ends the session in good order (`exit`). */
  end(): void;
  /** Drops the whole connection, as a cut cable would; `forGood`: and lets nobody in again. */
  cut(forGood: boolean): void;
}

/** Everything typed on one device, in order, by all sessions: tests read it. */
export type Typed = (line: string) => void;

/** Hears how far the device is with a line, and holds it there. */
export type Hear = (part: Part, line: string) => Promise<void>;

const CTRL_C = '\x03';
const CTRL_U = '\x15';
const CTRL_Z = '\x1a';
const BACKSPACE = new Set(['\x08', '\x7f']);

/** The line discipline in front of a vendor's CLI: echo, editing keys, the pager, questions, delays and faults. */
export class LabTerminal {
  readonly #device: LabSwitch;
  readonly #session: CliSession;
  readonly #wire: Wire;
  readonly #faults: Faults;
  readonly #delays: Delays;
  readonly #typed: Typed;
  readonly #listener: () => Hear | undefined;
  #line = '';
  #question: Question | undefined;
  #pages: string[] = [];
  #pending: string[] = [];
  #running = false;
  #gone = false;
  #unsent = '';

  constructor(parts: {
    device: LabSwitch;
    session: CliSession;
    wire: Wire;
    faults: Faults;
    delays: Delays;
    typed: Typed;
    /** Who listens now, if anybody does. */
    listener?: () => Hear | undefined;
  }) {
    this.#device = parts.device;
    this.#session = parts.session;
    this.#wire = parts.wire;
    this.#faults = parts.faults;
    this.#delays = parts.delays;
    this.#typed = parts.typed;
    this.#listener = parts.listener ?? (() => undefined);
  }

  async greet(): Promise<void> {
    if (this.#device.banner) this.#print(this.#device.banner);
    this.#write(this.#prompt());
    await this.#upTo(this.#unsent.length / 2, 'welcome', '');
    this.#flush();
  }

  /** Keys as they come from the network; type-ahead is kept until the device is ready for it. */
  async keys(data: string): Promise<void> {
    this.#pending.push(...data);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let key = this.#pending.shift(); key !== undefined && !this.#gone; key = this.#pending.shift()) await this.#key(key);
    } finally {
      this.#running = false;
      this.#flush();
    }
  }

  hangUp(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#session.hangUp();
  }

  async #key(key: string): Promise<void> {
    if (this.#pages.length > 0) return this.#page(key);
    if (this.#question?.key) return this.#answer(key);
    if (key === '\r') return this.#enter();
    if (key === '\n') return this.#enter();
    if (key === CTRL_C || key === CTRL_U) this.#line = '';
    else if (key === CTRL_Z) this.#line = 'end';
    else if (BACKSPACE.has(key)) this.#line = this.#line.slice(0, -1);
    else if (key === '?' && !this.#question) this.#help();
    else if (key >= ' ') {
      this.#line += key;
      if (!this.#question?.secret) this.#write(key);
    }
  }

  /** `?` is help on every one of these CLIs, at once and in the middle of a word: a value that holds one is never what is stored. */
  #help(): void {
    this.#write(`?\r\n  <cr>\r\n\r\n${this.#prompt()}${this.#line}`);
  }

  async #enter(): Promise<void> {
    const line = this.#line;
    this.#line = '';
    if (this.#question) {
      this.#write('\r\n');
      return this.#answer(line);
    }
    if (line.trim() === '') return this.#write(`\r\n${this.#prompt()}`);
    await this.#upTo(this.#unsent.length - line.length / 2, 'echo', line);
    if (this.#gone) return;
    this.#write('\r\n');
    this.#typed(line);
    await this.#upTo(this.#unsent.length, 'typed', line);
    if (this.#gone) return;
    await this.#carryOut(line, this.#faults.trip(line));
    const prompt = this.#unsent.endsWith(this.#prompt()) ? this.#prompt().length : 0;
    await this.#upTo((this.#unsent.length - prompt) / 2, 'output', line);
    await this.#upTo(this.#unsent.length - prompt / 2, 'prompt', line);
    await this.#upTo(this.#unsent.length, 'answered', line);
  }

  /** If somebody listens: puts that much of what was printed on the wire, and waits until he has heard of it. */
  async #upTo(length: number, part: Part, line: string): Promise<void> {
    const hear = this.#gone ? undefined : this.#listener();
    if (!hear) return;
    const rest = this.#unsent.slice(Math.ceil(length));
    this.#unsent = this.#unsent.slice(0, Math.ceil(length));
    this.#flush();
    await hear(part, line);
    this.#unsent = rest;
  }

  async #carryOut(line: string, fault: Fault | undefined): Promise<void> {
    if (fault?.does === 'cut' || fault?.does === 'die') return this.#wire.cut(fault.does === 'die');
    if (fault?.does === 'stall') return;
    const reply = this.#reply(line, fault);
    await this.#take(reply.work ?? 'command');
    if (fault?.does === 'cutAfter') return this.#wire.cut(false);
    await this.#upTo(this.#unsent.length, 'done', line);
    this.#show(reply);
  }

  #reply(line: string, fault: Fault | undefined): Reply {
    if (fault?.does === 'refuse') return { text: fault.says ?? this.#device.refusal(line) };
    if (fault?.does === 'ignore') return {};
    return this.#session.enter(line);
  }

  async #answer(typed: string): Promise<void> {
    const question = this.#question;
    this.#question = undefined;
    if (!question) return;
    if (question.key) this.#write(`${typed}\r\n`);
    const reply = question.answer(typed);
    await this.#take(reply.work ?? 'command');
    this.#show(reply);
  }

  async #take(work: Work): Promise<void> {
    if (this.#delays[work] === 0) return;
    this.#flush();
    await pause(this.#delays[work]);
  }

  /** What is printed at one go leaves as one packet, as a switch's TCP would send it; a packet per echoed letter would be slow. */
  #write(text: string): void {
    this.#unsent += text;
  }

  #flush(): void {
    if (this.#unsent !== '' && !this.#gone) this.#wire.write(this.#unsent);
    this.#unsent = '';
  }

  #show(reply: Reply): void {
    if (this.#gone) return;
    const { lines, more } = this.#session.paging();
    const text = reply.text === undefined || reply.text === '' ? [] : reply.text.replace(/\n$/, '').split('\n');
    if (reply.bye) {
      this.#print(text.join('\n'));
      this.#flush();
      return this.#wire.end();
    }
    if (reply.ask) {
      if (text.length > 0) this.#print(text.join('\n'));
      this.#question = reply.ask;
      return this.#write(reply.ask.text);
    }
    if (lines > 0 && text.length > lines) {
      this.#pages = text.slice(lines);
      this.#print(text.slice(0, lines).join('\n'));
      return this.#write(more);
    }
    if (text.length > 0) this.#print(text.join('\n'));
    this.#write(this.#prompt());
  }

  #page(key: string): void {
    const { lines, more } = this.#session.paging();
    this.#write(`\r${' '.repeat(more.length)}\r`);
    if (key === ' ') this.#print(this.#pages.splice(0, lines || this.#pages.length).join('\n'));
    else if (key === '\r' || key === '\n') this.#print(this.#pages.splice(0, 1).join('\n'));
    else this.#pages = [];
    this.#write(this.#pages.length > 0 ? more : this.#prompt());
  }

  #prompt(): string {
    return this.#session.prompt().replaceAll('\n', '\r\n');
  }

  #print(text: string): void {
    if (text !== '') this.#write(`${text.replaceAll('\n', '\r\n')}\r\n`);
  }
}
