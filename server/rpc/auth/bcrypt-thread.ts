import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcryptjs';
import type { Question, Verdict } from './bcrypt.ts';

/** What runs in the thread of bcrypt.ts: one comparison after the other. */
parentPort?.on('message', ({ id, password, hash }: Question) => {
  parentPort?.postMessage({ id, right: bcrypt.compareSync(password, hash) } satisfies Verdict);
});
