import type { ChangePlan } from '../model.ts';
import { ENDS_DETACHED } from './recover.ts';

/** How a change that fails half-way is taken back, in the order in which it is tried. */
export function undoOf({ steps, subject, transaction, giveBack, rescue, request }: ChangePlan): string[] {
  if (steps.length === 0) return [];
  // One that attaches must end detached; the others leave a port that serves as it was, if that can be had.
  const closesAnyway = rescue !== undefined && ENDS_DETACHED.has(request.method);
  const ways = [
    transaction && 'before the commit: what was typed is dropped',
    transaction?.undo && 'after the commit: it is taken back, by itself too if nobody confirms it',
    giveBack && `the switch gets back what it printed for ${subject} before`,
    rescue && `${closesAnyway || (!transaction && !giveBack) ? '' : 'if that does not help: '}${rescue.file} is typed`,
  ];
  return ways.filter(way => typeof way === 'string');
}
