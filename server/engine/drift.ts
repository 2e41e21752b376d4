import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { ChangeError, type Kind } from '../errors.ts';
import type { Library } from '../library/library.ts';
import { canonicalPort } from '../library/ports.ts';
import type { ChangePlan, ChangeRequest } from '../model.ts';
import { plan } from './plan.ts';
import { type Finding, type Patience, survey, type Told } from './survey.ts';
import type { World } from './world.ts';

/** What is asked about, by the names that a person knows it by. A call that nobody understands has a method at most. */
export interface About {
  readonly device?: string;
  /** The port or the LAG by its long name. */
  readonly port?: string;
  readonly vlan?: number;
  /** As it was asked: `reset_port`, where the playbook is detach_port.yml. */
  readonly method: string;
  /** Which of the calls that were given, from 0. */
  readonly index?: number;
  /** The id of the change that once made it so, and when. */
  readonly request?: string;
  readonly time?: string;
}

/** Something that should be so still; or why it is not known what to ask. */
export type Standing =
  | { readonly about: About; readonly request: ChangeRequest }
  | { readonly about: About; readonly failure: ChangeError }
  | { readonly about: About; readonly notKnown: string };

/** Whether it is so. */
export interface Verdict extends About {
  /** What was asked, in the playbook's words. */
  readonly title?: string;
  /** null: it could not be asked. */
  readonly holds: boolean | null;
  /** What differs, one sentence each. */
  readonly misses: readonly string[];
  readonly error?: { readonly kind: Kind | 'not_known'; readonly message: string };
}

/** What a request is about. */
export function aboutRequest({ device, method, args }: Pick<ChangeRequest, 'device' | 'method' | 'args'>, library: Library): About {
  const platform = library.platforms.get(library.devices.get(device)?.platform ?? '');
  const { port, vlan } = args;
  return {
    device,
    ...(typeof port === 'string' ? { port: platform ? canonicalPort(port, platform) : port } : {}),
    ...(typeof vlan === 'number' ? { vlan } : {}),
    method,
  };
}

/** A standing that cannot be asked about. */
export function unclear(about: About, thrown: unknown): Standing {
  if (!(thrown instanceof ChangeError)) throw thrown;
  return { about, failure: thrown };
}

/**
 * Asks devices, read-only, whether what once was asked is so still; verdicts come in the order of the standings. `told` hears of each device
 * when it is done.
 */
export async function judge(
  standings: readonly Standing[],
  { library, world }: { readonly library: Library; readonly world: World },
  patience: Patience,
  told?: Told,
): Promise<Verdict[]> {
  const planned: Planned[] = [];
  for (const standing of standings) {
    planned.push(planOf(standing, library));
    // Some milliseconds each: changes that run meanwhile do not wait for all of them.
    await turnOfTheLoop();
  }
  const plans = planned.flatMap(one => ('plan' in one ? [one.plan] : []));
  const found = new Map((await survey(plans, world, patience, told)).map(finding => [finding.plan, finding]));
  return planned.map(one => {
    if (!('plan' in one)) return unanswered(one);
    const about = { ...one.about, title: one.plan.title };
    const { misses, failure } = found.get(one.plan) as Finding;
    return failure ? unanswered({ about, failure }) : { ...about, holds: misses.length === 0, misses };
  });
}

type Unplanned = Exclude<Standing, { readonly request: ChangeRequest }>;
type Planned = { readonly about: About; readonly plan: ChangePlan } | Unplanned;

function planOf(standing: Standing, library: Library): Planned {
  if (!('request' in standing)) return standing;
  const { about, request } = standing;
  try {
    return { about, plan: plan(request, library) };
  } catch (thrown) {
    return unclear(about, thrown) as Unplanned;
  }
}

function unanswered(standing: Unplanned): Verdict {
  const error =
    'failure' in standing
      ? { kind: standing.failure.kind, message: standing.failure.message }
      : { kind: 'not_known' as const, message: `it is not known what it should be: ${standing.notKnown}` };
  return { ...standing.about, holds: null, misses: [], error };
}
