/** A unified diff with three lines of context, as `show session-config diffs` prints one; empty when nothing differs. */
export function unifiedDiff(names: { before: string; after: string }, before: readonly string[], after: readonly string[]): string {
  const edits = editsOf(before, after);
  const hunks = hunksOf(edits);
  if (hunks.length === 0) return '';
  return [`--- ${names.before}`, `+++ ${names.after}`, ...hunks].join('\n');
}

const CONTEXT = 3;

interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
  /** Lines of either side above this one. */
  readonly before: number;
  readonly after: number;
}

function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  const common = commonLengths(before, after);
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]];
    const place = { before: i, after: j };
    if (old !== undefined && old === now) {
      edits.push({ sign: ' ', text: old, ...place });
      i += 1;
      j += 1;
    } else if (old !== undefined && (now === undefined || at(i + 1, j) >= at(i, j + 1))) {
      edits.push({ sign: '-', text: old, ...place });
      i += 1;
    } else if (now !== undefined) {
      edits.push({ sign: '+', text: now, ...place });
      j += 1;
    }
  }
  return edits;
}

/** [i][j]: how many lines the ends of both texts, from i and from j on, have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = table[i] as number[];
      row[j] = before[i] === after[j] ? (table[i + 1]?.[j + 1] ?? 0) + 1 : Math.max(table[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

function hunksOf(edits: readonly Edit[]): string[] {
  const near = edits.map((_, i) => edits.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(edit => edit.sign !== ' '));
  const lines: string[] = [];
  for (let start = near.indexOf(true); start >= 0; ) {
    const length = near.slice(start).indexOf(false);
    const end = length < 0 ? edits.length : start + length;
    const hunk = edits.slice(start, end);
    lines.push(header(hunk), ...hunk.map(edit => `${edit.sign}${edit.text}`));
    start = near.indexOf(true, end);
  }
  return lines;
}

function header(hunk: readonly Edit[]): string {
  const [first] = hunk;
  const old = hunk.filter(edit => edit.sign !== '+').length;
  const now = hunk.filter(edit => edit.sign !== '-').length;
  return `@@ -${(first?.before ?? 0) + 1},${old} +${(first?.after ?? 0) + 1},${now} @@`;
}
