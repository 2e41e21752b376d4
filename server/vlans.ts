/** Lists of VLAN ids, as people and switches write them. Pure; used by plans, checks and the lab alike. */

export const FIRST_VLAN = 1;
export const LAST_VLAN = 4094;

/** Ascending and without duplicates. */
export function toSet(ids: Iterable<number>): number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** [first, last] pairs of an ascending list: [5, 6, 7, 9] → [[5, 7], [9, 9]]. */
export function toPairs(ids: readonly number[]): [number, number][] {
  const pairs: [number, number][] = [];
  for (const id of toSet(ids)) {
    const last = pairs.at(-1);
    if (last && last[1] === id - 1) last[1] = id;
    else pairs.push([id, id]);
  }
  return pairs;
}

/** `100,200-202`: the shortest list text. */
export function toRanges(ids: readonly number[], separator = ','): string {
  return toPairs(ids)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
    .join(separator);
}

/**
 * Reads a list in any notation that switches print: `10,20-30`, `10 20-30`, `[10, 20]`, `ALL`, `none`, empty.
 * Answers undefined for text that is no list of VLAN ids at all.
 */
export function readRanges(text: string): number[] | undefined {
  const bare = text.replace(/[[\]{}"]/g, ' ').trim();
  if (bare === '' || /^none$/i.test(bare)) return [];
  if (/^all$/i.test(bare)) return span(FIRST_VLAN, LAST_VLAN);
  const ids: number[] = [];
  for (const part of bare.split(/[\s,]+/).filter(text => text !== '')) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    if (!match) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (first > last || last > 4095) return undefined;
    ids.push(...span(first, last));
  }
  return toSet(ids);
}

export function span(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
