import type { LintList } from '../../library/written.ts';
import type { Place, Step } from '../../model.ts';
import type { Planned } from './plans.ts';

/** A line of a plan, and what it is about. */
export interface TypedLine {
  readonly text: string;
  readonly place: Place;
  /** Asked, not configured: it is about nothing in particular. */
  readonly reads: boolean;
  /** By the platform's `under`; empty before any such line. */
  readonly about: string;
}

/** Lines in the order they are typed, and the list they come from. */
export interface Sequence {
  readonly of: LintList;
  readonly lines: readonly TypedLine[];
  /** Where the list stands, for what is missing in it. */
  readonly place: Place;
}

/** What a plan has typed, change by change, and all that it reads. */
export function sequencesOf({ plan, platform, playbook }: Planned): Sequence[] {
  const { under } = platform.lint;
  const { rescue } = plan;
  const isRead = (step: Step) => plan.readMode !== plan.configMode && step.mode === plan.readMode;
  const reads = [...plan.require, ...plan.verify, ...(rescue?.checks ?? [])];
  const place = rescue?.steps[0]?.source ?? playbook.source;
  return [
    { of: 'tasks', lines: linesOf(plan.steps, under, isRead), place: playbook.source },
    ...(rescue ? [{ of: 'rescue' as const, lines: linesOf(rescue.steps, under, isRead), place }] : []),
    { of: 'reads', lines: linesOf([...reads, ...plan.steps.filter(isRead)], undefined, () => true), place: playbook.source },
  ];
}

function linesOf(steps: readonly Step[], under: RegExp | undefined, isRead: (step: Step) => boolean): TypedLine[] {
  let about = '';
  return steps.flatMap(step =>
    step.lines.map(({ text, place }): TypedLine => {
      const reads = isRead(step);
      if (!reads) about = under?.exec(text)?.[1] ?? about;
      return { text, place, reads, about };
    }),
  );
}
