import { ChangeError, messageOf } from '../errors.ts';
import type { Library } from '../library/library.ts';
import type { ChangeRequest, Method, Place } from '../model.ts';
import type { ChangeResult, Outcome } from '../result.ts';
import { type AuditSink, audit } from './audit.ts';
import { execute } from './execute.ts';
import { freezeOf, permit, verdictNow } from './permit.ts';
import { plan } from './plan.ts';
import { script } from './script.ts';
import type { World } from './world.ts';

/** Everything a request is carried out with. */
export interface Desk {
  readonly library: Library;
  readonly world: World;
  readonly audit: AuditSink;
}

/** A request that says `mode` and VLANs, carried out or, as a dry run, planned, if it is permitted; either way audited. */
export function change(request: ChangeRequest, desk: Desk): Promise<ChangeResult> {
  return audited(request, desk, decided => {
    const { refusal, place } = verdictNow(request, desk.library);
    decided(place);
    if (refusal) throw refusal;
    const planned = plan(request, desk.library);
    if (request.dryRun) return rehearsed(planned);
    return execute(planned, desk.world, () => {
      // It may have waited for its turn for a while, and somebody may be at work on the device by now.
      const frozen = freezeOf(request, desk.library);
      if (frozen) decided(frozen.place);
      if (frozen?.refusal) throw frozen.refusal;
    });
  });
}

async function audited(
  request: ChangeRequest,
  desk: Desk,
  work: (decided: (place: Place | undefined) => void) => Promise<ChangeResult> | ChangeResult,
): Promise<ChangeResult> {
  let rule: Place | undefined;
  const decided = (place: Place | undefined) => {
    rule = place;
  };
  try {
    const result = await work(decided);
    audit(request, { result, rule }, desk.audit);
    return result;
  } catch (failure) {
    audit(request, { result: failure instanceof ChangeError ? failure.results[0] : undefined, failure, rule }, desk.audit);
    throw failure;
  }
}

/** A dry run: the plan itself, in the shape of a result. Each line that would be typed is there, and no answer. */
export function rehearsed(planned: ReturnType<typeof plan>): ChangeResult {
  return {
    outcome: 'planned',
    device: planned.device.name,
    platform: planned.dialect.platform,
    method: planned.request.method,
    file: planned.file,
    diff: '',
    saved: { state: 'not needed' },
    steps: script(planned).map(line => ({
      task: `${line.when}: ${line.task}`,
      source: line.place ?? { file: planned.file, line: 1 },
      exchanges: [{ sent: line.sent, received: '', place: line.place ?? { file: planned.file, line: 1 } }],
    })),
    timings: { queued: 0, login: 0, total: 0 },
  };
}

/**
 * Carries out the requests of one call, one link after the other. If one fails, ports that this call attached are detached again,
 * last first, and the error says how each device ended.
 */
export async function changeInOrder(requests: readonly ChangeRequest[], desk: Desk): Promise<ChangeResult[]> {
  await refuseEarly(requests, desk);
  const done: { request: ChangeRequest; result: ChangeResult }[] = [];
  for (const request of requests) {
    try {
      done.push({ request, result: await change(done.length === 0 ? request : hurried(request), desk) });
    } catch (thrown) {
      if (done.length === 0) throw thrown;
      const ended = await takeBackAll(done, desk);
      if (!(thrown instanceof ChangeError)) throw thrown;
      const results = [...ended, ...thrown.results];
      const others = ended.map(result => `${result.device} ended ${result.outcome}`).join(', ');
      throw thrown.with(failed([...results.map(result => result.outcome), thrown.outcome]), results, `${thrown.message}; ${others}`);
    }
  }
  return done.map(({ result }) => result);
}

/** What the library alone refuses is refused, and audited, before any device is touched for the sake of the others. */
async function refuseEarly(requests: readonly ChangeRequest[], desk: Desk): Promise<void> {
  for (const request of requests) {
    let rule: Place | undefined;
    try {
      rule = permit(request, desk.library);
      plan(request, desk.library);
    } catch (failure) {
      audit(request, { failure, rule }, desk.audit);
      throw failure;
    }
  }
}

/** Time is kept for taking back what the call did before this one. */
function hurried(request: ChangeRequest): ChangeRequest {
  const now = Date.now();
  return { ...request, deadline: now + (request.deadline - now) * 0.7 };
}

/** Devices at once in one call for many devices; each is one SSH login. */
const AT_ONCE = 16;

/** Carries out requests for different devices side by side; fails when any of them failed, and tells how each ended. */
export async function changeSideBySide(
  requests: readonly ChangeRequest[],
  desk: Desk,
  ended: (device: string, outcome: Outcome) => void = () => {},
): Promise<ChangeResult[]> {
  await refuseEarly(requests, desk);
  const waiting = [...requests.entries()];
  const outcomes: PromiseSettledResult<ChangeResult>[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, request] = next;
      const [settled] = await Promise.allSettled([change(request, desk)]);
      outcomes[index] = settled;
      const told = settled.status === 'fulfilled' ? settled.value : settled.reason;
      ended(request.device, settled.status === 'fulfilled' || told instanceof ChangeError ? told.outcome : 'unknown');
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, requests.length) }, worker));
  const failures = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  const results = outcomes.flatMap(outcome =>
    outcome.status === 'fulfilled' ? [outcome.value] : outcome.reason instanceof ChangeError ? [...outcome.reason.results] : [],
  );
  const [first] = failures;
  if (first === undefined) return results;
  if (!(first instanceof ChangeError)) throw first;
  throw first.with(failed([...results.map(result => result.outcome), first.outcome]), results, failures.map(messageOf).join('; '));
}

async function takeBackAll(done: readonly { request: ChangeRequest; result: ChangeResult }[], desk: Desk): Promise<ChangeResult[]> {
  const ended: ChangeResult[] = [];
  for (const { request, result } of done.toReversed()) {
    // Only what this call did itself.
    ended.unshift(result.outcome === 'applied' ? await takeBack(request, result, desk) : result);
  }
  return ended;
}

/** What needs no memory of what was there before. The first that is not refused: a LAG that has members is closed, not deleted. */
const INVERSES: Readonly<Partial<Record<Method, readonly Method[]>>> = {
  attach_port: ['detach_port'],
  join_lag: ['detach_port'],
  attach_lag: ['delete_lag', 'detach_port'],
};

async function takeBack(request: ChangeRequest, result: ChangeResult, desk: Desk): Promise<ChangeResult> {
  const inverses = INVERSES[request.method];
  if (!inverses) return result;
  for (const [nth, method] of inverses.entries()) {
    try {
      // A change of its own: EOS does not take the name of a session twice. Nobody asked for it, so nobody's policy or freeze keeps a port open.
      const inverse = { ...request, id: `${request.id}-back${nth || ''}`, method, args: { port: request.args.port ?? null } };
      const back = await audited(inverse, desk, () => execute(plan(inverse, desk.library), desk.world, undefined, true));
      return { ...back, outcome: 'rescued', method: result.method };
    } catch (thrown) {
      if (!(thrown instanceof ChangeError) || thrown.outcome !== 'refused') break;
    }
  }
  return { ...result, outcome: 'unknown' };
}

/** The outcome of a call that failed. One device that was changed, and stays so, makes `refused`, `undone` and `rescued` untrue. */
function failed(outcomes: readonly Outcome[]): Outcome {
  return outcomes.includes('applied') ? 'unknown' : worst(outcomes);
}

const SEVERITY: readonly Outcome[] = ['planned', 'unchanged', 'applied', 'refused', 'undone', 'rescued', 'unknown'];

/** The outcome of a call is that of the device that ended worst. */
export function worst(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((a, b) => (SEVERITY.indexOf(b) > SEVERITY.indexOf(a) ? b : a), 'planned');
}
