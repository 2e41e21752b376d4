import { readFileSync } from 'node:fs';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Authority, Pair } from './certificates.ts';
import { asks } from './guarded.ts';
import { type RpcReply, request } from './wire.ts';

export interface Heard {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly json: RpcReply;
}

/** A client over TLS that believes one authority; each call is a connection of its own. */
export class TlsClient {
  readonly #ca: Buffer;

  constructor(authority: Authority) {
    this.#ca = readFileSync(authority.cert);
  }

  /** Posts, as the one whom the certificate names if there is one. */
  post(url: string, options: RequestOptions & { as?: Pair } = {}, body = asks()): Promise<Heard> {
    const { as, ...more } = options;
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest(url, { method: 'POST', agent: false, ca: this.#ca, ...shown(as), ...more }, async incoming => {
        const all = await text(incoming);
        const json = all === '' ? {} : (JSON.parse(all) as RpcReply);
        resolve({ status: incoming.statusCode ?? 0, challenge: incoming.headers['www-authenticate'], json });
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }

  /** One handshake: what was agreed on and whom the service says it is, or the code of the error that it ends in. */
  async shake(
    url: string,
    options: ConnectionOptions = {},
  ): Promise<{ protocol: string | null; cipher: string; name: string } | { code: string }> {
    const socket = this.#connect(url, options);
    try {
      await settled(socket, 'secureConnect');
      return { protocol: socket.getProtocol(), cipher: socket.getCipher().name, name: String(socket.getPeerCertificate().subject.CN) };
    } catch (thrown) {
      return { code: (thrown as NodeJS.ErrnoException).code ?? String(thrown) };
    } finally {
      socket.destroy();
    }
  }

  /** Makes a call, then another on a new connection that takes the first one's session up again. */
  async twice(
    url: string,
    options: ConnectionOptions & { as?: Pair },
    between: () => void = () => {},
  ): Promise<{ reused: boolean; status: number }> {
    const { as, ...more } = options;
    const first = this.#connect(url, { ...more, ...shown(as) });
    const session = new Promise<Buffer>(resolve => {
      first.once('session', resolve);
    });
    await settled(first, 'secureConnect');
    first.write(request(asks()));
    await settled(first, 'data');
    const taken = await session;
    first.destroy();
    between();
    const again = this.#connect(url, { ...more, ...shown(as), session: taken });
    await settled(again, 'secureConnect');
    again.write(request(asks()));
    const answer = String(await settled(again, 'data'));
    const reused = again.isSessionReused();
    again.destroy();
    return { reused, status: Number(answer.split(' ')[1]) };
  }

  #connect(url: string, options: ConnectionOptions): TLSSocket {
    const { hostname, port } = new URL(url);
    return connect({ host: hostname, port: Number(port), ca: this.#ca, ...options });
  }
}

const shown = (pair: Pair | undefined) => (pair ? { cert: readFileSync(pair.cert), key: readFileSync(pair.key) } : {});

/** What the event brings; rejects when the connection ends before it. */
function settled(socket: TLSSocket, event: 'secureConnect' | 'data'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'closed' })));
  });
}
