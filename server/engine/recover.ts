import { ChangeError, messageOf } from '../errors.ts';
import type { ChangePlan, GiveBack, Method, Rescue } from '../model.ts';
import type { Saved } from '../result.ts';
import { comeBack, halfWayTo, ONCE_MORE, soon } from './come-back.ts';
import { commit, confirm, save } from './commit.ts';
import { giveBack } from './give-back.ts';
import { type Look, unlessBusy, type Visit, wholeOf } from './visit.ts';

/** How a failed change ended. `applied`: the session was lost, and the device turned out to be as asked. */
export type Ending =
  | { readonly outcome: 'applied' }
  | { readonly outcome: 'undone' | 'rescued' | 'unknown'; readonly error: ChangeError; readonly saved: Saved };

/** A port that one of these failed on is on no network afterwards, whatever it was on before. */
export const ENDS_DETACHED: ReadonlySet<Method> = new Set(['attach_port', 'join_lag']);

const NOT_NEEDED: Saved = { state: 'not needed' };

/** How far taking back has come: on a session that was lost it does not begin from nothing. */
interface Way {
  /** All of the change was typed: before that nothing of ours was committed, and a verify list may hold that does not read what is missing. */
  readonly whole: boolean;
  undone: boolean;
  closing: boolean;
}

/**
 * After something was typed and failed: takes it back by the platform's own means, closes the port where the playbook says so,
 * and reads from the device which of these is true. A session that is lost meanwhile is opened again as long as there is time.
 * Never throws; what cannot be told is `unknown`.
 */
export async function recover(visit: Visit, before: Look, thrown: unknown): Promise<Ending> {
  const failure = thrown instanceof ChangeError ? thrown : new ChangeError('internal', messageOf(thrown), { cause: thrown });
  const way: Way = { whole: isWhole(visit), undone: false, closing: false };
  while (true) {
    try {
      const ending = await takeBack(visit, before, failure, way);
      if (ending.outcome !== 'undone') return ending;
      // What a candidate would have changed is no difference any more.
      visit.diff = '';
      return visit.mayBeSaved ? { ...ending, saved: await save(visit, visit.plan.request.deadline) } : ending;
    } catch (second) {
      if (!visit.terminal.alive && Date.now() + ONCE_MORE < visit.plan.request.deadline) continue;
      const error = new ChangeError(
        failure.kind,
        `${sentence(failure)} Taking it back failed too: ${messageOf(second)}. What state the device is in is not known`,
        { cause: thrown },
      );
      return { outcome: 'unknown', error, saved: NOT_NEEDED };
    }
  }
}

/** Such a change has no half: where it did not hold before and does now, it was made, whatever became of the answer. */
function isOneLine({ transaction, steps }: ChangePlan): boolean {
  return transaction === undefined && steps.flatMap(({ lines }) => lines).length === 1;
}

/** A candidate of several that was taken back is as far back as one that was never typed whole. */
function isWhole({ phase, plan }: Visit): boolean {
  return phase === 'committing' || phase === 'committed' || (phase === 'typing' && isOneLine(plan));
}

async function takeBack(visit: Visit, before: Look, failure: ChangeError, way: Way): Promise<Ending> {
  const { plan } = visit;
  const { deadline } = plan.request;
  const lost = !visit.terminal.alive;
  if (lost) await backAgain(visit, way, deadline);
  else if (plan.transaction && (visit.phase === 'typing' || visit.phase === 'committing')) {
    await visit.platformStep(plan.transaction.discard, soon(deadline));
  }
  const lock = await visit.hold.regain(halfWayTo(deadline)).catch((thrown: unknown) => messageOf(thrown));
  let now = await visit.look(plan.verify, soon(deadline));
  if (lock !== 'kept' && lock !== 'taken again') {
    return handsOff(visit, visit.areSame(now, before) && (await asPrinted(visit, deadline)), failure, lock);
  }
  if (now.holds && way.whole && !way.closing && (lost || lock === 'taken again')) {
    if (lost || visit.phase === 'committed') await confirm(visit, plan.transaction, deadline);
    return { outcome: 'applied' };
  }
  // An undo that follows no commit of ours would take back somebody else's: only when the device differs from what it was. Where the
  // lock was lost meanwhile, another may have changed this too: then nothing old is brought back, but a rescue may close what is open.
  const undoable = way.whole && lock === 'kept' && !way.undone && !way.closing && !visit.areSame(now, before);
  if (plan.transaction?.undo && undoable) {
    const { undo } = plan.transaction;
    await unlessBusy(plan, deadline, () => visit.platformStep(undo, deadline));
    way.undone = true;
    now = await visit.look(plan.verify, soon(deadline));
  }
  const same = visit.areSame(now, before) && (await asPrinted(visit, deadline));
  const givable = !same && lock === 'kept' && !way.closing;
  if (plan.giveBack && givable && (await givenBack(visit, plan.giveBack, way))) return undone(failure);
  if (plan.rescue) return close(visit, plan.rescue, same, failure, way);
  if (same) return undone(failure);
  throw new ChangeError('not_as_asked', 'the device is not as it was before, and the playbook has no rescue');
}

/** Whether all of the interface is as it was: a verify list reads only what it asks for. */
async function asPrinted(visit: Visit, deadline: number): Promise<boolean> {
  const { giveBack: means } = visit.plan;
  return means === undefined || wholeOf(await visit.look([means.read], soon(deadline))) === visit.printed;
}

/** What cannot be given back whole is closed by the rescue. */
async function givenBack(visit: Visit, means: GiveBack, way: Way): Promise<boolean> {
  const { deadline } = visit.plan.request;
  try {
    return await giveBack(visit, means, visit.printed, deadline);
  } catch (thrown) {
    if (!(thrown instanceof ChangeError)) throw thrown;
    if (!visit.terminal.alive) await backAgain(visit, way, deadline);
    else if (means.transaction) await visit.platformStep(means.transaction.discard, soon(deadline));
    return false;
  }
}

/**
 * The lock is lost and not to be had: whoever has it may be at this very port, and what two type at once nobody can answer for. Not even
 * a port is closed then, lest the other's true answer become a lie; dropping our own candidate, before this, touched nobody's. That leaves
 * no port open on a wrong VLAN, as far as playbooks go: between two of their lines a port is closed, a trial commit ends by itself. What
 * is true now is read.
 */
async function handsOff(visit: Visit, same: boolean, failure: ChangeError, why: string): Promise<Ending> {
  const { rescue, save: saves, request } = visit.plan;
  if (same) return undone(failure);
  if (rescue && (await visit.look(rescue.checks, soon(request.deadline))).holds)
    return rescued(rescue, failure, saves ? { state: 'no', why } : NOT_NEEDED);
  throw new ChangeError('lock_lost', `without its lock nothing more is typed, and ${why}`);
}

/** Runs the rescue, unless nothing changed and the device is already in the state that it promises. */
async function close(visit: Visit, rescue: Rescue, same: boolean, failure: ChangeError, way: Way): Promise<Ending> {
  const { plan } = visit;
  const { deadline } = plan.request;
  // A port that serves somebody keeps what it had; only an attach that failed must end detached, whatever was there before.
  if (same && !ENDS_DETACHED.has(plan.request.method)) return undone(failure);
  if (same && (await visit.look(rescue.checks, soon(deadline))).holds) return undone(failure);
  // On a session that was lost all of it may have been typed already: EOS would refuse the name of a session that it has committed.
  const made = way.closing && (await visit.look(rescue.checks, soon(deadline))).holds;
  way.closing = true;
  if (!made) await typeRescue(visit, rescue, deadline);
  await confirm(visit, rescue.transaction, deadline);
  return rescued(rescue, failure, await save(visit, deadline));
}

async function typeRescue(visit: Visit, rescue: Rescue, deadline: number): Promise<void> {
  visit.terminal.speak(rescue.dialect);
  await unlessBusy(visit.plan, deadline, () => visit.terminal.enter(visit.plan.configMode, soon(deadline)));
  await visit.type(rescue.steps, soon(deadline));
  await commit(visit, rescue.transaction, deadline);
  const after = await visit.look(rescue.checks, soon(deadline));
  if (!after.holds) throw new ChangeError('not_as_asked', `the rescue did not hold: ${after.misses.join('; ')}`);
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

/** What the lost session left behind may be of the change, and of its rescue. */
async function backAgain(visit: Visit, { closing }: Way, deadline: number): Promise<void> {
  const { dialect, transaction, rescue } = visit.plan;
  await comeBack(visit, dialect, [transaction?.abandon, closing ? rescue?.transaction?.abandon : undefined], deadline);
}
