import { Agent, request } from 'node:http';

export interface RpcReply {
  readonly result?: { readonly outcome?: string; readonly [key: string]: unknown };
  readonly error?: { readonly message: string };
}

/** A JSON-RPC client as conductors are: many calls at a time, over connections that are kept. */
export class Client implements Disposable {
  readonly #url: URL;
  readonly #agent: Agent;
  #id = 0;

  constructor(url: string, maxSockets = Number.POSITIVE_INFINITY) {
    this.#url = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets });
  }

  call(method: string, params: object): Promise<RpcReply> {
    const { promise, resolve, reject } = Promise.withResolvers<RpcReply>();
    this.#id += 1;
    const body = JSON.stringify({ jsonrpc: '2.0', id: this.#id, method, params });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request(this.#url, { method: 'POST', agent: this.#agent, headers }, incoming => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('error', reject);
      incoming.once('end', () => {
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString()) as RpcReply);
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** The params of an attach of one port, as Ironic's network interface sends them. */
export function attachParams(device: string, port: string, native_vlan: number): object {
  return { port: { local_link_information: [{ switch_info: device, port_id: port }] }, native_vlan };
}
