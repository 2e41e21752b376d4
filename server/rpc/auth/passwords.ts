import { createHmac, randomBytes } from 'node:crypto';
import { compare, comparing } from './bcrypt.ts';
import { Refusal } from './scheme.ts';

/** How many verdicts are remembered. */
const MOST_KNOWN = 256;
/** How many comparisons may wait for their turn. A conductor needs one; more is somebody who guesses. */
const MOST_WAITING = 64;

interface Known {
  readonly verdict: Promise<boolean>;
  /** Once it is told. */
  right: boolean;
}

/**
 * Passwords against bcrypt hashes, each pair computed once: a conductor sends its password with every call, dozens at a time.
 * What is remembered is an HMAC of the pair and the verdict. A new hash of a user is another pair.
 */
export class Passwords {
  readonly #key = randomBytes(32);
  readonly #known = new Map<string, Known>();

  /** @throws Refusal when too many others wait */
  async isRight(user: string, password: Uint8Array, hash: string): Promise<boolean> {
    const name = this.#nameOf(user, password, hash);
    const known = this.#known.get(name) ?? this.#compute(name, password, hash);
    // The last one used is the last one to be forgotten.
    this.#known.delete(name);
    this.#known.set(name, known);
    return known.verdict;
  }

  #compute(name: string, password: Uint8Array, hash: string): Known {
    if (comparing() >= MOST_WAITING) throw new Refusal(503, 'Too many passwords wait to be checked');
    this.#forget();
    const known: Known = { verdict: compared(password, hash), right: false };
    known.verdict.then(
      right => {
        known.right = right;
      },
      () => this.#known.delete(name),
    );
    return known;
  }

  /** Makes room: what is wrong goes first, so that no flood of guesses drives out the password that is right. */
  #forget(): void {
    if (this.#known.size < MOST_KNOWN) return;
    const names = [...this.#known.keys()];
    const oldest = names.find(name => !this.#known.get(name)?.right) ?? names[0];
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #nameOf(user: string, password: Uint8Array, hash: string): string {
    const hmac = createHmac('sha256', this.#key);
    // Each part with its length, so that no two pairs look alike.
    for (const part of [Buffer.from(user), password, Buffer.from(hash)]) hmac.update(`${part.length}:`).update(part);
    return hmac.digest('base64');
  }
}

/** Passwords are compared as bytes, and bcryptjs takes text: what is no UTF-8 can be nobody's, and takes as long to be found wrong. */
async function compared(password: Uint8Array, hash: string): Promise<boolean> {
  let text: string | undefined;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(password);
  } catch {
    // Stays undefined.
  }
  const right = await compare(text ?? '', hash);
  return right && text !== undefined;
}
