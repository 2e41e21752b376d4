/** So many pairs of lines are compared at most; beyond, what lies between the common ends is shown as replaced. */
const MOST_PAIRS = 4_000_000;

/**
 * What changed between two readings of the same thing: removed lines with -, added ones with +, in order.
 * Lines are compared whole; empty when nothing changed.
 */
export function changedLines(before: string, after: string): string {
  const [a, b] = [linesOf(before), linesOf(after)];
  return aligned(a, b)
    .flatMap(([i, j]) => (j === undefined ? [`-${a[i ?? 0]}`] : i === undefined ? [`+${b[j]}`] : []))
    .join('\n');
}

/** Both readings as one list: removed lines with -, added ones with +, those that are in both with a blank. */
export function allLines(before: readonly string[], after: readonly string[]): string[] {
  return aligned(before, after).map(([i, j]) => (j === undefined ? `-${before[i ?? 0]}` : `${i === undefined ? '+' : ' '}${after[j]}`));
}

/** Where an item stands in the one list and in the other; undefined where it is not in that one. */
export type Pair = readonly [before: number | undefined, after: number | undefined];

/** Two lists side by side, in order, by their longest common subsequence. What was removed comes before what took its place. */
export function aligned(before: readonly string[], after: readonly string[]): Pair[] {
  const [head, a, b] = withoutCommonEnds(before, after);
  const common = a.length * b.length > MOST_PAIRS ? [] : lengths(a, b);
  const out: Pair[] = Array.from({ length: head }, (_, i) => [i, i]);
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) out.push([head + i++, head + j++]);
    else if (j >= b.length || (i < a.length && at(common, i + 1, j) >= at(common, i, j + 1))) out.push([head + i++, undefined]);
    else out.push([undefined, head + j++]);
  }
  for (let nth = head + a.length; nth < before.length; nth += 1) out.push([nth, nth - a.length + b.length]);
  return out;
}

const linesOf = (text: string) => (text === '' ? [] : text.split('\n'));

/** Most of a long output did not change, and what is equal at both ends need not be compared with all the rest. */
function withoutCommonEnds(a: readonly string[], b: readonly string[]): [head: number, a: readonly string[], b: readonly string[]] {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  return [head, a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
}

type Table = readonly (readonly number[])[];

const at = (table: Table, i: number, j: number) => table[i]?.[j] ?? 0;

/** lengths[i][j]: how many lines a[i…] and b[j…] have in common, in order. */
function lengths(a: readonly string[], b: readonly string[]): Table {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = table[i];
      if (row) row[j] = a[i] === b[j] ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}
