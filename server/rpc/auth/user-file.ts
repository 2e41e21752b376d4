import type { Config } from '../../config.ts';
import { type Complaint, LibraryError } from '../../library/complaints.ts';
import { readGuarded } from '../guarded-file.ts';
import { Refusal } from './scheme.ts';

/** Why a user’s line cannot be used. */
export interface Unusable {
  readonly complaint: Complaint;
}

/** One kind of user file. */
export interface Format<User extends object> {
  /** The setting that names it. */
  readonly key: keyof Config;
  /** Whether reading it is enough to be let in. */
  readonly secret: boolean;
  /** Its users by name. */
  read(text: string, file: string): ReadonlyMap<string, User | Unusable>;
}

/** The users of a file as it is now. */
export class UserFile<User extends object> {
  readonly #format: Format<User>;
  readonly #path: string;
  #text: string | undefined;
  #users: ReadonlyMap<string, User | Unusable> = new Map();

  /** @throws LibraryError with a complaint about each line that cannot be used, or about the file */
  constructor(format: Format<User>, path: string) {
    this.#format = format;
    this.#path = path;
    const complaints = [...this.#read().values()].flatMap(user => ('complaint' in user ? [user.complaint] : []));
    if (complaints.length > 0) throw new LibraryError(complaints);
  }

  /** @throws Refusal 500 when the file, or what it says of this user, cannot be used */
  get(name: string): User | undefined {
    const user = this.#now().get(name);
    if (user && 'complaint' in user) throw unusable(new LibraryError([user.complaint]));
    return user;
  }

  /** Those that can be let in. @throws Refusal 500 when the file cannot be used */
  usable(): User[] {
    return [...this.#now().values()].filter(user => !('complaint' in user)) as User[];
  }

  #now(): ReadonlyMap<string, User | Unusable> {
    try {
      return this.#read();
    } catch (thrown) {
      throw thrown instanceof LibraryError ? unusable(thrown) : thrown;
    }
  }

  /**
   * Read anew each time, so that an edit counts for the very next request: so small a file is read faster than a clock is trusted.
   * @throws LibraryError when it cannot be read, or others could let themselves in by it
   */
  #read(): ReadonlyMap<string, User | Unusable> {
    const { key, secret, read } = this.#format;
    const text = readGuarded(this.#path, key, secret);
    if (text !== this.#text) this.#users = read(text, this.#path);
    this.#text = text;
    return this.#users;
  }
}

function unusable(error: LibraryError): Refusal {
  return new Refusal(500, 'Invalid configuration file. The user file cannot be used; the log says why', error.message);
}
