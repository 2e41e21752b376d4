import { type Change, type DiffRow, type Effect, isDifferent, partOf } from './compare.ts';
import { PARTS, type Part } from './rows.ts';

/** What changed in a part of a plan, with some lines around it; `gap`: so many lines that are the same were left out. */
export interface Hunk {
  readonly part: Part;
  readonly heading: string;
  readonly rows: readonly (DiffRow | { readonly gap: number })[];
}

/** What is told of a plan that is whole on one side only: why, or what is typed. */
const ESSENCE: Readonly<Partial<Record<Effect, readonly Part[]>>> = {
  refused: ['refused'],
  gone: [],
  allowed: ['refused', 'change', 'commit', 'after', 'keep'],
  new: ['refused', 'change', 'commit', 'after', 'keep'],
};

/** Parts in which nothing changed are left out. @param context lines that are kept on either side of a change */
export function hunksOf({ rows, effect }: Pick<Change, 'rows' | 'effect'>, context = 2): Hunk[] {
  return (ESSENCE[effect] ?? (Object.keys(PARTS) as Part[])).flatMap(part => {
    const own = rows.filter(row => partOf(row) === part);
    if (!own.some(isDifferent)) return [];
    const near = own.map((_, i) => own.slice(Math.max(0, i - context), i + context + 1).some(isDifferent));
    const shown: (DiffRow | { gap: number })[] = [];
    for (const [i, row] of own.entries()) {
      const last = shown.at(-1);
      if (near[i]) shown.push(row);
      else if (last && 'gap' in last) last.gap += 1;
      else shown.push({ gap: 1 });
    }
    return [{ part, heading: PARTS[part].heading, rows: shown }];
  });
}
