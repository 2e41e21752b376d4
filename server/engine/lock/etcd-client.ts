import { readFileSync } from 'node:fs';
import { type ClientRequest, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { messageOf } from '../../errors.ts';

export interface EtcdAccess {
  /** `http://host:2379`; asked in turn until one answers. */
  readonly endpoints: readonly string[];
  readonly user?: string | undefined;
  /** Paths of files, read when they are needed: a file that is replaced needs no restart. */
  readonly passwordFile?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** etcd answered, and said no; `code` is gRPC's. */
export class EtcdRefusal extends Error {
  override readonly name = 'EtcdRefusal';
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** How long one endpoint may take: milliseconds. A cluster that chooses a new leader is silent for one or two seconds. */
const PATIENCE = 3000;
/** gRPC's UNAVAILABLE and DEADLINE_EXCEEDED: this member cannot say now, another may. */
const ELSEWHERE: readonly number[] = [4, 14];
const UNAUTHENTICATED = 16;
const LARGEST = 1 << 20;

/**
 * etcd's v3 API by its JSON gateway: texts are base64 there, 64-bit numbers are texts. The npm client is not maintained any more, and
 * four calls need none. Node's own `fetch` would do as well, if it could be told which authority to believe.
 */
export class EtcdClient {
  readonly #access: EtcdAccess;
  #endpoints: readonly string[];
  #token: string | undefined;

  constructor(access: EtcdAccess) {
    this.#access = access;
    this.#endpoints = access.endpoints;
  }

  /**
   * One call, such as `/v3/kv/txn`. Asked of the next endpoint when one does not answer, so it may be carried out twice.
   * @throws EtcdRefusal; Error when none answers before `deadline` (milliseconds since the epoch)
   */
  async call(path: string, body: object, deadline = Number.POSITIVE_INFINITY): Promise<Record<string, unknown>> {
    if (this.#access.user === undefined) return this.#anywhere(path, body, deadline);
    this.#token ??= await this.#login(deadline);
    try {
      return await this.#anywhere(path, body, deadline);
    } catch (thrown) {
      // A token has a time, is forgotten when etcd starts again, and is old when users have changed.
      if (!(thrown instanceof EtcdRefusal) || !(thrown.code === UNAUTHENTICATED || /auth store/.test(thrown.message))) throw thrown;
      this.#token = await this.#login(deadline);
      return this.#anywhere(path, body, deadline);
    }
  }

  async #login(deadline: number): Promise<string> {
    this.#token = undefined;
    const password = this.#access.passwordFile === undefined ? '' : readFileSync(this.#access.passwordFile, 'utf8').trimEnd();
    const { token } = await this.#anywhere('/v3/auth/authenticate', { name: this.#access.user, password }, deadline);
    return String(token);
  }

  async #anywhere(path: string, body: object, deadline: number): Promise<Record<string, unknown>> {
    const complaints: string[] = [];
    for (const endpoint of this.#endpoints) {
      const patience = Math.min(PATIENCE, Math.ceil(deadline - Date.now()));
      if (patience <= 0) break;
      try {
        const answer = await this.#post(new URL(path, endpoint), JSON.stringify(body), patience);
        this.#endpoints = [endpoint, ...this.#endpoints.filter(other => other !== endpoint)];
        return answer;
      } catch (thrown) {
        if (thrown instanceof EtcdRefusal && !ELSEWHERE.includes(thrown.code)) throw thrown;
        complaints.push(`${endpoint}: ${messageOf(thrown)}`);
      }
    }
    throw new Error(`etcd does not answer (${complaints.join('; ') || 'no time left'})`);
  }

  #post(url: URL, body: string, patience: number): Promise<Record<string, unknown>> {
    const { ca, cert, key } = this.#access;
    const headers = { 'content-type': 'application/json', ...(this.#token === undefined ? {} : { authorization: this.#token }) };
    // A connection each: one that is kept may turn out to be closed just when it matters.
    const options = { method: 'POST', headers, agent: false, signal: AbortSignal.timeout(patience) } as const;
    const request: ClientRequest =
      url.protocol === 'https:' ? tlsRequest(url, { ...options, ...contentsOf({ ca, cert, key }) }) : plainRequest(url, options);
    return new Promise((resolve, reject) => {
      request.on('error', thrown => reject(options.signal.aborted ? new Error(`no answer within ${patience} ms`) : thrown));
      request.on('response', response => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
          if (text.length > LARGEST) response.destroy(new Error('more than an answer of etcd has'));
        });
        response.on('error', reject);
        response.on('end', () => {
          try {
            resolve(read(text, response.statusCode ?? 0));
          } catch (thrown) {
            reject(thrown);
          }
        });
      });
      request.end(body);
    });
  }
}

/** @throws EtcdRefusal; Error when it is no answer of etcd's */
function read(text: string, status: number): Record<string, unknown> {
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(`this is no etcd (HTTP status ${status})`);
  }
  const { code, message, error } = answer;
  if (status === 200 && error === undefined) return answer;
  if (typeof code !== 'number') throw new Error(`HTTP status ${status}`);
  throw new EtcdRefusal(code, String(message ?? error));
}

function contentsOf(paths: Readonly<Record<string, string | undefined>>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(paths).flatMap(([name, path]) => (path === undefined ? [] : [[name, readFileSync(path)]])));
}
