import type { AddressInfo } from 'node:net';
import ssh2, { type Connection as Client, type ServerChannel } from 'ssh2';
import { makeHostKey } from '../../server/lab/host-key.ts';
import type { Dialect } from '../../server/model.ts';
import { ShellTerminal } from '../../server/terminal/shell.ts';
import { connectSsh } from '../../server/transport/ssh.ts';
import type { Connection } from '../../server/transport/transport.ts';
import { soon } from '../ends.ts';
import { deviceAt } from '../transport/servers.ts';
import { IOS_LIKE, SECRET } from './device.ts';

export type Bytes = string | Buffer;

/** How what a device says is cut into packets. */
export type Cuts = (bytes: Buffer) => readonly Buffer[];
export const inOne: Cuts = bytes => [bytes];
export const dripped: Cuts = bytes => [...bytes].map(byte => Buffer.of(byte));
/** Two packets, the first with so many bytes; the last byte is never alone when the text is shorter. */
export const cutAfter =
  (at: number): Cuts =>
  bytes =>
    at <= 0 || at >= bytes.length ? [bytes] : [bytes.subarray(0, at), bytes.subarray(at)];

/** What a device does with what is typed: it answers with raw bytes, echo and prompt included. */
export interface Script {
  readonly greeting: Bytes;
  answer(line: string, tty: Tty): Bytes | undefined;
}

/** The device's end of one shell. */
export class Tty {
  /** Every byte that was typed. */
  keys = '';
  /** The lines that were typed, but for the empty ones, which only ask for another prompt. */
  readonly typed: string[] = [];
  cuts: Cuts;
  /** For scripts to remember by. */
  ready = false;
  readonly #script: Script;
  readonly #channel: ServerChannel;
  readonly #trip: () => Promise<void>;
  readonly #gone: Promise<void>;
  #line = '';
  #pages: { readonly more: Bytes; readonly erase: Bytes; readonly left: Bytes[] } | undefined;
  #sending: Promise<void> = Promise.resolve();
  #open = true;

  constructor(script: Script, channel: ServerChannel, trip: () => Promise<void>, cuts: Cuts) {
    this.#script = script;
    this.#channel = channel;
    this.#trip = trip;
    this.cuts = cuts;
    channel.on('data', (data: Buffer) => {
      for (const key of data.toString('latin1')) this.#key(key);
    });
    this.#gone = new Promise(resolve =>
      channel.on('close', () => {
        this.#open = false;
        resolve();
      }),
    );
    channel.on('error', () => {});
    this.say(script.greeting);
  }

  /** Sends bytes, cut up: a packet is sent when whoever listens has had the one before and has done what it does about it. */
  say(bytes: Bytes): void {
    const pieces = this.cuts(Buffer.from(bytes as Buffer));
    this.#sending = this.#sending.then(async () => {
      for (const [i, piece] of pieces.entries()) {
        if (i > 0) await this.#trip();
        if (this.#open) this.#channel.write(piece);
      }
    });
  }

  /** Sends more bytes than fit into memory, a megabyte at a time. */
  async flood(megabytes: number, megabyte: Buffer): Promise<void> {
    await this.#sending;
    for (let i = 0; i < megabytes && this.#open; i += 1) {
      if (!this.#channel.write(megabyte)) await Promise.race([this.#gone, new Promise(resolve => this.#channel.once('drain', resolve))]);
    }
  }

  /** Sends pages; after each but the last a pager waits for a key, and rubs its prompt out by `erase`. */
  page(pages: readonly Bytes[], more: Bytes, erase: Bytes): void {
    const [first, ...left] = pages;
    this.say(first ?? '');
    if (left.length === 0) return;
    this.#pages = { more, erase, left };
    this.say(more);
  }

  /** Closes the shell once all has been said. */
  hangUp(): void {
    this.#sending = this.#sending.then(() => void this.#channel.end());
  }

  #key(key: string): void {
    this.keys += key;
    if (this.#pages) return this.#turn(this.#pages);
    if (key !== '\n') {
      this.#line += key;
      return;
    }
    // A CLI passes over blanks: a key for a pager that was none does no harm.
    const line = this.#line.trim();
    this.#line = '';
    if (line !== '') this.typed.push(line);
    const said = this.#script.answer(line, this);
    if (said !== undefined) this.say(said);
  }

  #turn({ more, erase, left }: { more: Bytes; erase: Bytes; left: Bytes[] }): void {
    this.#pages = undefined;
    this.say(erase);
    this.page(left, more, erase);
  }
}

/** An SSH server whose shells follow scripts; all of them share one real connection. */
export class SshDevice implements AsyncDisposable {
  readonly #server: ssh2.Server;
  readonly #waiting: { script: Script; cuts: Cuts; started: (tty: Tty) => void }[] = [];
  #connection: Connection | undefined;

  private constructor(hostKey: string) {
    this.#server = new ssh2.Server({ hostKeys: [hostKey] }, client => this.#accept(client));
  }

  static async start(): Promise<SshDevice> {
    const { privateKey, fingerprint } = makeHostKey();
    const device = new SshDevice(privateKey);
    await new Promise<void>(resolve => device.#server.listen(0, '127.0.0.1', resolve));
    const { port } = device.#server.address() as AddressInfo;
    device.#connection = await connectSsh(deviceAt(port, { hostKeys: [fingerprint] }), { username: 'mercury', password: 'x' }, soon());
    return device;
  }

  /** A shell that follows the script, and who types in it. */
  async open(
    script: Script,
    { dialect = IOS_LIKE, cuts = inOne, wait }: { dialect?: Dialect; cuts?: Cuts; wait?: number | undefined } = {},
  ): Promise<{ tty: Tty; terminal: ShellTerminal }> {
    const { tty, terminal } = this.try(script, { dialect, cuts, wait });
    return { tty: await tty, terminal: await terminal };
  }

  /** The same, where the login may fail. */
  try(
    script: Script,
    { dialect = IOS_LIKE, cuts = inOne, wait }: { dialect?: Dialect; cuts?: Cuts; wait?: number | undefined } = {},
  ): { tty: Promise<Tty>; terminal: Promise<ShellTerminal> } {
    const under = this.#connection;
    if (!under) throw new Error('nobody is connected');
    const started = Promise.withResolvers<Tty>();
    this.#waiting.push({ script, cuts, started: started.resolve });
    const shared: Connection = {
      openShell: () => under.openShell(),
      exec: command => under.exec(command),
      get alive() {
        return under.alive;
      },
      close: async () => {},
    };
    const terminal = ShellTerminal.open(shared, { dialect, enableSecret: SECRET, device: 'sw1' }, soon(wait));
    return { tty: started.promise, terminal };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.close();
    await new Promise<void>(resolve => this.#server.close(() => resolve()));
  }

  #accept(client: Client): void {
    client.on('error', () => {});
    (client as unknown as { setNoDelay(): void }).setNoDelay();
    client.on('authentication', context => context.accept());
    // What nobody asked for is refused, in its turn: when the answer comes, all that was sent before has been heard.
    const trip = () => new Promise<void>(resolve => client.forwardOut('127.0.0.1', 1, '127.0.0.1', 1, () => resolve()));
    client.on('session', accept => {
      const session = accept();
      session.on('pty', take => take?.());
      session.on('shell', take => {
        const next = this.#waiting.shift();
        if (next) next.started(new Tty(next.script, take(), trip, next.cuts));
      });
    });
  }
}
