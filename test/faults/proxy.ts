import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause, setImmediate as turnOfTheLoop } from 'node:timers/promises';

/**
 * What can happen to a connection, from one byte to the next.
 * rst, fin: it ends, without a goodbye or with one. stall: nothing passes any more, not even its end. late: the same until the caller
 * gives up; then all that was stuck still arrives. delay: every chunk comes late. split: every chunk comes byte by byte.
 */
export const HARMS = ['rst', 'fin', 'stall', 'late', 'delay', 'split'] as const;
export type Harm = (typeof HARMS)[number];

/** What becomes of connections that are made afterwards: taken, refused, or taken and never answered. */
export type Afterwards = 'open' | 'closed' | 'deaf';

/** up: towards the device. */
export type Direction = 'up' | 'down';

/** Milliseconds that `delay` adds to a chunk. */
const DELAY = 4;
/** Milliseconds after the caller hung up until what was stuck arrives: when the caller has come back, and has told how it ended. */
const LATE = 1200;
/** Bytes that `split` takes apart before it lets the rest pass whole: every byte costs a turn of the loop. */
const SPLIT_BYTES = 600;

/** A TCP proxy in front of one device at a time, that can do harm. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  /** TCP port of the device on 127.0.0.1. */
  target = 0;
  afterwards: Afterwards = 'open';
  /** Runs for every connection, before a byte of it passes. */
  onWire: (wire: Wire, nth: number) => void = () => {};
  #wires: Wire[] = [];
  #opening: Promise<void> = Promise.resolve();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', socket => void this.#accept(socket));
  }

  static async start(): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every connection since the last reset, in order. */
  get wires(): readonly Wire[] {
    return this.#wires;
  }

  /** The connection that the device knows by its other end's port. */
  wire(peer: number): Wire | undefined {
    return this.#wires.find(wire => wire.peer === peer);
  }

  /** Ends what is left, and stands in front of another device. */
  reset(target: number): void {
    this.heal();
    this.#wires = [];
    this.target = target;
    this.onWire = () => {};
  }

  /** The network is well again: connections that were stuck turn out to be dead. */
  heal(): void {
    this.afterwards = 'open';
    for (const wire of this.#wires) wire.abandon();
  }

  /** Connections that are made from now on wait before a byte of them passes. Answers with what ends that. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#opening = promise;
    return resolve;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.heal();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #accept(client: Socket): Promise<void> {
    client.on('error', () => {});
    await this.#opening;
    if (this.afterwards === 'closed') return void client.resetAndDestroy();
    const wire = new Wire(client, this.afterwards === 'deaf' ? undefined : this.target);
    this.#wires.push(wire);
    if (this.afterwards !== 'deaf') this.onWire(wire, this.#wires.length);
  }
}

/** One connection through the proxy. */
export class Wire {
  readonly #client: Socket;
  readonly #device: Socket | undefined;
  readonly #flows: { readonly up: Flow; readonly down: Flow } | undefined;
  /** The port by which the device knows this connection; 0 until it is made. */
  peer = 0;
  #harm: Harm | undefined;
  #arrival: Promise<void> = Promise.resolve();

  constructor(client: Socket, target: number | undefined) {
    this.#client = client;
    if (target === undefined) return;
    const device = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    device.on('error', () => {});
    this.#device = device;
    this.#flows = { up: new Flow(client, device), down: new Flow(device, client) };
    device.once('connect', () => {
      this.peer = device.localPort ?? 0;
    });
    client.on('end', () => {
      if (this.#harm === 'late') this.#arrival = this.#arriveLate(device);
    });
    client.on('close', () => this.#harm !== 'stall' && device.destroy());
    device.on('close', () => this.#harm === undefined && client.destroy());
  }

  /** Whether its caller can end it, and has not. */
  get isHeld(): boolean {
    return this.#device !== undefined && this.#harm !== 'stall' && this.#harm !== 'late' && !this.#client.destroyed;
  }

  /** Bytes that were let through. */
  passed(direction: Direction): number {
    return this.#flows?.[direction].passed ?? 0;
  }

  /** Settles when so many bytes were let through, or none will be any more. */
  async carried(direction: Direction, bytes: number): Promise<void> {
    await this.#flows?.[direction].carried(bytes);
  }

  /** Lets exactly so many bytes through in a direction, then does the rest. */
  at(direction: Direction, byte: number, reached: () => void): void {
    this.#flows?.[direction].stopAt(byte, reached);
  }

  strike(harm: Harm): void {
    this.#harm = harm;
    const [client, device, flows] = [this.#client, this.#device, this.#flows];
    if (harm === 'delay' || harm === 'split') {
      for (const flow of [flows?.up, flows?.down]) flow?.drag(harm);
      return;
    }
    for (const flow of [flows?.up, flows?.down]) flow?.stop();
    if (harm === 'rst') {
      client.resetAndDestroy();
      device?.resetAndDestroy();
    } else if (harm === 'fin') {
      client.end();
      device?.end();
      // A half of a connection is none: what the other side still says is not heard.
      client.resume().once('end', () => client.destroy());
      device?.resume().once('end', () => device.destroy());
    }
  }

  /**
   * What the caller sent before it hung up is still on its way, and arrives when the network moves again,
   * unless the caller took it back by a reset: then nothing can be written to it.
   */
  async #arriveLate(device: Socket): Promise<void> {
    await pause(LATE);
    const takenBack = await new Promise(resolve => this.#client.write('\0', resolve));
    if (takenBack) return;
    const over = new Promise(resolve => device.once('close', resolve));
    this.#flows?.up.release();
    await over;
  }

  /** Settles when what was stuck has arrived, and the device has done what it says. */
  get arrival(): Promise<void> {
    return this.#arrival;
  }

  /** Nothing holds it any more. */
  abandon(): void {
    this.#client.destroy();
    this.#device?.destroy();
  }
}

/** The bytes of one direction. */
class Flow {
  readonly #to: Socket;
  readonly #from: Socket;
  passed = 0;
  #stopped = false;
  #stuck: Buffer[] = [];
  #drag: 'delay' | 'split' | undefined;
  #dragged = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #limit: { readonly byte: number; readonly reached: () => void } | undefined;
  #waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('end', () => void this.#tail.then(() => this.#stopped || to.end()));
    from.on('close', () => this.#wake(true));
  }

  stopAt(byte: number, reached: () => void): void {
    this.#limit = { byte, reached };
    if (byte <= this.passed) this.#reach();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake(true);
  }

  drag(how: 'delay' | 'split'): void {
    this.#drag = how;
  }

  carried(bytes: number): Promise<void> {
    if (this.passed >= bytes || this.#stopped || this.#from.destroyed) return Promise.resolve();
    return new Promise(resolve => this.#waiting.push({ bytes, resolve }));
  }

  /** What was stuck arrives after all, and then the end. */
  release(): void {
    for (const chunk of this.#stuck.splice(0)) this.#to.write(chunk);
    this.#to.end();
  }

  #take(chunk: Buffer): void {
    if (this.#stopped) return void this.#stuck.push(chunk);
    if (this.#drag === undefined) return this.#pass(chunk);
    const { length } = chunk;
    if (this.#drag === 'delay') {
      const due = pause(DELAY);
      this.#tail = this.#tail.then(() => due).then(() => this.#pass(chunk));
      return;
    }
    this.#tail = this.#tail.then(async () => {
      for (let at = 0; at < length; ) {
        const end = this.#dragged < SPLIT_BYTES ? at + 1 : length;
        this.#dragged += end - at;
        this.#pass(chunk.subarray(at, end));
        at = end;
        await turnOfTheLoop();
      }
    });
  }

  #pass(chunk: Buffer): void {
    if (this.#stopped) return void this.#stuck.push(chunk);
    const room = (this.#limit?.byte ?? Number.POSITIVE_INFINITY) - this.passed;
    const now = chunk.subarray(0, room);
    if (now.length > 0 && !this.#to.destroyed) this.#to.write(now);
    this.passed += now.length;
    if (chunk.length >= room) {
      this.#reach();
      const rest = chunk.subarray(room);
      if (rest.length > 0) this.#pass(rest);
    }
    this.#wake(false);
  }

  #reach(): void {
    const reached = this.#limit?.reached;
    this.#limit = undefined;
    reached?.();
  }

  #wake(all: boolean): void {
    const due = this.#waiting.filter(({ bytes }) => all || bytes <= this.passed);
    this.#waiting = this.#waiting.filter(one => !due.includes(one));
    for (const { resolve } of due) resolve();
  }
}
