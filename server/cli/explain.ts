import { freezeOf, type Verdict, verdictOf } from '../engine/permit.ts';
import { plan } from '../engine/plan.ts';
import { at, ChangeError } from '../errors.ts';
import { type Library, loadLibrary } from '../library/library.ts';
import { callerName } from '../library/lists.ts';
import type { Caller, ChangeRequest } from '../model.ts';
import { columns, paint, prose, say, sayJson } from './paint.ts';
import { requestsFrom } from './request.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';
import type { RequestOptions } from './words.ts';

export interface ExplainOptions extends CommonOptions, RequestOptions {
  readonly caller?: string;
}

/** The exit status that says: no. */
const REFUSED = 3;

/** Whether a caller may have something done, and why: by the freeze, the policy, and all that makes a plan. Touches no device. */
export async function explainCommand(words: readonly (string | undefined)[], options: ExplainOptions): Promise<number> {
  const library = loadLibrary(foldersOf(options, readConfig(options)));
  const requests = requestsFrom(words, options, library, Number.MAX_SAFE_INTEGER);
  const answers = requests.map(request => answerTo({ ...request, caller: callerOf(options.caller, request.caller) }, library));
  if (options.json) sayJson(answers.map(answerAsJson));
  else
    for (const [i, answer] of answers.entries()) {
      if (i > 0) say();
      showAnswer(answer, library);
    }
  return answers.every(({ no }) => no === undefined) ? 0 : REFUSED;
}

/** Left out: whoever asks. */
function callerOf(name: string | undefined, local: Caller): Caller {
  if (name === undefined) return local;
  return name.startsWith('cli:') ? { ...local, name: name.slice('cli:'.length) } : { name, address: '', scheme: 'any' };
}

interface Answer {
  readonly request: ChangeRequest;
  /** What refuses it; a freeze first, for it is what the caller would see. */
  readonly no?: ChangeError | undefined;
  readonly frozen: boolean;
  readonly verdict: Verdict;
}

function answerTo(request: ChangeRequest, library: Library): Answer {
  const verdict = verdictOf(request, library);
  const freeze = freezeOf(request, library);
  return { request, verdict, frozen: freeze !== undefined, no: freeze?.refusal ?? verdict.refusal ?? planRefusal(request, library) };
}

/** Uplinks and what the inventory and the platform do not let anybody ask for. */
function planRefusal(request: ChangeRequest, library: Library): ChangeError | undefined {
  try {
    plan(request, library);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ChangeError) return thrown;
    throw thrown;
  }
}

function answerAsJson({ request, no, frozen, verdict }: Answer): object {
  const { place, passed, refusal } = verdict;
  return {
    allowed: no === undefined,
    caller: callerName(request.caller),
    method: request.method,
    device: request.device,
    ...(no ? { error: { kind: no.kind, message: no.message } } : {}),
    frozen,
    policy: { allowed: refusal === undefined, rule: place ? at(place) : null, ...(refusal ? { message: refusal.message } : {}) },
    passed_over: passed.map(({ place: rule, why }) => ({ rule: at(rule), why })),
  };
}

function showAnswer({ request, no, frozen, verdict }: Answer, library: Library): void {
  const { caller, method, device, args } = request;
  const about = [device, args.port ?? (args.vlan === undefined ? '' : `VLAN ${String(args.vlan)}`)].join(' ').trim();
  const asked = `${callerName(caller)} ${no ? 'may not' : 'may'} ${method} on ${about}`;
  say(`${no ? paint('yellow', 'no') : paint('green', 'yes')}: ${asked}`);
  if (no) for (const line of prose(no.message, '  ')) say(line);
  const { place, passed, refusal } = verdict;
  const allowing = place ? `${at(place)} allows it` : `there is no policy.yml in the inventory: whoever may call may do all that it allows`;
  const before = frozen ? 'when it is over: ' : no ? 'it is not the policy that refuses it: ' : '';
  if (!refusal) for (const line of prose(before + allowing, '  ')) say(line);
  else if (frozen) for (const line of prose(`when it is over: ${refusal.message}`, '  ')) say(line);
  if (passed.length === 0 || !library.policy) return;
  say(paint('bold', 'Passed over'));
  for (const line of columns(passed.map(({ place: rule, why }) => [`  ${at(rule)}`, why]))) say(line);
}
