import type { ChangePlan } from '../model.ts';
import type { ChangeResult } from '../result.ts';
import { Job } from './job.ts';
import { tour } from './tour.ts';
import type { World } from './world.ts';

/**
 * Carries a plan out on its device, in one visit with those that wait for the same device by then. `mayBegin` is asked when its turn has
 * come, before anything is typed: what it throws refuses the change. `urgent`: it takes back what was done elsewhere, and tries even where
 * others are told to come later.
 * @throws ChangeError whose outcome says what is true of the device now, with the result as evidence
 */
export async function execute(plan: ChangePlan, world: World, mayBegin: () => void = () => {}, urgent = false): Promise<ChangeResult> {
  const job = new Job(plan, mayBegin, urgent);
  const turn = await world.queue.join(plan.device.name, job.patience, job, urgent);
  const visit = turn && tour(job, turn, world);
  try {
    return await job.answer;
  } finally {
    // Nothing of it is left when it is answered, unless others are at it still, or the session is to be kept.
    if (!job.inCompany && !world.sessions.keeps) await visit;
  }
}
