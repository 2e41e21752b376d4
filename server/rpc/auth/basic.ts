import { randomBytes } from 'node:crypto';
import { inShort } from '../../errors.ts';
import { type BcryptUser, HTPASSWD } from './htpasswd.ts';
import { Passwords } from './passwords.ts';
import { addressOf, authorizationOf, REALM, Refusal, type Scheme } from './scheme.ts';
import { UserFile } from './user-file.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** HTTP Basic against an htpasswd file, as Ironic's `http_basic`. @throws LibraryError when the file cannot be used */
export function basic(path: string): Scheme {
  const file = new UserFile(HTPASSWD, path);
  const passwords = new Passwords();
  return {
    challenges: () => [`Basic realm="${REALM}"`],
    caller: async request => {
      const authorization = authorizationOf(request);
      if (authorization?.type.toLowerCase() !== 'basic') return undefined;
      const { user, password } = readToken(authorization.token);
      const { hash, known } = hashOf(user, file);
      const right = await passwords.isRight(user, password, hash);
      if (!right || !known) throw new Refusal(401, 'Incorrect username or password', `user ${inShort(user)}`);
      return { name: user, address: addressOf(request), scheme: 'basic' };
    },
  };
}

/** Base64 of user, colon, password; only the password may hold colons, and be other than UTF-8. */
function readToken(token: string): { user: string; password: Uint8Array } {
  const bytes = Buffer.from(token, 'base64');
  const colon = bytes.indexOf(':');
  if (!BASE64.test(token) || colon < 0) throw new Refusal(400, 'Could not decode authorization token');
  try {
    const user = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, colon));
    return { user, password: bytes.subarray(colon + 1) };
  } catch {
    throw new Refusal(400, 'Could not decode authorization token');
  }
}

/** The hash to compare with. A user that nobody knows gets one as costly as the others, or the time would tell who is known. */
function hashOf(name: string, file: UserFile<BcryptUser>): { hash: string; known: boolean } {
  const user = file.get(name);
  if (user) return { hash: user.hash, known: true };
  return { hash: `$2b$${costOf(file.usable()).toString().padStart(2, '0')}$${NOBODYS}`, known: false };
}

/** Salt and digest of a password that nobody has. */
const NOBODYS = randomBytes(40).toString('base64').slice(0, 53).replaceAll('+', '.');

/** What most users' hashes cost. */
function costOf(users: readonly BcryptUser[]): number {
  const groups = [...Map.groupBy(users, ({ cost }) => cost)].toSorted(([, a], [, b]) => b.length - a.length);
  return groups[0]?.[0] ?? 5;
}
