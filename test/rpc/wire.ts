import { connect, type Socket } from 'node:net';
import type { LabDevice } from '../../server/lab/ssh-server.ts';

/** What came back over HTTP, with nothing taken for granted. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: RpcReply;
}

/** A JSON-RPC reply as a stock client reads it: every member may be missing. */
export interface RpcReply {
  readonly jsonrpc?: string;
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Readonly<Record<string, unknown>> };
}

export const IRONIC = 'ironic.common.exception.';

/** How long to wait for what comes by itself: long enough for a machine with other things to do. */
export const SOON = { timeout: 60_000 };

/** Posts these very bytes. */
export async function post(url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Heard> {
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text.startsWith('{') ? (JSON.parse(text) as RpcReply) : {} };
}

/** Posts a JSON-RPC object; `more` may overwrite any of its members, or take one away with undefined. */
export function send(url: string, method: unknown, params?: unknown, more: object = {}): Promise<Heard> {
  return post(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params, ...more }));
}

/** A TCP connection to the service, for what no HTTP client would send. */
export class Wire implements Disposable {
  readonly socket: Socket;
  #text = '';
  #news: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#text += text;
      this.#news();
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#news());
  }

  static async open(url: string): Promise<Wire> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Wire(socket);
  }

  get text(): string {
    return this.#text;
  }

  /** Waits until what came matches, or the other side has hung up. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text) && !this.socket.closed) {
      await new Promise<void>(resolve => {
        this.#news = resolve;
      });
    }
    return this.#text;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** One HTTP request as bytes on the wire. */
export function request(body: string, ...headers: string[]): string {
  const lines = ['POST / HTTP/1.1', 'Host: test', `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** All that a call which is refused must leave alone. */
export function stateOf(device: LabDevice): object {
  return {
    running: device.device.running(),
    saved: device.device.saved?.(),
    typed: [...device.typed],
    logins: device.logins,
  };
}
