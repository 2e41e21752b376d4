import { ChangeError } from '../errors.ts';
import type { ChangePlan, ChangeResult, Outcome, Saved } from '../model.ts';
import { commit, confirm, save } from './commit.ts';
import { changedLines } from './diff.ts';
import { recover } from './recover.ts';
import { type Look, unlessBusy, Visit } from './visit.ts';
import type { World } from './world.ts';

/** The share of a call's time that a change may take; the rest is kept for taking it back. */
const FORWARD_SHARE = 0.7;
/** The share that may go by in the device's queue: a change that began later would be cut in the middle. */
const QUEUE_SHARE = 0.5;

/**
 * Carries a plan out on its device.
 * @throws ChangeError whose outcome says what is true of the device now, with the result as evidence
 */
export async function execute(plan: ChangePlan, world: World): Promise<ChangeResult> {
  const started = Date.now();
  const { deadline } = plan.request;
  const forward = started + (deadline - started) * FORWARD_SHARE;
  using turn = await world.queue.turn(plan.device.name, started + (deadline - started) * QUEUE_SHARE);
  const opening = Date.now();
  const visit = new Visit(plan, world, await world.open(plan.device, plan.dialect, forward));
  const login = Date.now() - opening;
  const resultOf = (outcome: Outcome, saved: Saved): ChangeResult => ({
    outcome,
    device: plan.device.name,
    platform: plan.dialect.platform,
    method: plan.request.method,
    file: plan.file,
    diff: visit.diff,
    saved,
    steps: [...visit.typed],
    timings: { queued: turn.waited, login, total: Date.now() - started },
  });
  try {
    const before = await survey(visit, forward);
    if (before.holds) return resultOf('unchanged', { state: 'not needed' });
    try {
      await apply(visit, before, forward);
    } catch (failure) {
      if (visit.phase === 'looking') throw failure;
      const ending = await recover(visit, before, failure);
      if (ending.outcome !== 'applied') throw ending.error.with(ending.outcome, [resultOf(ending.outcome, ending.saved)]);
    }
    return resultOf('applied', await save(visit, deadline));
  } catch (thrown) {
    if (thrown instanceof ChangeError && thrown.results.length === 0)
      throw thrown.with(thrown.outcome, [resultOf(thrown.outcome, { state: 'not needed' })]);
    throw thrown;
  } finally {
    await visit.terminal.close();
  }
}

/** What the device itself says, without changing anything: may the request be carried out, and does it hold already? */
export async function inspect(plan: ChangePlan, world: World): Promise<{ allowed: Look; holds: Look }> {
  using _turn = await world.queue.turn(plan.device.name, plan.request.deadline);
  const visit = new Visit(plan, world, await world.open(plan.device, plan.dialect, plan.request.deadline));
  try {
    const allowed = await look(visit, 'require');
    return { allowed, holds: allowed.holds ? await look(visit, 'verify') : allowed };
  } finally {
    await visit.terminal.close();
  }
}

/** A device that refuses a read has answered too: no. */
async function look(visit: Visit, list: 'require' | 'verify'): Promise<Look> {
  try {
    return await visit.look(visit.plan[list], visit.plan.request.deadline);
  } catch (thrown) {
    if (!(thrown instanceof ChangeError) || thrown.kind !== 'rejected') throw thrown;
    return { holds: false, misses: [thrown.message], text: '' };
  }
}

/** Asks `require` and `verify` before anything is typed; a read that both make is made once. */
async function survey(visit: Visit, deadline: number): Promise<Look> {
  const { plan } = visit;
  const reads = new Map<string, string>();
  const required = await visit.look(plan.require, deadline, reads);
  if (!required.holds) throw new ChangeError('not_possible', `${plan.device.name}: ${required.misses.join('; ')}`);
  const before = await visit.look(plan.verify, deadline, reads);
  if (!before.holds && plan.steps.length === 0) throw new ChangeError('not_possible', `${plan.device.name}: ${before.misses.join('; ')}`);
  return before;
}

/** Types the change, commits it, reads it back, and only then makes it permanent. */
async function apply(visit: Visit, before: Look, deadline: number): Promise<void> {
  const { plan } = visit;
  await unlessBusy(plan, deadline, () => visit.terminal.enter(plan.configMode, deadline));
  visit.phase = 'typing';
  await visit.type(plan.steps, deadline);
  await commit(visit, plan.transaction, deadline);
  const after = await visit.look(plan.verify, deadline);
  if (plan.transaction?.diff === undefined) visit.diff = changedLines(before.text, after.text);
  if (!after.holds)
    throw new ChangeError('not_as_asked', `${plan.device.name} is not as asked after the change: ${after.misses.join('; ')}`);
  await confirm(visit, plan.transaction, deadline);
  visit.phase = 'kept';
}
