import { ChangeError } from '../errors.ts';
import type { ChangePlan, Step } from '../model.ts';
import { readKey } from './check.ts';
import { ended } from './ending.ts';
import { type Job, visitsOf } from './job.ts';
import { prefetch } from './prefetch.ts';
import type { Round } from './round.ts';
import type { Session } from './session.ts';
import { settled } from './settled.ts';
import { type Visit, wholeOf } from './visit.ts';

/**
 * Asks `require` and `verify` of each change before anything is typed; the same read is made once for all. Those that hold already and those
 * that may not be made are over then; answers the others, as many as the round has time for.
 */
export async function lookBefore(jobs: readonly Job[], round: Round): Promise<Job[]> {
  const looking: Looking = { round, reads: new Map(), shared: readByMany(jobs.map(({ plan }) => plan)) };
  const waiting = [...jobs];
  const open: Job[] = [];
  // The first alone: it finds out whether a commit is on trial, and how fast the device answers.
  for (let number = 1; waiting.length > 0 && (number > 0 || open.length === 0); number = round.more) {
    open.push(...(await lookAt(waiting.splice(0, Math.max(1, number)), looking)));
  }
  round.leave(waiting);
  return open;
}

interface Looking {
  readonly round: Round;
  readonly reads: Map<string, string>;
  readonly shared: ReadonlySet<string>;
}

async function lookAt(jobs: readonly Job[], looking: Looking): Promise<Job[]> {
  const { round, reads } = looking;
  const timely = await unlessEnded(jobs, async job => job.mayGoOn(round.hasTimeFor(job)));
  const open = await unlessEnded(timely, job => onOneThatStands(job, round.session, () => settled(job.visit, job.patience, reads)));
  const [first] = open;
  if (!first) return [];
  return round.looking(open.length, async () => {
    await prefetch(visitsOf(open), asksBefore, first.forward, reads);
    return unlessEnded(open, job => onOneThatStands(job, round.session, () => ask(job, looking)));
  });
}

/** Those for whom it went well; what went wrong is the end of it. */
async function unlessEnded(jobs: readonly Job[], work: (job: Job) => Promise<void>): Promise<Job[]> {
  for (const job of jobs) {
    try {
      await work(job);
    } catch (thrown) {
      // What a group of several has typed for it may have to be closed, though all of it was taken back.
      await ended(job, thrown);
    }
  }
  return jobs.filter(job => !job.over);
}

/** A session that stood may turn out to be gone: nothing was typed yet, so a new one serves as well. */
async function onOneThatStands(job: Job, session: Session, work: () => Promise<void>): Promise<void> {
  const { dialect } = job.plan;
  session.terminal.speak(dialect);
  try {
    await work();
  } catch (thrown) {
    if (!session.warm || session.terminal.alive) throw thrown;
    await session.reopen(dialect, job.forward, false);
    await work();
  }
}

async function ask(job: Job, { reads, shared }: Looking): Promise<void> {
  const { plan, visit, forward } = job;
  const looking = { reads, patient: false };
  const required = await visit.look(plan.require, forward, looking);
  if (!required.holds) throw new ChangeError('not_possible', `${plan.device.name}: ${required.misses.join('; ')}`);
  const before = await visit.look(plan.verify, forward, looking);
  if (before.holds) return job.succeed('unchanged');
  if (plan.giveBack) visit.printed = wholeOf(await visit.look([plan.giveBack.read], forward, looking));
  if (plan.steps.length === 0) throw new ChangeError('not_possible', `${plan.device.name}: ${before.misses.join('; ')}`);
  job.before = before;
  visit.shared = shared;
}

function asksBefore({ plan }: Pick<Visit, 'plan'>): Step[] {
  return [...plan.require, ...plan.verify, ...(plan.giveBack ? [plan.giveBack.read] : [])];
}

/** What is read for one change alone is its own; what is read for several shows what each of them does. */
function readByMany(plans: readonly ChangePlan[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const plan of plans) {
    const keys = new Set(asksBefore({ plan }).map(readKey));
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return new Set([...counts].flatMap(([key, count]) => (count > 1 ? [key] : [])));
}
