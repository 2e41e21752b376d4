import { plan } from '../engine/plan.ts';
import { loadLibrary } from '../library/library.ts';
import { say, sayJson } from './paint.ts';
import { requestsFrom } from './request.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';
import { planAsJson, showPlan } from './show.ts';
import type { RequestOptions } from './words.ts';

/** Prints exactly what would be typed. Touches no device and reads no credentials. */
export async function planCommand(words: readonly (string | undefined)[], options: CommonOptions & RequestOptions): Promise<number> {
  const library = loadLibrary(foldersOf(options, readConfig(options)));
  const plans = requestsFrom(words, options, library, Number.MAX_SAFE_INTEGER).map(request => plan(request, library));
  if (options.json) sayJson(plans.map(planAsJson));
  else
    for (const [i, one] of plans.entries()) {
      if (i > 0) say();
      showPlan(one);
    }
  return 0;
}
