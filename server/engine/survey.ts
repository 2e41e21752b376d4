import { ChangeError } from '../errors.ts';
import type { ChangePlan, Step } from '../model.ts';
import { Hold } from './lock/hold.ts';
import { NO_LOCKS } from './lock/none.ts';
import { Session } from './session.ts';
import { type Look, Visit } from './visit.ts';
import type { World } from './world.ts';

/** What a device said about one plan, read-only. */
export interface Finding {
  readonly plan: ChangePlan;
  /** What is not as the plan would make it, one sentence each. */
  readonly misses: readonly string[];
  /** Why it could not be asked. */
  readonly failure?: ChangeError;
}

/**
 * How long devices may take. Given how many rounds of devices there are yet to ask, this one's included, it answers a clock that is looked at
 * before each question to the device: when the answer must be there, in milliseconds since the epoch.
 */
export type Patience = (rounds: number) => () => number;

export type Told = (findings: readonly Finding[], devicesLeft: number) => void;

/** Milliseconds that a device may take even where many others wait: some logins need that long. */
const LEAST = 15_000;

/** All of it by `deadline`: devices that hang leave a share of the time to those after them. */
export function allBy(deadline: number): Patience {
  return rounds => {
    const now = Date.now();
    const end = Math.min(deadline, now + Math.max(LEAST, (deadline - now) / rounds));
    return () => end;
  };
}

/** However long all of it takes, each answer within `time` milliseconds. */
export function eachWithin(time: number): Patience {
  return () => () => Date.now() + time;
}

/** Devices at once; each is one SSH login. */
const AT_ONCE = 16;

/**
 * Asks devices whether they are as the plans would make them, and changes nothing: devices side by side, each in one session. A device that
 * cannot be asked is a finding like any other. Answers in the order of the plans; `told` hears of each device when it is done, and how many
 * devices are left.
 */
export async function survey(plans: readonly ChangePlan[], world: World, patience: Patience, told: Told = () => {}): Promise<Finding[]> {
  const found = new Map<ChangePlan, Finding>();
  const waiting = [...Map.groupBy(plans, plan => plan.device.name).values()];
  let left = waiting.length;
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const findings = await askDevice(next, world, patience(Math.ceil((waiting.length + 1) / AT_ONCE)));
      for (const finding of findings) found.set(finding.plan, finding);
      left -= 1;
      told(findings, left);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, worker));
  return plans.flatMap(plan => found.get(plan) ?? []);
}

/** What a session that ended early leaves open is told with what ended it. */
async function askDevice(plans: readonly ChangePlan[], world: World, until: () => number): Promise<Finding[]> {
  const found: Finding[] = [];
  try {
    await askInOneSession(plans, world, until, found);
    return found;
  } catch (thrown) {
    if (!(thrown instanceof ChangeError)) throw thrown;
    const others = found.length === 0 ? thrown : thrown.with('refused', [], `not asked: ${thrown.message}`);
    const rest = plans.slice(found.length);
    return [...found, ...rest.map((plan, nth): Finding => ({ plan, misses: [], failure: nth === 0 ? thrown : others }))];
  }
}

/** @throws ChangeError when the device cannot be asked, or not any more; what it said until then is in `found` */
async function askInOneSession(plans: readonly ChangePlan[], world: World, until: () => number, found: Finding[]): Promise<void> {
  const [first] = plans;
  if (!first) return;
  const { device, readMode } = first;
  let turn = await world.queue.turn(device.name, inTime(device.name, until));
  try {
    await using hold = await Hold.take(NO_LOCKS, device, until());
    await using session = await Session.open(first, world, hold, until());
    // An enable secret that is refused says nothing about any port.
    await session.terminal.enter(readMode, until());
    let reads = new Map<string, string>();
    for (const plan of plans) {
      if (turn.wanted) {
        // No change waits for all of our questions; what it may have changed is read again.
        turn[Symbol.dispose]();
        turn = await world.queue.turn(device.name, inTime(device.name, until));
        reads = new Map();
      }
      found.push(await ask(new Visit(plan, session), inTime(device.name, until), reads));
    }
  } finally {
    turn[Symbol.dispose]();
  }
}

/** @throws ChangeError `timeout`; a queue would call it `busy` */
function inTime(device: string, until: () => number): number {
  const deadline = until();
  if (Date.now() < deadline) return deadline;
  throw new ChangeError('timeout', `there was no time left to ask ${device}`);
}

/** What must hold before a change is asked too: a port that somebody made a member of a LAG may still show its VLANs. */
async function ask(visit: Visit, deadline: number, reads: Map<string, string>): Promise<Finding> {
  const { plan, terminal } = visit;
  terminal.speak(plan.dialect);
  const required = await look(visit, plan.require, deadline, reads);
  // A port that is not there would be refused in the same words again.
  const verified = required.refused ? required : await look(visit, plan.verify, deadline, reads);
  return { plan, misses: [...new Set([...verified.misses, ...required.misses])] };
}

/** A device that refuses a read has answered too: no. */
async function look(
  visit: Visit,
  steps: readonly Step[],
  deadline: number,
  reads: Map<string, string>,
): Promise<Pick<Look, 'misses'> & { readonly refused: boolean }> {
  try {
    return { misses: (await visit.look(steps, deadline, { reads, patient: false })).misses, refused: false };
  } catch (thrown) {
    if (!(thrown instanceof ChangeError) || thrown.kind !== 'rejected' || !visit.terminal.alive) throw thrown;
    return { misses: [thrown.message], refused: true };
  }
}
