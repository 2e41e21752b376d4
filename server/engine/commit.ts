import { messageOf } from '../errors.ts';
import type { Step, Transaction } from '../model.ts';
import type { Saved } from '../result.ts';
import { unlessBusy, type Visit } from './visit.ts';

/** Shows what the candidate changes and commits it. Success is the platform's positive sign, never the absence of a complaint. */
export async function commit(visit: Visit, transaction: Transaction<Step> | undefined, deadline: number): Promise<void> {
  if (transaction) {
    if (transaction.diff) visit.diff = (await visit.platformStep(transaction.diff, deadline)).trim();
    visit.phase = 'committing';
    await unlessBusy(visit.plan, deadline, () => whileHeld(visit, transaction.commit, deadline));
  }
  visit.phase = 'committed';
}

/** Makes a timed commit permanent, where the platform has one. After a lost session its lock may stand until the device notices. */
export async function confirm(visit: Visit, transaction: Transaction<Step> | undefined, deadline: number): Promise<void> {
  const step = transaction?.confirm;
  if (step) await unlessBusy(visit.plan, deadline, () => whileHeld(visit, step, deadline));
}

/** Makes the change survive a reload. It is in force whatever becomes of this: "applied, not saved" is still applied. */
export async function save(visit: Visit, deadline: number): Promise<Saved> {
  if (!visit.plan.save) return { state: 'not needed' };
  return visit.session.saver?.later(visit.plan) ?? saveNow(visit, deadline);
}

export async function saveNow(visit: Visit, deadline: number): Promise<Saved> {
  if (!visit.plan.save) return { state: 'not needed' };
  visit.session.saves += 1;
  try {
    await whileHeld(visit, visit.plan.save, deadline);
    return { state: 'yes' };
  } catch (thrown) {
    return { state: 'no', why: messageOf(thrown) };
  }
}

/** What makes a change real, or keeps it, would do the same to what somebody else is in the middle of. */
async function whileHeld(visit: Visit, step: Step, deadline: number): Promise<string> {
  await visit.hold.check();
  return visit.platformStep(step, deadline);
}
