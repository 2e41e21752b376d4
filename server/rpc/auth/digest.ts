import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { inShort } from '../../errors.ts';
import { readAuthParams } from './auth-params.ts';
import { ALGORITHMS, type Algorithm, type DigestUser, HTDIGEST } from './htdigest.ts';
import { Nonces } from './nonces.ts';
import { addressOf, authorizationOf, REALM, Refusal, type Scheme } from './scheme.ts';
import { UserFile } from './user-file.ts';

/*
 * HTTP Digest, RFC 7616, on node:crypto. The one library on npm that is looked after and has a server's side, http-auth, speaks MD5 only,
 * does not hold the uri against the request, compares in a time that tells, refuses what parallel connections overtake, and keeps every
 * nonce it hands out for an hour: whoever asks often enough fills its memory.
 */

/** What a client shows: that it knows a password, for this request, this nonce and this count. */
interface Proof {
  readonly user: string;
  readonly realm: string;
  readonly nonce: string;
  /** Eight hexadecimal digits. */
  readonly nc: string;
  readonly cnonce: string;
  readonly uri: string;
  readonly algorithm: Algorithm;
  readonly response: string;
}

/** The password was right and only the nonce was not: a client tries again with a new one, and asks nobody. */
class StaleNonce extends Refusal {}

/** Against an htdigest file. @throws LibraryError when the file cannot be used */
export function digest(path: string, nonces = new Nonces()): Scheme {
  const file = new UserFile(HTDIGEST, path);
  return {
    asksFirst: true,
    challenges: refusal => {
      const rest = `nonce="${nonces.issue()}", charset=UTF-8${refusal instanceof StaleNonce ? ', stale=true' : ''}`;
      return offered(file).map(({ name }) => `Digest realm="${REALM}", qop="auth", algorithm=${name}, ${rest}`);
    },
    caller: async request => {
      const authorization = authorizationOf(request);
      if (authorization?.type.toLowerCase() !== 'digest') return undefined;
      const proof = readProof(authorization.token, request);
      if (!isRight(proof, request.method ?? '', file))
        throw new Refusal(401, 'Incorrect username or password', `user ${inShort(proof.user)}`);
      const verdict = nonces.use(proof.nonce, Number.parseInt(proof.nc, 16));
      if (verdict === 'old') throw new StaleNonce(401, 'The nonce is too old', undefined, true);
      if (verdict === 'used') throw new StaleNonce(401, 'The nonce has been used with this count', `user ${inShort(proof.user)}`);
      return { name: proof.user, address: addressOf(request), scheme: 'digest' };
    },
  };
}

/**
 * The algorithms that every user has a hash of, else those that anyone has: some clients take the first challenge that they understand and
 * others the last, so that each that is offered had better do.
 */
function offered(file: UserFile<DigestUser>): readonly Algorithm[] {
  try {
    const users = file.usable();
    const shared = ALGORITHMS.filter(({ name }) => users.every(({ hashes }) => name in hashes));
    return shared.length > 0 ? shared : ALGORITHMS.filter(({ name }) => users.some(({ hashes }) => name in hashes));
  } catch (thrown) {
    // Who shows something is told that the file is wrong.
    if (thrown instanceof Refusal) return ALGORITHMS;
    throw thrown;
  }
}

/** @throws Refusal 400 for what no client sends that was asked by a challenge of ours */
function readProof(token: string, request: IncomingMessage): Proof {
  const params = readAuthParams(token);
  const text = (name: string) => params.get(name) ?? missing(name);
  const uri = text('uri');
  if (uri !== request.url) throw new Refusal(400, 'The uri of the Authorization header is not that of the request', inShort(uri));
  if (text('qop') !== 'auth') throw new Refusal(400, 'The qop must be auth');
  const named = params.get('algorithm') ?? 'MD5';
  const algorithm = ALGORITHMS.find(({ name }) => name === named.toUpperCase());
  if (!algorithm) throw new Refusal(400, `The algorithm must be ${ALGORITHMS.map(({ name }) => name).join(' or ')}`);
  if (params.get('userhash') === 'true') throw new Refusal(400, 'The username must not be hashed');
  const nc = text('nc');
  if (!/^[0-9a-f]{8}$/i.test(nc) || /^0+$/.test(nc)) throw new Refusal(400, 'The nc must be eight hexadecimal digits, from 00000001');
  const response = text('response').toLowerCase();
  if (!/^[0-9a-f]+$/.test(response) || response.length !== algorithm.digits)
    throw new Refusal(400, `The response must be ${algorithm.digits} hexadecimal digits`);
  return { user: userIn(params), realm: text('realm'), nonce: text('nonce'), nc, cnonce: text('cnonce'), uri, algorithm, response };
}

function missing(name: string): never {
  throw new Refusal(400, `The Authorization header has no ${name}`);
}

/** `username*` (RFC 8187) for what is not ASCII; many clients write UTF-8 in `username` all the same, a few Latin-1. */
function userIn(params: ReadonlyMap<string, string>): string {
  const [plain, extended] = [params.get('username'), params.get('username*')];
  if (plain !== undefined && extended !== undefined) throw new Refusal(400, 'The Authorization header has two usernames');
  try {
    if (extended !== undefined) return decodeURIComponent(/^UTF-8'[^']*'(.*)$/i.exec(extended)?.[1] ?? '%');
  } catch {
    throw new Refusal(400, 'The username* must be UTF-8 with percent signs');
  }
  // Node reads headers as Latin-1.
  const name = plain ?? missing('username');
  const bytes = Buffer.from(name, 'latin1');
  const read = bytes.toString('utf8');
  return Buffer.from(read).equals(bytes) ? read : name;
}

/** A user that nobody knows is compared with this, and takes as long to be found wrong. */
const NOBODYS = randomBytes(32).toString('hex');

function isRight(proof: Proof, method: string, file: UserFile<DigestUser>): boolean {
  const { algorithm, user, realm, nonce, nc, cnonce, uri, response } = proof;
  const hash = (...parts: string[]) => createHash(algorithm.hash).update(parts.join(':'), 'latin1').digest('hex');
  const secret = file.get(user)?.hashes[algorithm.name];
  const right = hash(secret ?? NOBODYS.slice(-algorithm.digits), nonce, nc, cnonce, 'auth', hash(method, uri));
  return timingSafeEqual(Buffer.from(right), Buffer.from(response)) && secret !== undefined && realm === REALM;
}
