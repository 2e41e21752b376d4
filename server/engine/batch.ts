import type { Job } from './job.ts';

/**
 * Changes of one device in the order they came, in groups whose members leave each other alone. Two on the same port are never in one group,
 * so the second finds what the first has left.
 */
export function batchesOf(jobs: readonly Job[]): Job[][] {
  const batches: Job[][] = [];
  for (const job of jobs) {
    const last = batches.at(-1);
    if (last?.every(other => areApart(other, job))) last.push(job);
    else batches.push([job]);
  }
  return batches;
}

/** Whether a change may be made in the visit that another one leads: the same device, reached in the same way. */
export function fits(lead: Job, job: Job): boolean {
  return !lead.urgent && !job.urgent && lead.plan.device === job.plan.device && lead.plan.dialect.platform === job.plan.dialect.platform;
}

function areApart({ plan: one }: Job, { plan: other }: Job): boolean {
  return one.concerns !== 'more' && one.concerns === other.concerns && one.subject !== other.subject;
}
