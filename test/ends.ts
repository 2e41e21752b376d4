import { ChangeError } from '../server/errors.ts';

/** A deadline: one that no machine misses, for what must come to its end, or so many milliseconds away, for what must be given up. */
export const soon = (wait = 60_000): number => Date.now() + wait;

/** The ChangeError that the work ends with. */
export async function failureOf(work: Promise<unknown>): Promise<ChangeError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof ChangeError) return thrown;
    throw thrown;
  }
  throw new Error('nothing failed');
}

/** The ChangeError that the work throws. */
export function refusalOf(work: () => unknown): ChangeError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof ChangeError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}
