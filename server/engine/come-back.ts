import { setTimeout as pause } from 'node:timers/promises';
import { ChangeError } from '../errors.ts';
import type { Dialect, Step } from '../model.ts';
import type { Visit } from './visit.ts';

/** Milliseconds that must be left for coming back once more. */
export const ONCE_MORE = 250;

/** Milliseconds below which time is not shared with another login: the slowest take seven seconds. */
const WORTH_SHARING = 10_000;

export const halfWayTo = (deadline: number) => Date.now() + (deadline - Date.now()) / 2;

/**
 * Until when an answer is waited for while something is taken back, if it comes at once or never: a session that has gone silent is given up
 * while there is time for another. A commit may take its time.
 */
export function soon(deadline: number): number {
  return deadline - Date.now() < WORTH_SHARING ? deadline : halfWayTo(deadline);
}

/** Logs in again after the session was lost, as long as there is time, and drops what the lost one left behind. */
export async function comeBack(visit: Visit, dialect: Dialect, abandons: readonly (Step | undefined)[], deadline: number): Promise<void> {
  for (let wait = 200; ; wait = Math.min(wait * 2, 5000)) {
    try {
      await visit.session.reopen(dialect, deadline, true);
      break;
    } catch (thrown) {
      // A device that just dropped us may still count the old session, or be out of reach for a moment.
      if (Date.now() + wait >= deadline) throw thrown;
      await pause(wait);
    }
  }
  for (const step of abandons) if (step) await abandon(visit, step, deadline);
}

/** Where the lost session still stands, nobody may drop what it left behind; that goes with it, and nobody can commit it either. */
async function abandon(visit: Visit, step: Step, deadline: number): Promise<void> {
  try {
    await visit.platformStep(step, deadline);
  } catch (thrown) {
    const busy = visit.plan.transaction?.busy;
    if (!(thrown instanceof ChangeError) || !busy?.test(thrown.said)) throw thrown;
  }
}
