import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface Question {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}
export interface Verdict {
  readonly id: number;
  readonly right: boolean;
}

const asked = new Map<number, Pick<PromiseWithResolvers<boolean>, 'resolve' | 'reject'>>();
let lastId = 0;
let thread: Worker | undefined;

/**
 * Whether a password is the one of a bcrypt hash; as bcrypt has it, only the first 72 bytes count. That is up to seconds of pure computing:
 * it has a thread of its own, so that guessers cannot hold up a change that is being typed, and only one, so that they take one core at most.
 */
export function compare(password: string, hash: string): Promise<boolean> {
  thread ??= start();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  asked.set(++lastId, { resolve, reject });
  thread.postMessage({ id: lastId, password, hash } satisfies Question);
  return promise;
}

/** How many comparisons have not ended. */
export function comparing(): number {
  return asked.size;
}

function start(): Worker {
  const started = new Worker(join(import.meta.dirname, 'bcrypt-thread.ts'));
  started.unref();
  started.on('message', ({ id, right }: Verdict) => {
    asked.get(id)?.resolve(right);
    asked.delete(id);
  });
  started.on('error', error => {
    thread = undefined;
    for (const { reject } of asked.values()) reject(error);
    asked.clear();
  });
  return started;
}
