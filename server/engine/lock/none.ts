import type { Locks } from './lock.ts';

/** For one process that is alone with its devices: its queues are enough. */
export const NO_LOCKS: Locks = {
  take: async () => ({ check: async () => {}, outlasts: true, [Symbol.asyncDispose]: async () => {} }),
};
