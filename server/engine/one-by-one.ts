import { notAsAsked } from './candidate.ts';
import { commit, confirm } from './commit.ts';
import { changedLines } from './diff.ts';
import { beforeOf, isLate, type Job, visitsOf } from './job.ts';
import { prefetch } from './prefetch.ts';
import { recover } from './recover.ts';
import type { Session } from './session.ts';
import { unlessBusy } from './visit.ts';

/**
 * Types changes one after the other, then reads all of them back. What fails is taken back before the next is typed, and is the affair of
 * nobody else. Answers those that are in force as asked; the others are over.
 */
export async function oneByOne(jobs: readonly Job[], session: Session): Promise<Job[]> {
  const typed: Job[] = [];
  for (const job of jobs) {
    if (typed.length > 0 && isLate(job)) continue;
    if (await attempt(job, session, () => type(job))) typed.push(job);
  }
  const made: Job[] = [];
  const reads = new Map<string, string>();
  const open = typed.filter(({ visit }) => visit.phase !== 'kept');
  if (open[0]) await prefetch(visitsOf(open), ({ plan }) => plan.verify, open[0].forward, reads);
  for (const job of typed) {
    if (await attempt(job, session, () => readBack(job, reads))) made.push(job);
    // What took it back may have changed what others read, too.
    else reads.clear();
  }
  return made;
}

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

/** Types the change and commits it, where the platform has commits. */
async function type(job: Job): Promise<void> {
  const { plan, visit, forward } = job;
  visit.terminal.speak(plan.dialect);
  await unlessBusy(plan, forward, async () => {
    await visit.hold.check();
    await visit.terminal.enter(plan.configMode, forward);
  });
  visit.phase = 'typing';
  await visit.type(plan.steps, forward);
  await commit(visit, plan.transaction, forward);
}

/** Reads it back, and only then makes it permanent. */
async function readBack(job: Job, reads: Map<string, string>): Promise<void> {
  const { plan, visit, forward } = job;
  const after = await visit.look(plan.verify, forward, { reads });
  if (plan.transaction?.diff === undefined) visit.diff = changedLines(beforeOf(job).text, after.text);
  if (!after.holds) throw notAsAsked(plan, after.misses);
  await confirm(visit, plan.transaction, forward);
  visit.phase = 'kept';
}
