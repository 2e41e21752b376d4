import type { Credentials } from './hop.ts';

/** How a host lets somebody in; an ssh-agent offers its keys by `publickey`. */
type Method = 'none' | 'publickey' | 'agent' | 'password' | 'keyboard-interactive';

const WORDS: Readonly<Record<string, string>> = {
  publickey: 'a private key',
  agent: 'the keys of an ssh-agent',
  password: 'a password',
};

/** Which of the credentials are tried, in which order: keys before passwords, and a password no more than once. */
export class Methods {
  readonly #mine: readonly Method[];
  readonly #tried = new Set<Method>();
  #taken: readonly string[] | undefined;
  #last: Method | undefined;
  /** The password was refused. */
  #wrong = false;

  constructor({ private_key, agent, password }: Credentials) {
    const offers: [Method, unknown][] = [
      ['publickey', private_key],
      ['agent', agent || undefined],
      ['password', password],
      ['keyboard-interactive', password],
    ];
    this.#mine = offers.flatMap(([method, value]) => (value === undefined ? [] : [method]));
  }

  /** The next to try, by what the host still takes (null: not known yet); false when there is none. */
  next(taken: readonly string[] | null, inPart: boolean | null): Method | false {
    if (taken === null) return 'none';
    this.#taken = taken;
    // Half a success is none to count against it: the other half may well be a question about the same password.
    if (this.#last === 'password' && !inPart) this.#wrong = true;
    const next = this.#mine.find(method => !this.#tried.has(method) && taken.includes(nameOf(method)) && !this.#isTheSame(method));
    if (next === undefined) return false;
    this.#tried.add(next);
    this.#last = next;
    return next;
  }

  /** Where nothing was even tried: what the host takes and what there is. '' elsewhere: the credentials are wrong. */
  get mismatch(): string {
    if (this.#tried.size > 0 || this.#taken === undefined) return '';
    const have = this.#mine.flatMap(method => WORDS[method] ?? []).join(' and ');
    return `: it takes ${this.#taken.join(', ') || 'nothing'}, and the credentials have ${have}`;
  }

  /** A wrong password does not become right by being asked for in another way; some hosts count, and lock the user out. */
  #isTheSame(method: Method): boolean {
    return method === 'keyboard-interactive' && this.#wrong;
  }
}

const nameOf = (method: Method): string => (method === 'agent' ? 'publickey' : method);
