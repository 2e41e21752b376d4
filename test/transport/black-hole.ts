import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

/** Connections that may wait to be accepted; Linux lets one more of them in. */
const BACKLOG = 1;
const LISTEN = `require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: ${BACKLOG} }, function () { console.log(this.address().port) })`;

/**
 * A port of this machine at which nothing answers: its process is stopped, its backlog is full, and the kernel drops what else knocks,
 * as a firewall does. `await using` takes it away.
 */
export class BlackHole implements AsyncDisposable {
  readonly port: number;
  readonly #listener: ChildProcess;
  readonly #sockets: Socket[] = [];

  private constructor(listener: ChildProcess, port: number) {
    this.#listener = listener;
    this.port = port;
  }

  static async start(): Promise<BlackHole> {
    const listener = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(listener.stdout, 'data')) as [Buffer];
    listener.kill('SIGSTOP');
    const hole = new BlackHole(listener, Number(said.toString()));
    while (hole.#waiting() <= BACKLOG) await hole.#knock();
    return hole;
  }

  async #knock(): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: this.port });
    socket.on('error', () => {});
    this.#sockets.push(socket);
    await once(socket, 'connect');
  }

  /** Connections that wait to be accepted, as the kernel counts them: the receive queue of a socket that listens (state 0A). */
  #waiting(): number {
    const [, count = '0'] =
      new RegExp(`:${hex(this.port)} 00000000:0000 0A [0-9A-F]+:([0-9A-F]+) `).exec(readFileSync('/proc/net/tcp', 'utf8')) ?? [];
    return Number.parseInt(count, 16);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const gone = once(this.#listener, 'exit');
    this.#listener.kill('SIGKILL');
    await gone;
  }
}

const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
