import { createHash, timingSafeEqual } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session } from 'ssh2';
import { Faults } from './faults.ts';
import { makeHostKey } from './host-key.ts';
import type { Pieces } from './pieces.ts';
import type { LabSwitch, LabUser } from './switch.ts';
import type { Part, Tap } from './tap.ts';
import { type Delays, type Hear, LabTerminal } from './terminal.ts';

export interface LabDeviceOptions {
  readonly user: LabUser;
  readonly delays: Delays;
  /** How many sessions the device takes at once; one more is dropped, as a switch out of VTYs does. */
  readonly maxSessions: number;
  /** What it sends is cut into these; sent as it comes when left out. */
  readonly pieces?: Pieces | undefined;
}

/** Milliseconds. */
const GOODBYE = 300;

/** One simulated switch behind a real SSH server on loopback. */
export class LabDevice {
  readonly device: LabSwitch;
  readonly faults = new Faults();
  /** Every line typed so far, by all sessions, passwords excluded. */
  readonly typed: string[] = [];
  /** Hears of every step of the device's work while it is set. */
  tap: Tap | undefined;
  readonly #options: LabDeviceOptions;
  readonly #server: ssh2.Server;
  /** Each with what settles when it is gone. */
  readonly #clients = new Map<Connection, Promise<void>>();
  /** Those that were turned away, or have not said anything yet, included. */
  readonly #sockets = new Set<Socket>();
  readonly #fingerprint: string;
  #logins = 0;
  #turnedAway = 0;
  #dead = false;

  constructor(device: LabSwitch, options: LabDeviceOptions) {
    this.device = device;
    this.#options = options;
    const { privateKey, fingerprint } = makeHostKey();
    this.#fingerprint = fingerprint;
    this.#server = new ssh2.Server({ hostKeys: [privateKey] }, client => this.#accept(client));
    (this.#server as unknown as { _srv: Server })._srv.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  get name(): string {
    return this.device.hostname;
  }

  get platform(): string {
    return this.device.platform;
  }

  /** As OpenSSH prints it. */
  get fingerprint(): string {
    return this.#fingerprint;
  }

  /** TCP port on 127.0.0.1, once listening. */
  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Successful logins since the start. */
  get logins(): number {
    return this.#logins;
  }

  /** Connections that were hung up on before anybody could log in, since the start. */
  get turnedAway(): number {
    return this.#turnedAway;
  }

  /** Connections open now. */
  get sessions(): number {
    return this.#clients.size;
  }

  listen(port = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => resolve());
    });
  }

  /** Says goodbye to everyone; who does not hang up in return is hung up on. */
  async close(): Promise<void> {
    for (const client of this.#clients.keys()) client.end();
    const forced = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, GOODBYE);
    await new Promise<void>(resolve => this.#server.close(() => resolve()));
    clearTimeout(forced);
  }

  /** Lets users in again after a `die` fault. */
  revive(): void {
    this.#dead = false;
  }

  /** Drops the connections of everybody who is logged in now, without a goodbye, as a reboot does. */
  dropAll(): void {
    for (const client of this.#clients.keys()) socketOf(client).destroy();
  }

  /** Drops the TCP connection without a goodbye. */
  #cut(client: Connection, forGood: boolean): void {
    this.#dead ||= forGood;
    socketOf(client).destroy();
  }

  #accept(client: Connection): void {
    client.on('error', () => {});
    if (this.#dead || this.#clients.size >= this.#options.maxSessions) {
      this.#turnedAway += 1;
      client.end();
      return;
    }
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    this.#clients.set(client, gone);
    // A CLI is many small writes; Nagle's algorithm would add 40 ms to each.
    (client as unknown as { setNoDelay(): void }).setNoDelay();
    client.on('close', () => {
      this.#clients.delete(client);
      resolve();
    });
    client.on('authentication', context => void this.#login(context, client));
    client.on('session', accept => this.#session(accept(), client));
  }

  /** What tells the tap, if there is one now, of this client. */
  #listener(client: Connection): Hear | undefined {
    const { tap } = this;
    if (!tap) return undefined;
    const hungUp = this.#clients.get(client) ?? Promise.resolve();
    return async (part: Part, line: string) => {
      const { remotePort: peer = 0, bytesWritten: sent } = socketOf(client);
      await tap({ part, line, peer, sent, hungUp });
    };
  }

  async #login(context: AuthContext, client: Connection): Promise<void> {
    const { username, password } = this.#options.user;
    if (context.method === 'password' && same(context.username, username) && same(context.password, password)) {
      if (this.#options.delays.login > 0) await pause(this.#options.delays.login);
      await this.#listener(client)?.('login', '');
      this.#logins += 1;
      return context.accept();
    }
    context.reject(['password']);
  }

  #session(session: Session, client: Connection): void {
    session.on('pty', accept => accept?.());
    session.on('window-change', accept => accept?.());
    session.on('env', accept => accept?.());
    if (this.device.openWire) session.on('shell', accept => this.#raw(accept(), client));
    if (this.device.openCli) session.on('shell', accept => this.#shell(accept(), client));
    if (this.device.exec) session.on('exec', (accept, _reject, info) => void this.#exec(accept(), info.command, client));
  }

  #send(channel: Pick<ServerChannel, 'write'>, data: string): void {
    const { pieces = whole => [whole] } = this.#options;
    if (data === '') return;
    for (const piece of pieces(Buffer.from(data))) channel.write(piece);
  }

  /** What is dropped is dropped after what was written: the cut waits until that is on the wire. */
  #raw(channel: ServerChannel, client: Connection): void {
    const wire = { write: (data: string) => this.#send(channel, data), cut: () => void channel.end(() => this.#cut(client, false)) };
    const session = this.device.openWire?.(wire);
    channel.on('data', (data: Buffer) => session?.keys(data.toString('latin1')));
    channel.on('close', () => session?.hangUp());
  }

  #shell(channel: ServerChannel, client: Connection): void {
    const session = this.device.openCli?.();
    if (!session) return;
    const terminal = new LabTerminal({
      device: this.device,
      session,
      faults: this.faults,
      delays: this.#options.delays,
      typed: line => this.typed.push(line),
      listener: () => this.#listener(client),
      wire: {
        write: data => this.#send(channel, data),
        end: () => {
          channel.exit(0);
          channel.end();
        },
        cut: forGood => this.#cut(client, forGood),
      },
    });
    channel.on('data', (data: Buffer) => void terminal.keys(data.toString('latin1')));
    channel.on('close', () => terminal.hangUp());
    client.on('close', () => terminal.hangUp());
    void terminal.greet();
  }

  async #exec(channel: ServerChannel, command: string, client: Connection): Promise<void> {
    this.typed.push(command);
    const hear = this.#listener(client) ?? (async () => {});
    await hear('typed', command);
    if (!this.#clients.has(client)) return;
    const fault = this.faults.trip(command);
    if (fault?.does === 'cut' || fault?.does === 'die') return this.#cut(client, fault.does === 'die');
    if (fault?.does === 'stall') return;
    const result =
      fault?.does === 'refuse'
        ? { stdout: '', stderr: `${fault.says ?? this.device.refusal(command)}\n`, status: 1 }
        : fault?.does === 'ignore'
          ? { stdout: '', stderr: '', status: 0 }
          : (this.device.exec?.(command) ?? { stdout: '', stderr: '', status: 127 });
    if (this.#options.delays.command > 0) await pause(this.#options.delays.command);
    if (fault?.does === 'cutAfter' || result.cut) return this.#cut(client, false);
    await hear('done', command);
    const half = this.tap ? Math.ceil(result.stdout.length / 2) : 0;
    if (half > 0) {
      this.#send(channel, result.stdout.slice(0, half));
      await hear('output', command);
    }
    this.#send(channel, result.stdout.slice(half));
    this.#send(channel.stderr, result.stderr);
    await hear('prompt', command);
    channel.exit(result.status);
    channel.end();
    await hear('answered', command);
  }
}

/** The TCP socket under a connection, which ssh2 keeps to itself. */
function socketOf(client: Connection): Socket {
  return (client as unknown as { _sock: Socket })._sock;
}

function same(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
