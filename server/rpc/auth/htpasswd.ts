import type { Complaint } from '../../library/complaints.ts';
import type { Format, Unusable } from './user-file.ts';

/** A user’s bcrypt hash, and what it costs to compare with. */
export interface BcryptUser {
  readonly hash: string;
  readonly cost: number;
}

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** A comparison takes about 0.4 s at 12 and twice as long with each step; 16 takes six seconds. */
const COSTS = { least: 4, most: 16 };

/** Apache's file for `basic`, with bcrypt only. The first line of a user decides. Lines without a colon, and comments as Apache knows them, say nothing. */
export const HTPASSWD: Format<BcryptUser> = {
  key: 'users',
  secret: false,
  read: (text, file) => {
    const users = new Map<string, BcryptUser | Unusable>();
    for (const [i, line] of text.split('\n').entries()) {
      const colon = line.indexOf(':');
      if (colon < 0 || line.startsWith('#')) continue;
      const name = line.slice(0, colon);
      if (!users.has(name)) users.set(name, userOf(name, line.slice(colon + 1).trim(), { file, line: i + 1 }));
    }
    return users;
  },
};

/** A complaint never quotes the line: who cannot hash may have written a password. */
function userOf(name: string, hash: string, place: Complaint['place']): BcryptUser | Unusable {
  const cost = Number(BCRYPT.exec(hash)?.[1]);
  if (name === '') return { complaint: { place, message: 'there is no user before the colon' } };
  if (Number.isNaN(cost)) return { complaint: { place, message: `the password of ${name} is no bcrypt hash; "htpasswd -B" makes one` } };
  if (cost >= COSTS.least && cost <= COSTS.most) return { hash, cost };
  return { complaint: { place, message: `the bcrypt cost of ${name} is ${cost}; it must be from ${COSTS.least} to ${COSTS.most}` } };
}
