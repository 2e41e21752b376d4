import { batchesOf, fits } from './batch.ts';
import { lookBefore } from './before.ts';
import { save } from './commit.ts';
import type { Job } from './job.ts';
import { Hold } from './lock/hold.ts';
import { oneByOne } from './one-by-one.ts';
import type { Turn } from './queue.ts';
import { Round } from './round.ts';
import { Session } from './session.ts';
import { together } from './together.ts';
import type { World } from './world.ts';

/**
 * One visit to a device: its lock, one session, and the changes that wait for it when somebody has logged in. Each of them ends by itself:
 * what is wrong with one is its own. Never throws.
 */
export async function tour(lead: Job, turn: Turn<Job>, world: World): Promise<void> {
  using _turn = turn;
  const jobs = [lead];
  try {
    await using hold = await Hold.take(world.locks, lead.plan.device, lead.patience);
    if (!lead.begins()) return;
    lead.isFirst = true;
    const opening = Date.now();
    await using session = await Session.open(lead.plan, world, hold, lead.forward, lead.urgent);
    lead.comes(session, Date.now() - opening);
    jobs.push(...company(lead, turn, session, world.atOnce));
    // They end before the next begin: whoever reads the audit knows what a port was last.
    for (const batch of batchesOf(jobs.filter(job => !job.over))) await inRounds(batch, session, world);
  } catch (thrown) {
    for (const job of jobs) job.fail(thrown);
  }
}

/** Those who wait next, as many as are taken along: each is asked whether it still may. */
function company(lead: Job, turn: Turn<Job>, session: Session, atOnce: number): Job[] {
  let left = atOnce - 1;
  const boarded = turn.board(job => fits(lead, job) && left-- > 0);
  lead.inCompany = boarded.length > 0;
  return boarded.filter(job => {
    if (job.begins()) job.comes(session);
    return !job.over;
  });
}

/** Carries out a batch in as many rounds as it takes. */
async function inRounds(batch: Job[], session: Session, world: World): Promise<void> {
  const groups = [batch];
  const made: Job[] = [];
  try {
    let round: Round | undefined;
    for (let group = groups.shift(); group; group = groups.shift()) {
      round = new Round(group, session, round);
      made.push(...(await carryOut(group, round)));
      groups.unshift(...round.left);
      // Who has waited for long is not made to wait for the others.
      if (world.saver || made.some(job => Date.now() >= job.patience)) await keepAll(made.splice(0), world);
    }
  } finally {
    await keepAll(made, world);
  }
}

/** Answers those that were made, and are as asked. */
async function carryOut(group: readonly Job[], round: Round): Promise<Job[]> {
  const open = await lookBefore(group, round);
  return open[0]?.plan.transaction ? together(open, round) : oneByOne(open, round);
}

/** Makes them survive a reload, once for all. They are in force whatever becomes of this: "applied, not saved" is still applied. */
async function keepAll([first, ...others]: readonly Job[], { saver }: World): Promise<void> {
  if (!first) return;
  const { visit } = first;
  const from = visit.typed.length;
  const deadline = Math.min(...[first, ...others].map(({ plan }) => plan.request.deadline));
  const saved = await save(visit, deadline);
  first.succeed('applied', saved);
  for (const job of others) {
    job.visit.typed.push(...visit.typed.slice(from));
    job.succeed('applied', job.plan.save ? (saver?.later(job.plan) ?? saved) : saved);
  }
}
