import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { type Desk, rehearsed } from '../engine/change.ts';
import { aboutRequest, judge, type Standing, unclear } from '../engine/drift.ts';
import { verdictOf } from '../engine/permit.ts';
import { plan } from '../engine/plan.ts';
import { allBy } from '../engine/survey.ts';
import { ChangeError } from '../errors.ts';
import type { Library } from '../library/library.ts';
import type { ChangeResult } from '../result.ts';
import { requestsOfCall } from './calls.ts';
import { type Call, closing } from './methods.ts';
import { MOST_CALLS, readParams, type VerifyParams, type WireCall } from './params.ts';
import { resultOf } from './reply.ts';
import type { CallInfo } from './requests.ts';

/** The share of a call's time in which devices are asked; the rest is for hanging up and answering. */
const ASKING_SHARE = 0.95;

/**
 * Whether ports still are as they once were asked to be: those of one port, as for attach_port, or a list of calls as they once came. Reads
 * only. Whatever is wrong with one of them is its own answer: a device that is away, a call that nobody understands.
 * @throws ChangeError bad_request, not_valid, shutting_down
 */
export async function verifyPort(params: Record<string, unknown>, info: Call, desk: Desk): Promise<unknown> {
  if (info.closing) throw closing();
  const said = readParams('verify_port', params);
  const now = Date.now();
  const standings = standingsIn(said, info, desk.library).map(standing => ifPermitted(standing, desk.library));
  if (said.dry_run) return rehearsal(standings, desk.library);
  const verdicts = await judge(standings, desk, allBy(now + (info.deadline - now) * ASKING_SHARE));
  return { holds: verdicts.every(({ holds }) => holds === true), ports: verdicts };
}

function standingsIn({ requests, ...about }: VerifyParams, info: CallInfo, library: Library): Standing[] {
  const { context: _context, dry_run: _dryRun, port, ...others } = about;
  if (!requests && !port) throw new ChangeError('not_valid', 'nothing is asked about: verify_port needs port, or requests');
  if (!requests) return standingsOfCall({ method: 'attach_port', params: { ...about, dry_run: false } }, info, library);
  const stranger = port ? 'port' : Object.entries(others).find(([, value]) => value !== undefined && value !== null)?.[0];
  if (stranger !== undefined) throw new ChangeError('not_valid', `requests say it all: leave out ${stranger}`);
  const standings = requests.flatMap((call, index) => standingsOfCall(call, info, library, { index }));
  if (standings.length <= MOST_CALLS) return standings;
  // A network is one call, and on every device a question.
  throw new ChangeError('not_valid', `these ask about ${standings.length} ports and networks; at most ${MOST_CALLS} at once`);
}

/** One for each port that a call is about, or for each device of a network. */
export function standingsOfCall(call: WireCall, info: CallInfo, library: Library, which: { index?: number } = {}): Standing[] {
  const { method } = call;
  try {
    return requestsOfCall(call, info, library).map(request => ({
      about: { ...which, ...aboutRequest(request, library), method },
      request,
    }));
  } catch (thrown) {
    return [unclear({ ...which, method }, thrown)];
  }
}

/** Who may have a port changed may ask how it is, a freeze or not; of others' ports nobody is told. */
function ifPermitted(standing: Standing, library: Library): Standing {
  if (!('request' in standing)) return standing;
  try {
    const { refusal } = verdictOf(standing.request, library);
    return refusal ? unclear(standing.about, refusal) : standing;
  } catch (thrown) {
    return unclear(standing.about, thrown);
  }
}

/** The plan of a verification: every line that would be typed, all of them reads. */
async function rehearsal(standings: readonly Standing[], library: Library): Promise<unknown> {
  const results: ChangeResult[] = [];
  for (const standing of standings) {
    if ('failure' in standing) throw standing.failure;
    if ('request' in standing) results.push(rehearsed({ ...plan(standing.request, library), steps: [] }));
    await turnOfTheLoop();
  }
  return resultOf('planned', results);
}
