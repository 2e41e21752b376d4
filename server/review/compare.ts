import { aligned } from '../engine/diff.ts';
import type { Method } from '../model.ts';
import { ASPECTS, type Aspect, PARTS, type Row, rowKey, type Sheet, wordsOf } from './rows.ts';

/** How the answer to a request is different. `words`: the device sees no difference, the log and the audit do. */
export type Effect = 'changed' | 'allowed' | 'refused' | 'new' | 'gone' | 'words';

/** A row on one side, or the same on both. */
export interface DiffRow {
  readonly before?: Row;
  readonly after?: Row;
}

/** What is different in the same way for some samples of a method on some devices. */
export interface Change {
  readonly platform: string;
  readonly method: Method;
  readonly effect: Effect;
  readonly aspects: readonly Aspect[];
  readonly samples: readonly string[];
  readonly devices: readonly string[];
  /** Of the first sample, whole: what is the same too. */
  readonly title: string;
  readonly file?: string | undefined;
  readonly rows: readonly DiffRow[];
  /** Names of tasks that are called otherwise. */
  readonly words: { readonly before: readonly string[]; readonly after: readonly string[] };
}

/** undefined: they are the same, wherever they are written. */
export function difference(
  before: Sheet | undefined,
  after: Sheet | undefined,
): Pick<Change, 'effect' | 'aspects' | 'rows' | 'words'> | undefined {
  // What nobody could have asked for is no loss, nor is it new.
  if ([before, after].every(sheet => sheet?.refused ?? true) && !(before && after)) return undefined;
  const rows = sideBySide(before?.rows ?? [], after?.rows ?? []);
  const changed = rows.filter(isDifferent);
  const words = { before: onlyIn(before, after), after: onlyIn(after, before) };
  if (changed.length === 0 && words.before.length + words.after.length === 0) return undefined;
  const touched = new Set(changed.map(row => PARTS[partOf(row)].aspect));
  return { effect: effectOf(before, after, changed.length > 0), aspects: ASPECTS.filter(aspect => touched.has(aspect)), rows, words };
}

export const isDifferent = ({ before, after }: DiffRow) => before === undefined || after === undefined;

/** Of either side: both are of one part where both are there. */
export function partOf({ before, after }: DiffRow): Row['part'] {
  return (after ?? before)?.part ?? 'change';
}

function effectOf(before: Sheet | undefined, after: Sheet | undefined, isChanged: boolean): Effect {
  if (!before) return 'new';
  if (!after) return 'gone';
  if (before.refused !== after.refused) return after.refused ? 'refused' : 'allowed';
  return isChanged ? 'changed' : 'words';
}

function onlyIn(one: Sheet | undefined, other: Sheet | undefined): string[] {
  // What is typed at all is another matter than how it is called.
  if (!one || !other || one.refused || other.refused) return [];
  const known = new Set(wordsOf(other).split('\n'));
  return [...new Set(wordsOf(one).split('\n'))].filter(text => !known.has(text));
}

/** Part by part: a command that is typed elsewhere now was removed there and added here. */
function sideBySide(before: readonly Row[], after: readonly Row[]): DiffRow[] {
  return (Object.keys(PARTS) as Row['part'][]).flatMap(part => {
    const [old, now] = [before.filter(row => row.part === part), after.filter(row => row.part === part)];
    return aligned(old.map(rowKey), now.map(rowKey)).map(([i, j]): DiffRow => {
      const [a, b] = [i === undefined ? undefined : old[i], j === undefined ? undefined : now[j]];
      return { ...(a ? { before: a } : {}), ...(b ? { after: b } : {}) };
    });
  });
}

/** Those that differ in the same way are one change, told once. */
export function merged(changes: readonly Change[]): Change[] {
  const keyOf = ({ platform, method, effect, rows }: Change) => {
    const told = effect === 'refused' ? rows.filter(row => partOf(row) === 'refused') : rows.filter(isDifferent);
    return JSON.stringify([platform, method, effect, told.map(({ before, after }) => [before && rowKey(before), after && rowKey(after)])]);
  };
  return [...Map.groupBy(changes, keyOf).values()].flatMap(group => {
    const [first] = group;
    if (!first) return [];
    return [
      {
        ...first,
        samples: [...new Set(group.flatMap(({ samples }) => samples))],
        devices: [...new Set(group.flatMap(({ devices }) => devices))],
      },
    ];
  });
}
