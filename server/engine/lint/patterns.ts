import type { Finding } from '../../library/rules.ts';
import type { LintQuestion, LintRule } from '../../library/written.ts';
import type { Method, Place } from '../../model.ts';
import { findingOf } from './finding.ts';
import type { Planned } from './plans.ts';
import type { Sequence, TypedLine } from './typed.ts';

/** Holds what a plan has typed against the rules that its platform has written. */
export function byPlatform(planned: Planned, sequences: readonly Sequence[]): Finding[] {
  const method = planned.playbook.method as Method;
  return planned.platform.lint.rules
    .filter(({ methods }) => methods?.includes(method) ?? true)
    .flatMap(rule =>
      sequences.filter(({ of }) => rule.of.includes(of)).flatMap(sequence => asked(rule, concerning(rule, sequence, planned), method)),
    );
}

/** The lines that a rule is about. Reads stay in a sequence: a line may have to come after one. */
function concerning({ on }: LintRule, sequence: Sequence, { plan }: Planned): Sequence {
  if (on === undefined) return sequence;
  const name = plan.request.args[on];
  return { ...sequence, lines: sequence.lines.filter(({ about, reads }) => reads || about === name) };
}

function asked(rule: LintRule, { lines, place, of }: Sequence, method: string): Finding[] {
  const own = lines.filter(({ reads }) => !reads || of === 'reads');
  switch (rule.asks.kind) {
    case 'never':
      return own.filter(({ text }) => rule.asks.pattern.test(text)).map(line => found(rule, line.place, line.text));
    case 'needs':
      // What types nothing needs nothing.
      if (own.length === 0 || own.some(({ text }) => rule.asks.pattern.test(text))) return [];
      return [found(rule, place, undefined, of === 'rescue' ? `the rescue of ${method}` : method)];
    case 'with':
      return linesFor(rule.asks, own)
        .filter(({ text }) => !rule.asks.pattern.test(text))
        .map(line => found(rule, line.place, line.text));
    case 'after':
    case 'not_after':
      return outOfOrder(rule.asks, lines).map(line => found(rule, line.place, line.text));
  }
}

const linesFor = ({ line }: Extract<LintQuestion, { line: RegExp }>, lines: readonly TypedLine[]) =>
  lines.filter(({ text }) => line.test(text));

/** What was seen before is remembered for each thing by itself; a read counts for all of them. */
function outOfOrder(asks: Extract<LintQuestion, { kind: 'after' | 'not_after' }>, lines: readonly TypedLine[]): TypedLine[] {
  const seen = new Map<string, boolean>();
  let seenByRead = false;
  const wrong: TypedLine[] = [];
  for (const line of lines) {
    const before = seen.get(line.about) ?? seenByRead;
    if (!line.reads && asks.line.test(line.text) && before === (asks.kind === 'not_after')) wrong.push(line);
    if (asks.kind === 'after' && asks.until?.test(line.text)) seen.set(line.about, false);
    if (!asks.pattern.test(line.text)) continue;
    if (line.reads) {
      seenByRead = true;
      seen.clear();
    } else seen.set(line.about, true);
  }
  return wrong;
}

const found = (rule: LintRule, place: Place, text?: string, who?: string): Finding => findingOf(rule.id, rule, place, text, who);
