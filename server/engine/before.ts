import { ChangeError } from '../errors.ts';
import type { ChangePlan, Step } from '../model.ts';
import { readKey } from './check.ts';
import { ended } from './ending.ts';
import { type Job, visitsOf } from './job.ts';
import { prefetch } from './prefetch.ts';
import type { Round } from './round.ts';
import type { Session } from './session.ts';
import { isSettled, settled } from './settled.ts';
import type { Visit } from './visit.ts';

/**
 * Asks `require` and `verify` of each change before anything is typed; the same read is made once for all. Those that hold already and those
 * that may not be made are over then; answers the others, as many as the round has time for.
 */
export async function lookBefore(jobs: readonly Job[], round: Round): Promise<Job[]> {
  const reads = new Map<string, string>();
  const shared = readByMany(jobs.map(({ plan }) => plan));
  for (const { visit } of jobs) visit.shared = shared;
  const waiting = [...jobs];
  const open: Job[] = [];
  // The first alone: it finds out whether a commit is on trial, and how fast the device answers.
  for (let number = 1; waiting.length > 0 && (number > 0 || open.length === 0); ) {
    const since = Date.now();
    const next = waiting.splice(0, Math.max(1, number));
    open.push(...(await lookAt(next, reads, round)));
    number = round.more(next.length, Date.now() - since);
  }
  round.leave(waiting);
  return open;
}

async function lookAt(jobs: readonly Job[], reads: Map<string, string>, round: Round): Promise<Job[]> {
  const open = await unlessEnded(jobs, async job => job.mayGoOn(round.hasTimeFor(job)));
  const [first] = open;
  if (first && open.every(({ plan }) => isSettled(plan, reads))) await prefetch(visitsOf(open), asksBefore, first.forward, reads);
  return unlessEnded(open, job => look(job, round.session, reads));
}

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
async function look(job: Job, session: Session, reads: Map<string, string>): Promise<void> {
  try {
    await ask(job, session, reads);
  } catch (thrown) {
    if (!session.warm || session.terminal.alive) throw thrown;
    await session.reopen(job.plan.dialect, job.forward, false);
    await ask(job, session, reads);
  }
}

async function ask(job: Job, session: Session, reads: Map<string, string>): Promise<void> {
  const { plan, visit, forward } = job;
  session.terminal.speak(plan.dialect);
  await settled(visit, job.patience, reads);
  const looking = { reads, patient: false };
  const required = await visit.look(plan.require, forward, looking);
  if (!required.holds) throw new ChangeError('not_possible', `${plan.device.name}: ${required.misses.join('; ')}`);
  const before = await visit.look(plan.verify, forward, looking);
  if (before.holds) return job.succeed('unchanged');
  if (plan.giveBack) visit.printed = (await visit.look([plan.giveBack.read], forward, looking)).whole;
  if (plan.steps.length === 0) throw new ChangeError('not_possible', `${plan.device.name}: ${before.misses.join('; ')}`);
  job.before = before;
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
