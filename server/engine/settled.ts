import { setTimeout as pause } from 'node:timers/promises';
import { ChangeError } from '../errors.ts';
import { readKey } from './check.ts';
import type { Visit } from './visit.ts';

/** Milliseconds between two looks. */
const AGAIN = 1000;

/**
 * Waits until no commit is on trial. What one has put in force may be gone in two minutes, so nothing that is read meanwhile is true for long:
 * a Mercury that was killed before it confirmed leaves one behind, and the same change asked again would be told `unchanged`. And if a
 * person's is waiting, a commit of ours would confirm it. What was seen to be settled is so for the others of the visit.
 * @param answerBy when the device must have answered each look: milliseconds since the epoch
 * @throws ChangeError `busy` when one still is at `deadline`
 */
export async function settled(
  visit: Visit,
  deadline: number,
  reads: Map<string, string>,
  answerBy = visit.plan.request.deadline,
): Promise<void> {
  const { transaction, steps, device } = visit.plan;
  const step = transaction?.settled;
  if (!step || steps.length === 0 || reads.has(readKey(step))) return;
  while (true) {
    const now = new Map<string, string>();
    const { holds, misses } = await visit.look([step], answerBy, { reads: now });
    if (holds) {
      reads.set(readKey(step), '');
      return;
    }
    if (Date.now() + AGAIN >= deadline) throw new ChangeError('busy', `${device.name}: ${misses.join('; ')}`);
    await pause(AGAIN);
  }
}
