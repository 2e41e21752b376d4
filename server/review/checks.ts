import type { ChangePlan, Check, Place, Step } from '../model.ts';
import { toRanges } from '../vlans.ts';
import type { Part, Row } from './rows.ts';

/** What is held against the device's words, as sentences: a plan with another expectation is another plan, though it types the same. */
export function checksOf(plan: ChangePlan): Row[] {
  const { require, verify, steps, transaction, save, giveBack, rescue } = plan;
  const platformSteps = (own: typeof transaction) =>
    own ? [own.settled, own.diff, own.commit, own.confirm, own.undo, own.discard, own.abandon].flatMap(step => step ?? []) : [];
  return unique([
    ...require.flatMap(step => rowsOf('require', step)),
    ...verify.flatMap(step => rowsOf('verify', step)),
    ...[...steps, ...platformSteps(transaction), ...(save ? [save] : [])].flatMap(step => rowsOf('replies', step)),
    ...(giveBack ? [giveBack.read, ...giveBack.clear, giveBack.into, giveBack.open].flatMap(step => rowsOf('rescue', step)) : []),
    ...(giveBack
      ? [told('rescue', giveBack.read, `what matches ${shownPattern(giveBack.lines)} is typed again`, giveBack.read.source)]
      : []),
    ...(giveBack ? [told('rescue', giveBack.open, `left out if ${shownPattern(giveBack.unless)} was printed`, giveBack.open.source)] : []),
    ...(rescue ? [...rescue.steps, ...rescue.checks].flatMap(step => rowsOf('rescue', step)) : []),
  ]);
}

/** A step that is typed in two places is held to the same twice. */
function unique(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter(({ part, task, text }) => {
    const key = JSON.stringify([part, task, text]);
    return !seen.has(key) && seen.add(key);
  });
}

function rowsOf(part: Part, step: Step): Row[] {
  const { expect, reject, tolerate, answer, retry, lands, source } = step;
  return [
    ...expect.map(check => told(part, step, `must ${shownBy(check)}`, check.place)),
    ...reject.map(check => told(part, step, `must not ${shownBy(check)}`, check.place)),
    ...tolerate.map(pattern => told(part, step, `${shownPattern(pattern)} is no failure`, source)),
    ...answer.map(({ question, answer: text }) =>
      told(part, step, `asked ${shownPattern(question)}, the answer is ${JSON.stringify(text)}`, source),
    ),
    ...(retry ? [told(part, step, `asked up to ${retry.times} times, ${retry.delay / 1000} s apart`, source)] : []),
    ...(lands === undefined ? [] : [told(part, step, `it leaves the session in ${lands}`, source)]),
  ];
}

function told(part: Part, { task, mode, source }: Step, text: string, place: Place): Row {
  return { part, kind: 'told', mode, task, text, place, by: source };
}

function shownBy(check: Check): string {
  const means = check.means === undefined ? '' : `, else: ${check.means}`;
  if (check.kind === 'text') return `show ${shownPattern(check.pattern)}${means}`;
  const { pattern, how, list, under, except } = check;
  const ids = toRanges(list) || 'none';
  const where = under ? ` under ${shownPattern(under)}` : '';
  const but = except.length > 0 ? ` on any but ${except.join(', ')}` : '';
  return `show ${how === 'are' ? 'exactly ' : ''}VLANs ${ids} in ${shownPattern(pattern)}${where}${but}${means}`;
}

/** As it was written, between slashes: the flags are always the same. */
function shownPattern({ source }: RegExp): string {
  return `/${source.replaceAll('\\/', '/')}/`;
}
