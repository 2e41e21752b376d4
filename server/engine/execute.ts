import { ChangeError, type Kind } from '../errors.ts';
import type { ChangePlan } from '../model.ts';
import type { ChangeResult, Outcome, Saved } from '../result.ts';
import { commit, confirm, save } from './commit.ts';
import { changedLines } from './diff.ts';
import { Hold } from './lock/hold.ts';
import { NO_LOCKS } from './lock/none.ts';
import { recover } from './recover.ts';
import { escapePattern } from './render.ts';
import { settled } from './settled.ts';
import { type Look, unlessBusy, Visit } from './visit.ts';
import type { World } from './world.ts';

/** The share of a call's time that a change may take; the rest is kept for taking it back. */
const FORWARD_SHARE = 0.7;
/** The share that may go by in the device's queue and before its lock is free: a change that began later would be cut in the middle. */
const QUEUE_SHARE = 0.5;

/**
 * Carries a plan out on its device. `begin` is asked when its turn has come and nobody has logged in: what it throws refuses the change.
 * `urgent`: it takes back what was done elsewhere, and tries even where others are told to come later.
 * @throws ChangeError whose outcome says what is true of the device now, with the result as evidence
 */
export async function execute(plan: ChangePlan, world: World, begin: () => void = () => {}, urgent = false): Promise<ChangeResult> {
  const started = Date.now();
  const { deadline } = plan.request;
  const forward = started + (deadline - started) * FORWARD_SHARE;
  const patience = started + (deadline - started) * QUEUE_SHARE;
  using _turn = await world.queue.turn(plan.device.name, patience, urgent);
  await using hold = await Hold.take(world.locks, plan.device, patience);
  begin();
  const opening = Date.now();
  const visit = new Visit(plan, world, hold, await world.open(plan.device, plan.dialect, forward, urgent));
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
    timings: { queued: opening - started, login, total: Date.now() - started },
  });
  try {
    await settled(visit, patience);
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
    if (!(thrown instanceof ChangeError)) throw thrown;
    const results = thrown.results.length > 0 ? thrown.results : [resultOf(thrown.outcome, { state: 'not needed' })];
    const message = OF_THE_DEVICE.has(thrown.kind) ? thrown.message : aboutSubject(thrown.message, plan);
    throw thrown.with(thrown.outcome, results, message);
  } finally {
    await visit.terminal.close();
  }
}

const OF_THE_DEVICE: ReadonlySet<Kind> = new Set(['unreachable', 'login_refused', 'host_key', 'busy']);

/** Ironic's operator sees this sentence and nothing else: it names the port, also where what failed was about the device. */
function aboutSubject(message: string, { device, subject }: ChangePlan): string {
  if (message.includes(subject)) return message;
  const start = new RegExp(`^${escapePattern(device.name)}(?=[ :])`);
  return start.test(message) ? message.replace(start, `$& ${subject}`) : `${device.name} ${subject}: ${message}`;
}

/** What the device itself says, without changing anything, and so without its lock: may the request be carried out, and does it hold already? */
export async function inspect(plan: ChangePlan, world: World): Promise<{ allowed: Look; holds: Look }> {
  using _turn = await world.queue.turn(plan.device.name, plan.request.deadline);
  await using hold = await Hold.take(NO_LOCKS, plan.device, plan.request.deadline);
  const visit = new Visit(plan, world, hold, await world.open(plan.device, plan.dialect, plan.request.deadline));
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
  if (!before.holds && plan.giveBack) visit.printed = (await visit.look([plan.giveBack.read], deadline, reads)).text;
  if (!before.holds && plan.steps.length === 0) throw new ChangeError('not_possible', `${plan.device.name}: ${before.misses.join('; ')}`);
  return before;
}

/** Types the change, commits it, reads it back, and only then makes it permanent. */
async function apply(visit: Visit, before: Look, deadline: number): Promise<void> {
  const { plan } = visit;
  await unlessBusy(plan, deadline, async () => {
    await visit.hold.check();
    await visit.terminal.enter(plan.configMode, deadline);
  });
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
