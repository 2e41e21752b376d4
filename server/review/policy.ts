import { aligned } from '../engine/diff.ts';
import { at } from '../errors.ts';
import type { Library } from '../library/library.ts';
import type { Rule } from '../library/lists.ts';
import type { Place } from '../model.ts';

/** A rule of the policy, or a freeze, that is there before an edit or after it only. */
export interface RuleChange {
  readonly effect: 'new' | 'gone';
  readonly text: string;
  readonly place: Place;
}

/** What is different about who may have what done: the order of rules counts, where they stand does not. */
export function changedRules(before: Library, after: Library): RuleChange[] {
  const [old, now] = [rulesOf(before), rulesOf(after)];
  return aligned(
    old.map(({ text }) => text),
    now.map(({ text }) => text),
  ).flatMap(([i, j]): RuleChange[] => {
    if (i !== undefined && j !== undefined) return [];
    const rule = i === undefined ? now[j ?? 0] : old[i];
    return rule ? [{ effect: i === undefined ? 'new' : 'gone', ...rule }] : [];
  });
}

function rulesOf({ policy, freeze }: Library): { text: string; place: Place }[] {
  const kept = policy?.protectedVlans;
  return [
    ...(policy && policy.rules.length === 0 ? [{ text: 'nobody may have anything done', place: { file: policy.file, line: 1 } }] : []),
    ...(kept ? [{ text: `protected VLANs: ${kept.vlans.text}`, place: kept.place }] : []),
    ...(policy?.protectedPorts ?? []).map(({ place, devices, ports }) => ({
      text: `protected ports of ${devices.text}: ${ports.text}`,
      place,
    })),
    ...(policy?.rules ?? []).map(rule => ({ text: ruleText(rule), place: rule.place })),
    ...(freeze?.now() ?? []).map(({ place, reason, devices }) => ({ text: `freeze of ${devices.text}: ${reason}`, place })),
  ];
}

function ruleText({ deny, callers, devices, ports, methods, vlans, networkTypes }: Rule): string {
  const lists = { callers, devices, ports, methods, vlans, network_types: networkTypes };
  const said = Object.entries(lists).flatMap(([name, list]) => (list === undefined ? [] : [`${name}: ${list.text}`]));
  return `${deny === undefined ? 'allow' : `deny (${deny})`} ${said.length > 0 ? said.join('; ') : 'everything'}`;
}

/** `+ allow callers: ironic  inventory/policy.yml:4` */
export function toldRule({ effect, text, place }: RuleChange): string {
  return `${effect === 'new' ? '+' : '-'} ${text}  ${at(place)}`;
}
