import type { Complaint } from '../../library/complaints.ts';
import { REALM } from './scheme.ts';
import type { Format, Unusable } from './user-file.ts';

/** The hashes that a response may be made with, the better one first. `digits`: of a hash in hexadecimal. */
export const ALGORITHMS = [
  { name: 'SHA-256', hash: 'sha256', digits: 64 },
  { name: 'MD5', hash: 'md5', digits: 32 },
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** A user’s hashes of `user:realm:password`, by the name of the algorithm; lower case. Each is as good as the password here. */
export interface DigestUser {
  readonly hashes: Readonly<Partial<Record<Algorithm['name'], string>>>;
}

/**
 * Apache's file for `digest`, `user:realm:hash`. A user may have a line of each algorithm, told apart by its length; the first of each
 * decides. Lines without a colon, and comments, say nothing.
 */
export const HTDIGEST: Format<DigestUser> = {
  key: 'digest_users',
  secret: true,
  read: (text, file) => {
    const users = new Map<string, DigestUser | Unusable>();
    for (const [i, line] of text.split('\n').entries()) {
      if (!line.includes(':') || line.startsWith('#')) continue;
      const [name = ''] = line.split(':', 1);
      const known = users.get(name);
      if (known && 'complaint' in known) continue;
      const user = userOf(line.trimEnd(), { file, line: i + 1 });
      users.set(name, 'complaint' in user ? user : { hashes: { ...user.hashes, ...known?.hashes } });
    }
    return users;
  },
};

/** A complaint never quotes the hash: it may be a password, and is as good as one. */
function userOf(line: string, place: Complaint['place']): DigestUser | Unusable {
  const complain = (message: string) => ({ complaint: { place, message } });
  const [name = '', ...others] = line.split(':');
  const hash = others.pop() ?? '';
  if (name === '') return complain('there is no user before the colon');
  if (others.length === 0) return complain(`the line of ${name} is not user:realm:hash, as "htdigest" writes it`);
  if (others.join(':') !== REALM) return complain(`the realm of ${name} must be ${REALM}`);
  const algorithm = ALGORITHMS.find(({ digits }) => hash.length === digits);
  if (!algorithm || !/^[0-9a-f]+$/i.test(hash)) return complain(`the hash of ${name} is neither MD5 nor SHA-256 in hexadecimal`);
  return { hashes: { [algorithm.name]: hash.toLowerCase() } };
}
