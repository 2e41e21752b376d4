import { inShort } from '../../errors.ts';
import type { Finding, RuleText } from '../../library/rules.ts';
import type { Place } from '../../model.ts';
import { secretIn } from './secrets.ts';

/** A finding in a sentence: the line, what is asked, and why. A line that holds a secret is not shown. */
export function findingOf(id: string, rule: RuleText, place: Place, text: string | undefined, who = ''): Finding {
  const secret = text === undefined ? undefined : secretIn(text);
  const subject = text === undefined ? who : secret === undefined ? `"${inShort(text)}"` : `a line that holds ${secret}`;
  return { rule: id, severity: rule.severity, place, message: `${subject}: ${sentenceOf(rule)}` };
}

/** What a rule asks, and why, to go on with after a colon. */
const sentenceOf = ({ what, why }: RuleText) =>
  `the rule is that ${what.replace(/^[A-Z](?=[a-z ])/, letter => letter.toLowerCase())}; ${why}`;
