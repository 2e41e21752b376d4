import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { asks } from './guarded.ts';
import { type Heard, post } from './wire.ts';

/* The client's side of HTTP Digest, by hand: for what curl and the like would never send. */

export type Algorithm = 'SHA-256' | 'MD5';

export const REALM = 'Baremetal API';

const hashOf = (algorithm: Algorithm, ...parts: readonly string[]) =>
  createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(parts.join(':'))
    .digest('hex');

/** A line as `htdigest` writes it. */
export const line = (user: string, password: string, algorithm: Algorithm = 'SHA-256', realm = REALM): string =>
  `${user}:${realm}:${hashOf(algorithm, user, realm, password)}\n`;

/** Both lines of a user. */
export const lines = (user: string, password: string): string => line(user, password) + line(user, password, 'MD5');

export function writeUsers(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o640 });
}

export interface Showing {
  readonly user: string;
  readonly password: string;
  readonly nonce: string;
  /** 1 when left out. */
  readonly count?: number;
  readonly algorithm?: Algorithm;
  readonly method?: string;
  readonly uri?: string;
  /** What the header says in place of what the response was made of; undefined leaves a parameter out. */
  readonly say?: Readonly<Record<string, string | undefined>>;
}

/** The Authorization header of a request. */
export function digestAuth({ user, password, nonce, count = 1, ...more }: Showing): { authorization: string } {
  const { algorithm = 'SHA-256', method = 'POST', uri = '/', say = {} } = more;
  const nc = count.toString(16).padStart(8, '0');
  const cnonce = 'MTIzNDU2';
  const secret = hashOf(algorithm, user, REALM, password);
  const response = hashOf(algorithm, secret, nonce, nc, cnonce, 'auth', hashOf(algorithm, method, uri));
  const quoted = { username: user, realm: REALM, nonce, uri, response, cnonce };
  const params = {
    ...Object.fromEntries(Object.entries(quoted).map(([name, value]) => [name, `"${value}"`])),
    algorithm,
    qop: 'auth',
    nc,
    ...say,
  };
  const text = Object.entries(params).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return { authorization: `Digest ${text.join(', ')}` };
}

/** A nonce as a challenge brings it. */
export async function freshNonce(url: string): Promise<string> {
  return nonceIn(await post(url, asks()));
}

export function nonceIn({ headers }: Heard): string {
  const [, nonce] = /nonce="([^"]+)"/.exec(headers.get('www-authenticate') ?? '') ?? [];
  if (nonce === undefined) throw new Error('no challenge, or none with a nonce');
  return nonce;
}

export const isStale = ({ status, headers }: Heard): boolean =>
  status === 401 && /, stale=true/.test(headers.get('www-authenticate') ?? '');
