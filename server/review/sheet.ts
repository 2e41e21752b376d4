import { plan } from '../engine/plan.ts';
import { PLATFORM_STEPS, script } from '../engine/script.ts';
import { undoOf } from '../engine/undo.ts';
import { ChangeError } from '../errors.ts';
import type { Library } from '../library/library.ts';
import type { ChangePlan, ChangeRequest, Place } from '../model.ts';
import { checksOf } from './checks.ts';
import type { Row, Sheet } from './rows.ts';

/** A request as it would be carried out, or why it would be refused. Pure. */
export function sheetOf(request: ChangeRequest, library: Library): Sheet {
  try {
    return planned(plan(request, library));
  } catch (thrown) {
    if (!(thrown instanceof ChangeError) || thrown.kind === 'internal') throw thrown;
    return refusal(thrown);
  }
}

export function planned(made: ChangePlan): Sheet {
  const typed = script(made).map(
    ({ when, task, mode, sent, place, by }): Row => ({ part: when, kind: 'sent', mode, task: named(task, by), text: sent, place, by }),
  );
  const ways = undoOf(made).map((text): Row => ({ part: 'undo', kind: 'told', mode: '', task: '', text }));
  return { title: made.title, file: made.file, rows: [...typed, ...checksOf(made), ...ways], refused: false };
}

/** What a platform's own step is, where it has no name but its key. */
function named(task: string, by: Place | undefined): string {
  return by?.file.endsWith('/platform.yml') ? (PLATFORM_STEPS[task] ?? task) : task;
}

/** Nothing is typed, and a sentence says why. */
export function refusal({ message }: ChangeError): Sheet {
  return { title: 'Refused', rows: [{ part: 'refused', kind: 'told', mode: '', task: '', text: message }], refused: true };
}
