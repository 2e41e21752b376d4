import { inspect } from '../engine/execute.ts';
import { plan } from '../engine/plan.ts';
import type { World } from '../engine/world.ts';
import { ChangeError, MEANINGS } from '../errors.ts';
import type { Library } from '../library/library.ts';
import type { ChangeRequest } from '../model.ts';
import { paint, say, sayJson, screenWidth, wrapped } from './paint.ts';
import { requestsFrom } from './request.ts';
import { type CommonOptions, openDesk, readConfig, terminalAudit } from './setup.ts';
import type { RequestOptions } from './words.ts';

/** The exit status that says: reached, read, and it is not as asked. */
const DOES_NOT_HOLD = 9;

/** What one device said. `failure`: it could not be asked. */
interface Answer {
  readonly device: string;
  readonly title: string;
  readonly holds: boolean;
  readonly misses: readonly string[];
  readonly failure?: ChangeError;
}

/** Asks the devices, read-only, whether they hold what the request asks for. */
export async function verifyCommand(words: readonly (string | undefined)[], options: CommonOptions & RequestOptions): Promise<number> {
  const config = readConfig(options);
  const { library, world } = openDesk(options, config, terminalAudit());
  const requests = requestsFrom(words, options, library, Date.now() + config.call_time);
  const answers = await Promise.all(requests.map(request => ask(request, library, world)));
  const [only] = answers;
  if (answers.length === 1 && only?.failure) throw only.failure;
  if (options.json) sayJson(answers.map(answerAsJson));
  else for (const answer of answers) showAnswer(answer);
  const failure = answers.find(answer => answer.failure)?.failure;
  return failure ? MEANINGS[failure.kind].exit : answers.every(({ holds }) => holds) ? 0 : DOES_NOT_HOLD;
}

async function ask(request: ChangeRequest, library: Library, world: World): Promise<Answer> {
  const { device } = request;
  const planned = plan(request, library);
  const { title } = planned;
  try {
    const { allowed, holds } = await inspect(planned, world);
    const misses = [...new Set([...allowed.misses, ...holds.misses])];
    return { device, title, holds: allowed.holds && holds.holds, misses };
  } catch (thrown) {
    if (!(thrown instanceof ChangeError)) throw thrown;
    return { device, title, holds: false, misses: [thrown.message], failure: thrown };
  }
}

function answerAsJson({ device, title, holds, misses, failure }: Answer): object {
  return failure
    ? { device, title, holds: null, error: { kind: failure.kind, message: failure.message } }
    : { device, title, holds, misses };
}

function showAnswer({ device, title, holds, misses, failure }: Answer): void {
  const verdict = failure ? paint('red', 'cannot be asked') : holds ? paint('green', 'holds') : paint('yellow', 'does not hold');
  say(`${paint('bold', device)} ${title}: ${verdict}`);
  for (const miss of misses) {
    const [first = '', ...others] = wrapped(miss, screenWidth() - 4);
    for (const line of [`  ${first}`, ...others.map(other => `    ${other}`)]) say(line);
  }
}
