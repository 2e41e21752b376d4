import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const LISTEN = `require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, function () { console.log(this.address().port) })`;
/** Milliseconds in which loopback takes a connection, if it takes it. */
const PATIENCE = 300;

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
    while (await hole.#takes()) {
      // One more in the backlog.
    }
    return hole;
  }

  async #takes(): Promise<boolean> {
    const socket = connect({ host: '127.0.0.1', port: this.port });
    this.#sockets.push(socket);
    socket.on('error', () => {});
    const { promise, resolve } = Promise.withResolvers<boolean>();
    socket.once('connect', () => resolve(true));
    const late = setTimeout(() => resolve(false), PATIENCE);
    return promise.finally(() => clearTimeout(late));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const gone = once(this.#listener, 'exit');
    this.#listener.kill('SIGKILL');
    await gone;
  }
}
