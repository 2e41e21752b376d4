import { explanationOf } from '../engine/origins.ts';
import { verdictNow } from '../engine/permit.ts';
import { plan } from '../engine/plan.ts';
import { loadLibrary } from '../library/library.ts';
import { plansAsHtml } from '../review/html/plan-page.ts';
import { writeOutput } from './input.ts';
import { complain, paint, say, sayJson } from './paint.ts';
import { requestsFrom } from './request.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';
import { planAsJson, showPlan } from './show.ts';
import type { RequestOptions } from './words.ts';

export interface PlanOptions extends CommonOptions, RequestOptions {
  readonly explain?: boolean;
  readonly html?: string;
}

/**
 * Prints exactly what would be typed. Touches no device and reads no credentials. A plan is for review, whoever may have it carried out:
 * that `apply` would be refused is told beside it.
 */
export async function planCommand(words: readonly (string | undefined)[], options: PlanOptions): Promise<number> {
  const library = loadLibrary(foldersOf(options, readConfig(options)));
  const requests = requestsFrom(words, options, library, Number.MAX_SAFE_INTEGER);
  const plans = requests.map(request => plan(request, library));
  const explained = plans.map(one => ({ plan: one, explanation: explanationOf(one, library) }));
  if (options.html !== undefined) writeOutput(options.html, plansAsHtml(explained));
  const shown = explained.map(one => (options.explain ? one : { plan: one.plan, explanation: undefined }));
  if (options.json) sayJson(shown.map(one => planAsJson(one.plan, one.explanation)));
  else if (options.html !== '-')
    for (const [i, one] of shown.entries()) {
      if (i > 0) say();
      showPlan(one.plan, one.explanation);
    }
  for (const request of requests) {
    const { refusal } = verdictNow(request, library);
    if (refusal) complain(`${paint('yellow', 'apply would be refused', process.stderr)}: ${refusal.message}`);
  }
  return 0;
}
