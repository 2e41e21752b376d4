import { type Finding, OWN_RULES, type OwnRule } from '../../library/rules.ts';
import type { Check, Place, Step, Value } from '../../model.ts';
import { toRanges } from '../../vlans.ts';
import { findingOf } from './finding.ts';
import { callOf, type Planned } from './plans.ts';

/** What proves a change, and what closes the port if there is no proof. */
export function byProofs(planned: Planned): Finding[] {
  const { plan, playbook } = planned;
  // What types nothing has nothing to prove.
  if (plan.steps.length === 0) return [];
  const found = (rule: OwnRule, place: Place, who: string) => findingOf(rule, OWN_RULES[rule], place, undefined, who);
  const call = callOf(plan.request);
  const missing = vlansOf(planned).filter(id => !plan.verify.some(step => names(step, id)));
  const halves = ON_NETWORKS.has(playbook.method) ? plan.verify.flatMap(({ expect }) => expect.filter(isHalf)) : [];
  return [
    ...(missing.length === 0
      ? []
      : [
          found(
            'verify-names-vlan',
            plan.verify[0]?.source ?? playbook.source,
            `${call}: verify does not look for VLAN ${toRanges(missing)}`,
          ),
        ]),
    ...halves.map(check => found('verify-whole-list', check.place, call)),
    ...(hasWayBack(planned) ? [] : [found('has-rescue', playbook.source, `${playbook.method} has no rescue`)]),
  ];
}

const ON_NETWORKS: ReadonlySet<string> = new Set(['attach_port', 'update_port', 'attach_lag', 'join_lag']);
/** A failed one must end detached, whatever the transaction can do. */
const ATTACHES: ReadonlySet<string> = new Set(['attach_port', 'attach_lag', 'join_lag']);
const CHANGES_A_PORT: ReadonlySet<string> = new Set([...ATTACHES, 'update_port', 'detach_port']);

/** The VLANs that a call names. */
function vlansOf({
  plan: {
    request: { args },
  },
}: Planned): number[] {
  const named = [args.native_vlan, args.allowed_vlans, args.default_vlan, args.vlan].flatMap(value =>
    Array.isArray(value) ? value : [value],
  );
  return named.filter((value: Value | undefined): value is number => typeof value === 'number');
}

/** By what is asked, or by what the answer must or must not show. */
function names(step: Step, id: number): boolean {
  const itself = new RegExp(`(?<!\\d)${id}(?!\\d)`);
  const told = (check: Check) => itself.test(check.pattern.source) || (check.kind === 'vlans' && check.list.includes(id));
  return [...step.expect, ...step.reject].some(told) || (hasChecks(step) && step.lines.some(({ text }) => itself.test(text)));
}

const hasChecks = ({ expect, reject }: Step) => expect.length + reject.length > 0;
const isHalf = (check: Check) => check.kind === 'vlans' && check.how === 'hold';

function hasWayBack({ plan, playbook }: Planned): boolean {
  if (plan.rescue !== undefined || !CHANGES_A_PORT.has(playbook.method)) return true;
  return !ATTACHES.has(playbook.method) && plan.transaction !== undefined;
}
