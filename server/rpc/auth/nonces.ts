import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Milliseconds that a nonce is good for. */
const LIFE = 5 * 60_000;
/** How many nonces are remembered with what they were used for. */
const MOST = 10_000;

/** Bytes of a nonce: when it was made, something random, and the proof that it was made here. */
const PARTS = { time: 8, random: 12, proof: 16 };
const SIZE = PARTS.time + PARTS.random + PARTS.proof;

/**
 * What clients of HTTP Digest make their responses with. A nonce says by itself how old it is, and that this process made it: nothing is
 * kept of those that nobody used. Of the others is kept which counts they were used with, so that no request counts twice.
 */
export class Nonces {
  readonly #key = randomBytes(32);
  readonly #now: () => number;
  readonly #most: number;
  /** Of the nonces that were used, what they were used for, and when they were made. */
  readonly #used = new Map<string, { readonly counts: Counts; readonly made: number }>();
  /** What was made until then has been forgotten: it must not be good any more. */
  #forgotten = Number.NEGATIVE_INFINITY;

  /** A clock in milliseconds that no one can set. */
  constructor(now: () => number = () => performance.now(), most = MOST) {
    this.#now = now;
    this.#most = most;
  }

  issue(): string {
    const head = Buffer.alloc(PARTS.time);
    head.writeDoubleBE(this.#now());
    const said = Buffer.concat([head, randomBytes(PARTS.random)]);
    return Buffer.concat([said, this.#proofOf(said)]).toString('base64url');
  }

  /** Takes a count of a nonce: `old` asks for a new one, `used` has been there before. Only for a response that was right. */
  use(nonce: string, count: number): 'good' | 'old' | 'used' {
    const made = this.#madeAt(nonce);
    if (made === undefined || made <= this.#forgotten || this.#now() - made > LIFE) return 'old';
    const { counts } = this.#used.get(nonce) ?? { counts: new Counts() };
    if (!counts.take(count)) return 'used';
    this.#used.set(nonce, { counts, made });
    if (this.#used.size > this.#most) this.#forget();
    return 'good';
  }

  /** When it was made; undefined when not here. */
  #madeAt(nonce: string): number | undefined {
    const bytes = Buffer.from(nonce, 'base64url');
    // Another way to write the same bytes would be another nonce.
    if (bytes.length !== SIZE || bytes.toString('base64url') !== nonce) return undefined;
    const said = bytes.subarray(0, SIZE - PARTS.proof);
    return timingSafeEqual(bytes.subarray(said.length), this.#proofOf(said)) ? said.readDoubleBE() : undefined;
  }

  #proofOf(said: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(said).digest().subarray(0, PARTS.proof);
  }

  /** Makes room: the older half goes, and with it every nonce of their age. Who has one of them asks for another. */
  #forget(): void {
    const byAge = [...this.#used].sort(([, a], [, b]) => a.made - b.made);
    for (const [nonce, { made }] of byAge.slice(0, Math.ceil(byAge.length / 2))) {
      this.#used.delete(nonce);
      this.#forgotten = made;
    }
  }
}

/** Parallel connections may overtake each other by so many requests. */
const WINDOW = 128;
const MASK = (1n << BigInt(WINDOW)) - 1n;

/** The counts that a nonce was used with: each once, and none that is far behind the highest. */
class Counts {
  #highest = 0;
  /** Bit n: the highest less n. */
  #taken = 1n;

  take(count: number): boolean {
    const ahead = count - this.#highest;
    if (ahead > 0) {
      this.#taken = ahead >= WINDOW ? 1n : ((this.#taken << BigInt(ahead)) | 1n) & MASK;
      this.#highest = count;
      return true;
    }
    const bit = 1n << BigInt(Math.min(-ahead, WINDOW));
    if (-ahead >= WINDOW || (this.#taken & bit) !== 0n) return false;
    this.#taken |= bit;
    return true;
  }
}
