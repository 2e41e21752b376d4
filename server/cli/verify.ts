import { inspect } from '../engine/execute.ts';
import { plan } from '../engine/plan.ts';
import { paint, say, sayJson } from './paint.ts';
import { type RequestOptions, requestsFrom } from './request.ts';
import { type CommonOptions, openDesk, readConfig } from './setup.ts';

/** The exit status that says: reached, read, and it is not as asked. */
const DOES_NOT_HOLD = 9;

/** Asks the device, read-only, whether it holds what the request asks for. */
export async function verifyCommand(words: readonly (string | undefined)[], options: CommonOptions & RequestOptions): Promise<number> {
  const config = readConfig(options);
  const desk = openDesk(options, config);
  const requests = requestsFrom(words, options, desk.library, Date.now() + config.call_time);
  const answers = await Promise.all(
    requests.map(async request => {
      const planned = plan(request, desk.library);
      const { allowed, holds } = await inspect(planned, desk.world);
      return {
        device: request.device,
        title: planned.title,
        holds: allowed.holds && holds.holds,
        misses: [...new Set([...allowed.misses, ...holds.misses])],
      };
    }),
  );
  if (options.json) sayJson(answers);
  else
    for (const { device, title, holds, misses } of answers) {
      say(`${paint('bold', device)} ${title}: ${holds ? paint('green', 'holds') : paint('yellow', 'does not hold')}`);
      for (const miss of misses) say(`  ${miss}`);
    }
  return answers.every(({ holds }) => holds) ? 0 : DOES_NOT_HOLD;
}
