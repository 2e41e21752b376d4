import { type Complaint, LibraryError } from '../../library/complaints.ts';
import { readGuarded } from '../guarded-file.ts';

/** A line of the file: a user and his bcrypt hash, or why it cannot be used. */
export type User = { readonly hash: string; readonly cost: number } | { readonly complaint: Complaint };

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** A comparison takes about 0.4 s at 12 and twice as long with each step; 16 takes six seconds. */
const COSTS = { least: 4, most: 16 };

/** The users of an htpasswd file as it is now. */
export class Htpasswd {
  readonly #path: string;
  #text: string | undefined;
  #users: ReadonlyMap<string, User> = new Map();

  /** @throws LibraryError with a complaint about each line that cannot be used, or about the file */
  constructor(path: string) {
    this.#path = path;
    const complaints = [...this.users().values()].flatMap(user => ('complaint' in user ? [user.complaint] : []));
    if (complaints.length > 0) throw new LibraryError(complaints);
  }

  /**
   * Read anew each time, so that an edit counts for the very next request: so small a file is read faster than a clock is trusted.
   * @throws LibraryError when it cannot be read, or others could let themselves in by writing it
   */
  users(): ReadonlyMap<string, User> {
    const text = readGuarded(this.#path, 'users');
    if (text !== this.#text) this.#users = usersIn(text, this.#path);
    this.#text = text;
    return this.#users;
  }
}

/** The first line of a user decides. Lines without a colon, and comments as Apache knows them, say nothing. */
function usersIn(text: string, file: string): Map<string, User> {
  const users = new Map<string, User>();
  for (const [i, line] of text.split('\n').entries()) {
    const colon = line.indexOf(':');
    if (colon < 0 || line.startsWith('#')) continue;
    const name = line.slice(0, colon);
    if (!users.has(name)) users.set(name, userOf(name, line.slice(colon + 1).trim(), { file, line: i + 1 }));
  }
  return users;
}

/** A complaint never quotes the line: who cannot hash may have written a password. */
function userOf(name: string, hash: string, place: Complaint['place']): User {
  const cost = Number(BCRYPT.exec(hash)?.[1]);
  if (name === '') return { complaint: { place, message: 'there is no user before the colon' } };
  if (Number.isNaN(cost)) return { complaint: { place, message: `the password of ${name} is no bcrypt hash; "htpasswd -B" makes one` } };
  if (cost >= COSTS.least && cost <= COSTS.most) return { hash, cost };
  return { complaint: { place, message: `the bcrypt cost of ${name} is ${cost}; it must be from ${COSTS.least} to ${COSTS.most}` } };
}
