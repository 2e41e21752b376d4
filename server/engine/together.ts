import { ChangeError, type Kind } from '../errors.ts';
import { Candidate } from './candidate.ts';
import { ended } from './ending.ts';
import type { Job } from './job.ts';
import { oneByOne } from './one-by-one.ts';
import type { Round } from './round.ts';

/** Failures that one change may be to blame for; after any other all of them would fail again. */
const BLAMES: ReadonlySet<Kind> = new Set(['rejected', 'not_as_asked']);

/**
 * Makes changes of one device in one candidate and one commit. If that fails, all of it is taken back, and what is not to blame is left to be
 * tried again without the guilty, who end by themselves: a failing change never alters what becomes of the others. Answers those that are in
 * force as asked; the others are over, or left.
 */
export async function together(jobs: readonly Job[], round: Round): Promise<Job[]> {
  // EOS still lists a session that was aborted: each name is used once.
  const lead = jobs.find(job => !job.lentItsName);
  const { dialect, transaction } = lead?.plan.inCompany?.() ?? {};
  if (jobs.length < 2 || !lead || !dialect || !transaction) return firstAlone(jobs, round);
  lead.lentItsName = true;
  const candidate = new Candidate([lead, ...jobs.filter(job => job !== lead)], { ...lead.plan, dialect, transaction }, round);
  try {
    await candidate.make();
    return [...candidate.jobs];
  } catch (failure) {
    round.session.doubt();
    return afterwards(candidate, failure, round);
  }
}

function firstAlone([first, ...others]: readonly Job[], round: Round): Promise<Job[]> {
  round.leave(...others.map(job => [job]));
  return oneByOne(first ? [first] : [], round);
}

async function afterwards(candidate: Candidate, failure: unknown, round: Round): Promise<Job[]> {
  const way = await candidate.takeBack();
  const { jobs, innocent, guilty } = candidate;
  if (way === 'made after all') return [...jobs];
  if (way === 'kept in part') return [...innocent, ...(await endAll([...guilty.keys()], failure, candidate))];
  const splits = way === 'as before' && failure instanceof ChangeError && BLAMES.has(failure.kind);
  if (!splits) return endAll(jobs, failure, candidate);
  round.leave(...partsOf(candidate));
  return [];
}

/** Each is taken back by its own means, as far as there is something to take back, and told what failed. */
async function endAll(jobs: readonly Job[], failure: unknown, { guilty }: Candidate): Promise<Job[]> {
  const made: Job[] = [];
  for (const job of jobs) if (await ended(job, guilty.get(job) ?? (guilty.size > 0 ? inCompany(failure) : failure))) made.push(job);
  return made;
}

/** What failed is told of the port that it failed on. */
function inCompany(failure: unknown): unknown {
  if (!(failure instanceof ChangeError)) return failure;
  return new ChangeError(failure.kind, `it was in one commit with a change that failed: ${failure.message}`, {
    said: failure.said,
    cause: failure,
  });
}

/** Those not to blame first, and the guilty one by one; where nobody knows who it is, two halves. */
function partsOf({ jobs, guilty, innocent }: Candidate): Job[][] {
  const middle = Math.ceil(jobs.length / 2);
  return guilty.size > 0 ? [[...innocent], ...[...guilty.keys()].map(job => [job])] : [jobs.slice(0, middle), jobs.slice(middle)];
}
