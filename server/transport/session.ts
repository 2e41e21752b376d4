import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';

/** Milliseconds a host has to end its side of a connection. */
export const GOODBYE_TIME = 500;

/** A host that let us in. */
export class Session {
  readonly client: Client;
  readonly #socket: Duplex;
  readonly #gone: Promise<void>;
  #alive = true;

  constructor(client: Client, socket: Duplex) {
    this.client = client;
    this.#socket = socket;
    this.#gone = new Promise(resolve => client.once('close', () => resolve()));
    // An error may follow another, and one that nobody listens to would end the process.
    const over = () => {
      this.#alive = false;
    };
    client.on('error', over).on('end', over).on('close', over);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** ssh2 writes a packet in three pieces, and without Nagle's algorithm each would go its own way: what is written meanwhile goes together. */
  together(write: () => void): void {
    this.#socket.cork();
    try {
      write();
    } finally {
      this.#socket.uncork();
    }
  }

  /** Ends it and waits until it has: a device counts a session for as long as it stands. One that does not end its side is left. */
  async hangUp(): Promise<void> {
    this.#alive = false;
    this.client.end();
    const late = setTimeout(() => this.#cut(), GOODBYE_TIME);
    let timer: NodeJS.Timeout | undefined;
    // A connection inside one that is dead has nobody to say that it is closed.
    const given = new Promise<void>(resolve => {
      timer = setTimeout(resolve, 2 * GOODBYE_TIME);
    });
    await Promise.race([this.#gone, given]);
    clearTimeout(late);
    clearTimeout(timer);
  }

  /**
   * Not by the client: it takes a socket that it has ended for gone. By a reset, where that is to be had: else the kernel would try for
   * minutes to deliver a line that was typed into a network that stood still, and the device would carry it out after all was told.
   */
  #cut(): void {
    if (this.#socket instanceof Socket) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }
}
