import { notAsAsked } from './candidate.ts';
import { commit, confirm } from './commit.ts';
import { changedLines } from './diff.ts';
import { attempt } from './ending.ts';
import { beforeOf, type Job, visitsOf } from './job.ts';
import { prefetch } from './prefetch.ts';
import type { Round } from './round.ts';
import { unlessBusy } from './visit.ts';

/**
 * Types changes one after the other, then reads all of them back. What fails is taken back before the next is typed, and is the affair of
 * nobody else. Answers those that are in force as asked; the others are over, or left.
 */
export async function oneByOne(jobs: readonly Job[], round: Round): Promise<Job[]> {
  const typed: Job[] = [];
  for (const [nth, job] of jobs.entries()) {
    const isTime = nth === 0 || (round.hasTimeBeside(typed.length) && [...typed, job].every(canBeTold));
    if (!isTime) {
      round.leave(jobs.slice(nth));
      break;
    }
    if (await attempt(job, round.session, () => round.typing(() => type(job)))) typed.push(job);
  }
  const made: Job[] = [];
  const reads = new Map<string, string>();
  const open = typed.filter(({ visit }) => visit.phase !== 'kept');
  if (open[0]) await prefetch(visitsOf(open), ({ plan }) => plan.verify, open[0].forward, reads);
  for (const job of typed) {
    if (await attempt(job, round.session, () => readBack(job, reads))) made.push(job);
    // What took it back may have changed what others read, too.
    else reads.clear();
  }
  return made;
}

/** Whether something shows what this change did, and only this. If it must be taken back beside others, nobody could say whether it was. */
const canBeTold = (job: Job) => job.visit.canTell(beforeOf(job));

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
  if (plan.transaction?.diff === undefined) visit.diff = changedLines(visit.shownBy(beforeOf(job)), visit.shownBy(after));
  if (!after.holds) throw notAsAsked(plan, after.misses);
  await confirm(visit, plan.transaction, forward);
  visit.phase = 'kept';
}
