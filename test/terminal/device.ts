import type { Answer, Dialect, Line, PlannedMode } from '../../server/model.ts';
import { ShellTerminal } from '../../server/terminal/shell.ts';
import type { Channel, Connection, ExecOutput } from '../../server/transport/transport.ts';
import { soon } from '../ends.ts';

/** How what a device says is cut up on its way. */
export type Cuts = (text: string) => readonly string[];

export const whole: Cuts = text => [text];
export const everyByte: Cuts = text => [...text];

/** Pieces of the given lengths, over and over. */
export function cutAt(lengths: readonly number[]): Cuts {
  return text => {
    const pieces: string[] = [];
    for (let at = 0, i = 0; at < text.length; i += 1) {
      const length = lengths[i % lengths.length] ?? 1;
      pieces.push(text.slice(at, at + length));
      at += length;
    }
    return pieces;
  };
}

/**
 * A device of the test's own at the other end of a Channel. Each line typed is given to `answer`; what that returns is sent back as it
 * is, echo and prompt included, in pieces that come one after the other as packets do.
 */
export class TestDevice implements Connection {
  alive = true;
  /** The lines that were typed, but for the empty ones. */
  readonly typed: string[] = [];
  readonly #answer: (line: string) => string | undefined;
  readonly #greeting: string;
  readonly #cuts: Cuts;
  readonly #waiting: string[] = [];
  #sending = false;
  #line = '';
  #heard: (text: string) => void = () => {};
  #closed: () => void = () => {};

  constructor(parts: { greeting: string; answer: (line: string) => string | undefined; cuts?: Cuts }) {
    this.#greeting = parts.greeting;
    this.#answer = parts.answer;
    this.#cuts = parts.cuts ?? whole;
  }

  async openShell(): Promise<Channel> {
    this.say(this.#greeting);
    return {
      write: text => this.#keys(text),
      onText: listener => {
        this.#heard = listener;
      },
      onClose: listener => {
        this.#closed = listener;
      },
      close: () => this.hangUp(),
    };
  }

  exec(): Promise<ExecOutput> {
    return Promise.reject(new Error('this device has a CLI'));
  }

  async close(): Promise<void> {
    this.alive = false;
  }

  /** Sends something unasked. */
  say(text: string): void {
    this.#waiting.push(...this.#cuts(text));
    if (this.#sending) return;
    this.#sending = true;
    setImmediate(() => this.#send());
  }

  hangUp(): void {
    this.alive = false;
    this.#closed();
  }

  #send(): void {
    const piece = this.#waiting.shift();
    if (piece === undefined) {
      this.#sending = false;
      return;
    }
    this.#heard(piece);
    setImmediate(() => this.#send());
  }

  #keys(text: string): void {
    this.#line += text;
    for (let end = this.#line.indexOf('\n'); end >= 0; end = this.#line.indexOf('\n')) {
      const line = this.#line.slice(0, end);
      this.#line = this.#line.slice(end + 1);
      // An empty line only asks for another prompt.
      if (line !== '') this.typed.push(line);
      const said = this.#answer(line);
      if (said !== undefined) this.say(said);
    }
  }
}

const PLACE = { file: 'test.yml', line: 1 };
export const line = (text: string): Line => ({ text, place: PLACE });

export function mode(name: string, prompt: RegExp, more: Partial<PlannedMode> = {}): PlannedMode {
  return { name, prompt, enter: [], leave: [], answer: [], ...more };
}

export function dialectOf(modes: readonly PlannedMode[], more: Partial<Dialect> = {}): Dialect {
  return {
    platform: 'test_os',
    session: 'shell',
    modes: new Map(modes.map(node => [node.name, node])),
    onOpen: [line('terminal length 0')],
    failures: [/^%/m],
    noise: [/^\*[A-Z][a-z]{2} .*%[A-Z]+-\d-[A-Z_]+:/m],
    ...more,
  };
}

/** Modes as IOS has them. */
export const IOS_LIKE = dialectOf([
  mode('exec', /^(?:[\w.-]+>)\s*$/),
  mode('privileged', /^(?:[\w.-]+#)\s*$/, {
    parent: 'exec',
    enter: [line('enable')],
    leave: [line('disable')],
    password: /^Password: ?$/m,
  }),
  mode('config', /^(?:[\w.-]+\(config[^)]*\)#)\s*$/, {
    parent: 'privileged',
    enter: [line('configure terminal')],
    leave: [line('end')],
    reads: 'do',
  }),
]);

export const SECRET = 'the-enable-secret';

/** A logged-in terminal on the device. */
export function open(
  device: TestDevice,
  dialect: Dialect = IOS_LIKE,
  wait?: number,
  enableSecret: string | null = SECRET,
): Promise<ShellTerminal> {
  return ShellTerminal.open(device, { dialect, enableSecret: enableSecret ?? undefined, device: 'sw1' }, soon(wait));
}

/** Types one line in a mode and answers with what the device said. */
export async function ask(
  terminal: ShellTerminal,
  text: string,
  where = 'exec',
  more: { answer?: readonly Answer<string>[]; wait?: number } = {},
): Promise<string> {
  const step = { mode: where, lines: [line(text)], tolerate: [], answer: more.answer ?? [] };
  const [exchange] = await terminal.run(step, soon(more.wait));
  return exchange?.received ?? '';
}
