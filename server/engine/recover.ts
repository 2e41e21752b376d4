import { setTimeout as pause } from 'node:timers/promises';
import { ChangeError, messageOf } from '../errors.ts';
import type { Method, Rescue, Saved } from '../model.ts';
import { commit, confirm, save } from './commit.ts';
import { type Look, unlessBusy, type Visit } from './visit.ts';

/** How a failed change ended. `applied`: the session was lost, and the device turned out to be as asked. */
export type Ending =
  | { readonly outcome: 'applied' }
  | { readonly outcome: 'undone' | 'rescued' | 'unknown'; readonly error: ChangeError; readonly saved: Saved };

const NOT_NEEDED: Saved = { state: 'not needed' };

/**
 * After something was typed and failed: takes it back by the platform's own means, closes the port where the playbook says so,
 * and reads from the device which of these is true. Never throws; what cannot be told is `unknown`.
 */
export async function recover(visit: Visit, before: Look, thrown: unknown): Promise<Ending> {
  const failure = thrown instanceof ChangeError ? thrown : new ChangeError('internal', messageOf(thrown), { cause: thrown });
  try {
    const ending = await takeBack(visit, before, failure);
    // What a candidate would have changed is no difference any more.
    if (ending.outcome === 'undone') visit.diff = '';
    return ending;
  } catch (second) {
    const error = new ChangeError(
      failure.kind,
      `${sentence(failure)} Taking it back failed too: ${messageOf(second)}. What state the device is in is not known`,
      { cause: thrown },
    );
    return { outcome: 'unknown', error, saved: NOT_NEEDED };
  }
}

async function takeBack(visit: Visit, before: Look, failure: ChangeError): Promise<Ending> {
  const { plan } = visit;
  const { deadline } = plan.request;
  const lost = !visit.terminal.alive;
  if (lost) await comeBack(visit, deadline);
  else if (plan.transaction && (visit.phase === 'typing' || visit.phase === 'committing')) {
    await visit.platformStep(plan.transaction.discard, deadline);
  }
  let now = await visit.look(plan.verify, deadline);
  if (lost && now.holds) {
    await confirm(visit, plan.transaction, deadline);
    return { outcome: 'applied' };
  }
  // An undo that follows no commit of ours would take back somebody else's: only when the device differs from what it was.
  if (plan.transaction?.undo && now.text !== before.text) {
    const { undo } = plan.transaction;
    await unlessBusy(plan, deadline, () => visit.platformStep(undo, deadline));
    now = await visit.look(plan.verify, deadline);
  }
  const same = now.text === before.text;
  if (plan.rescue) return close(visit, plan.rescue, same, failure);
  if (same) return undone(failure);
  throw new ChangeError('not_as_asked', 'the device is not as it was before, and the playbook has no rescue');
}

/** A port that an attach failed on is on no network afterwards, whatever it was on before. */
const ENDS_DETACHED: ReadonlySet<Method> = new Set(['attach_port', 'join_lag']);

/** Runs the rescue, unless nothing changed and the device is already in the state that it promises. */
async function close(visit: Visit, rescue: Rescue, same: boolean, failure: ChangeError): Promise<Ending> {
  const { plan } = visit;
  const { deadline } = plan.request;
  // A port that serves somebody keeps what it had; only an attach that failed must end detached, whatever was there before.
  if (same && !ENDS_DETACHED.has(plan.request.method)) return undone(failure);
  if (same && (await visit.look(rescue.checks, deadline)).holds) return undone(failure);
  visit.terminal.speak(rescue.dialect);
  await unlessBusy(plan, deadline, () => visit.terminal.enter(plan.configMode, deadline));
  await visit.type(rescue.steps, deadline);
  await commit(visit, rescue.transaction, deadline);
  const after = await visit.look(rescue.checks, deadline);
  if (!after.holds) throw new ChangeError('not_as_asked', `the rescue did not hold: ${after.misses.join('; ')}`);
  await confirm(visit, rescue.transaction, deadline);
  return rescued(rescue, failure, await save(visit, deadline));
}

/** A device's words may end in a full stop of their own. */
const sentence = (failure: ChangeError) => `${failure.message.replace(/\.+$/, '')}.`;

function undone(failure: ChangeError): Ending {
  const error = new ChangeError(failure.kind, `${sentence(failure)} All of it was taken back: the device is as it was before`, {
    cause: failure,
  });
  return { outcome: 'undone', error, saved: NOT_NEEDED };
}

function rescued(rescue: Rescue, failure: ChangeError, saved: Saved): Ending {
  const error = new ChangeError(failure.kind, `${sentence(failure)} It was left in the safe state of ${rescue.file}`, { cause: failure });
  return { outcome: 'rescued', error, saved };
}

/** Logs in again after the session was lost, as long as there is time, and drops what the lost one left behind. */
async function comeBack(visit: Visit, deadline: number): Promise<void> {
  const { plan, world } = visit;
  await visit.terminal.close();
  for (let wait = 200; ; wait = Math.min(wait * 2, 5000)) {
    try {
      visit.terminal = await world.open(plan.device, plan.dialect, deadline);
      break;
    } catch (thrown) {
      // A device that just dropped us may still count the old session, or be out of reach for a moment.
      if (Date.now() + wait >= deadline) throw thrown;
      await pause(wait);
    }
  }
  if (plan.transaction?.abandon) await visit.platformStep(plan.transaction.abandon, deadline);
}
