import { ChangeError, type Kind } from '../errors.ts';
import { Candidate } from './candidate.ts';
import type { Job } from './job.ts';
import { ended, oneByOne } from './one-by-one.ts';
import type { Session } from './session.ts';

/** Failures that one change may be to blame for; after any other all of them would fail again. */
const BLAMES: ReadonlySet<Kind> = new Set(['rejected', 'not_as_asked']);

/**
 * Makes changes of one device in one candidate and one commit. If that fails, all of it is taken back, and what is not to blame is tried
 * again without the guilty, who end by themselves: a failing change never alters what becomes of the others. Answers those that are in force
 * as asked; the others are over.
 */
export async function together(jobs: readonly Job[], session: Session): Promise<Job[]> {
  // EOS still lists a session that was aborted: each name is used once.
  const lead = jobs.find(job => !job.hasLed);
  const { dialect, transaction } = lead?.plan.inCompany?.() ?? {};
  if (jobs.length < 2 || !lead || !dialect || !transaction) return eachAlone(jobs, session);
  lead.hasLed = true;
  const candidate = new Candidate(jobs, { ...lead.plan, dialect, transaction }, lead.visit, session);
  try {
    await candidate.make();
    return [...jobs];
  } catch (failure) {
    session.doubt();
    return afterwards(candidate, failure);
  }
}

async function eachAlone(jobs: readonly Job[], session: Session): Promise<Job[]> {
  const made: Job[] = [];
  for (const job of jobs) made.push(...(await oneByOne([job], session)));
  return made;
}

async function afterwards(candidate: Candidate, failure: unknown): Promise<Job[]> {
  const { jobs, session } = candidate;
  const way = await candidate.takeBack();
  if (way === 'made after all') return [...jobs];
  if (way === 'kept in part') return [...candidate.innocent, ...(await endAll([...candidate.guilty.keys()], failure, candidate))];
  const splits = way === 'as before' && failure instanceof ChangeError && BLAMES.has(failure.kind);
  if (!splits) return endAll(jobs, failure, candidate);
  const late = jobs.filter(job => Date.now() >= job.patience);
  const made = await endAll(late, failure, candidate);
  for (const part of partsOf(candidate, late)) {
    for (const { visit } of part) visit.phase = 'looking';
    made.push(...(await together(part, session)));
  }
  return made;
}

/** Each is taken back by its own means, as far as there is something to take back, and told what failed. */
async function endAll(jobs: readonly Job[], failure: unknown, { guilty }: Candidate): Promise<Job[]> {
  const made: Job[] = [];
  for (const job of jobs) if (await ended(job, guilty.get(job) ?? failure)) made.push(job);
  return made;
}

/** Those not to blame first, and the guilty one by one; where nobody knows who it is, two halves. */
function partsOf({ jobs, guilty, innocent }: Candidate, late: readonly Job[]): Job[][] {
  const isInTime = (job: Job) => !late.includes(job);
  const middle = Math.ceil(jobs.length / 2);
  const parts = guilty.size > 0 ? [innocent, ...[...guilty.keys()].map(job => [job])] : [jobs.slice(0, middle), jobs.slice(middle)];
  return parts.map(part => part.filter(isInTime)).filter(part => part.length > 0);
}
