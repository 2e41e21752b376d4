import { plan } from '../engine/plan.ts';
import { eachWithin, type Finding, survey } from '../engine/survey.ts';
import { ChangeError, MEANINGS } from '../errors.ts';
import { paint, say, sayBelow, sayJson } from './paint.ts';
import { requestsFrom } from './request.ts';
import { type CommonOptions, openDesk, readConfig, terminalAudit } from './setup.ts';
import { DOES_NOT_HOLD, verifyAll } from './verify-all.ts';
import { givenOf, type RequestOptions } from './words.ts';

export interface VerifyOptions extends RequestOptions {
  readonly all?: string;
}

/** Asks the devices, read-only, whether they hold what the request asks for. */
export async function verifyCommand(words: readonly (string | undefined)[], options: CommonOptions & VerifyOptions): Promise<number> {
  if (options.all !== undefined) {
    if (words.some(word => word !== undefined) || givenOf(options).length > 0)
      throw new ChangeError('bad_request', '--all FILE says it all: leave out the other words and options');
    return verifyAll(options.all, options);
  }
  const config = readConfig(options);
  const { library, world } = openDesk(options, config, terminalAudit());
  const requests = requestsFrom(words, options, library, Date.now() + config.call_time);
  const plans = requests.map(request => plan(request, library));
  const findings = await survey(plans, world, eachWithin(config.call_time));
  const [only] = findings;
  if (findings.length === 1 && only?.failure) throw only.failure;
  if (options.json) sayJson(findings.map(asJson));
  else for (const finding of findings) show(finding);
  if (findings.some(({ misses }) => misses.length > 0)) return DOES_NOT_HOLD;
  const failure = findings.find(finding => finding.failure)?.failure;
  return failure ? MEANINGS[failure.kind].exit : 0;
}

function asJson({ plan: { device, title }, misses, failure }: Finding): object {
  return failure
    ? { device: device.name, title, holds: null, error: { kind: failure.kind, message: failure.message } }
    : { device: device.name, title, holds: misses.length === 0, misses };
}

function show({ plan: { device, title }, misses, failure }: Finding): void {
  const holds = misses.length === 0;
  const verdict = failure ? paint('red', 'cannot be asked') : holds ? paint('green', 'holds') : paint('yellow', 'does not hold');
  say(`${paint('bold', device.name)} ${title}: ${verdict}`);
  for (const sentence of failure ? [failure.message] : misses) sayBelow(sentence, '  ');
}
