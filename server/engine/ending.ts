import { beforeOf, type Job } from './job.ts';
import { recover } from './recover.ts';
import type { Session } from './session.ts';

/** Whether it is as asked when the work is done. What failed is taken back, and over. */
export async function attempt(job: Job, session: Session, work: () => Promise<void>): Promise<boolean> {
  if (job.visit.phase === 'kept') return true;
  try {
    await work();
    return true;
  } catch (failure) {
    session.doubt();
    return ended(job, failure);
  }
}

/** Takes a failed change back, and says how it ended; true: it was made after all. */
export async function ended(job: Job, failure: unknown): Promise<boolean> {
  const { visit } = job;
  if (visit.phase === 'looking') {
    job.fail(failure);
    return false;
  }
  const ending = await recover(visit, beforeOf(job), failure);
  if (ending.outcome === 'applied') visit.phase = 'kept';
  else job.fail(ending.error.with(ending.outcome, []), ending.saved);
  return ending.outcome === 'applied';
}
