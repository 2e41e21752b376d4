import { verdictNow } from '../engine/permit.ts';
import { plan } from '../engine/plan.ts';
import { loadLibrary } from '../library/library.ts';
import { complain, paint, say, sayJson } from './paint.ts';
import { requestsFrom } from './request.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';
import { planAsJson, showPlan } from './show.ts';
import type { RequestOptions } from './words.ts';

/**
 * Prints exactly what would be typed. Touches no device and reads no credentials. A plan is for review, whoever may have it carried out:
 * that `apply` would be refused is told beside it.
 */
export async function planCommand(words: readonly (string | undefined)[], options: CommonOptions & RequestOptions): Promise<number> {
  const library = loadLibrary(foldersOf(options, readConfig(options)));
  const requests = requestsFrom(words, options, library, Number.MAX_SAFE_INTEGER);
  const plans = requests.map(request => plan(request, library));
  if (options.json) sayJson(plans.map(planAsJson));
  else
    for (const [i, one] of plans.entries()) {
      if (i > 0) say();
      showPlan(one);
    }
  for (const request of requests) {
    const { refusal } = verdictNow(request, library);
    if (refusal) complain(`${paint('yellow', 'apply would be refused', process.stderr)}: ${refusal.message}`);
  }
  return 0;
}
