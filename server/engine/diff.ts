/** So many pairs of lines are compared at most; beyond, what lies between the common ends is shown as replaced. */
const MOST_PAIRS = 4_000_000;

/**
 * What changed between two readings of the same thing: removed lines with -, added ones with +, in order (longest common subsequence).
 * Lines are compared whole; empty when nothing changed.
 */
export function changedLines(before: string, after: string): string {
  return allLines(...withoutCommonEnds(linesOf(before), linesOf(after)))
    .filter(line => !line.startsWith(' '))
    .join('\n');
}

/** Both readings as one list: removed lines with -, added ones with +, those that are in both with a blank. */
export function allLines(a: readonly string[], b: readonly string[]): string[] {
  const common = a.length * b.length > MOST_PAIRS ? [] : lengths(a, b);
  const out: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push(` ${a[i++]}`);
      j += 1;
    } else if (j >= b.length || (i < a.length && at(common, i + 1, j) >= at(common, i, j + 1))) out.push(`-${a[i++]}`);
    else out.push(`+${b[j++]}`);
  }
  return out;
}

const linesOf = (text: string) => (text === '' ? [] : text.split('\n'));

/** Most of a long output did not change, and what is equal at both ends need not be compared with all the rest. */
function withoutCommonEnds(a: readonly string[], b: readonly string[]): [readonly string[], readonly string[]] {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  return [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
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
