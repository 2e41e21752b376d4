import { expect, it } from 'vitest';
import { changedLines } from '../../server/engine/diff.ts';
import fc from '../chance.ts';
import { worked } from '../worked.ts';

const BEFORE = 'interface p1\n shutdown\n switchport mode access\n!';

it.each([
  ['nothing, of equal texts', BEFORE, BEFORE, ''],
  ['nothing, of two empty texts', '', '', ''],
  ['a line that went', BEFORE, 'interface p1\n switchport mode access\n!', '- shutdown'],
  ['a line that came', BEFORE, `${BEFORE}\nend`, '+end'],
  ['a line that became another', BEFORE, BEFORE.replace('access', 'trunk'), '- switchport mode access\n+ switchport mode trunk'],
  ['a line that moved', 'a\nb\nc', 'b\nc\na', '-a\n+a'],
  ['one of two equal lines', 'a\na', 'a', '-a'],
  ['a text where there was none', '', 'a\nb', '+a\n+b'],
  ['none where there was a text', 'a\nb', '', '-a\n-b'],
  ['a difference of spaces', ' a', '  a', '- a\n+  a'],
])('shows %s', (_what, before, after, shown) => {
  expect(changedLines(before, after)).toBe(shown);
});

it('shows as few lines as there can be, and leaves the same text on both sides', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ' d'), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = changedLines(before.join('\n'), after.join('\n')).split('\n');
      const removed = lines.filter(line => line.startsWith('-')).map(line => line.slice(1));
      const added = lines.filter(line => line.startsWith('+')).map(line => line.slice(1));
      expect(less(before, removed)).toEqual(less(after, added));
      expect(removed.length).toBe(before.length - longestCommon(before, after));
      expect(added.length).toBe(after.length - longestCommon(before, after));
    }),
    { numRuns: 500 },
  );
});

it('is quick about a long text of which little changed, as the VLANs of a whole switch', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `vlan ${i}`);
  const after = lines.toSpliced(9999, 2, 'vlan new').toSpliced(10_100, 0, 'vlan other');
  const shown = () => changedLines(lines.join('\n'), after.join('\n'));
  expect(await worked(() => expect(shown()).toBe('-vlan 9999\n-vlan 10000\n+vlan new\n+vlan other'))).toBeLessThan(2000);
});

it('does not run out of memory over two long texts that have nothing in common', () => {
  const text = (name: string) => Array.from({ length: 30_000 }, (_, i) => `${name} ${i}`).join('\n');
  const lines = changedLines(text('a'), text('b')).split('\n');
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([60_000, '-a 0', '+b 29999']);
});

/** What is left of the lines, sorted, without those of `gone`. */
function less(lines: readonly string[], gone: readonly string[]): string[] {
  const left = [...lines];
  for (const line of gone) left.splice(left.indexOf(line), 1);
  return left.sort();
}

function longestCommon([a, ...as]: readonly string[], b: readonly string[]): number {
  if (a === undefined || b.length === 0) return 0;
  const at = b.indexOf(a);
  return Math.max(longestCommon(as, b), at < 0 ? 0 : 1 + longestCommon(as, b.slice(at + 1)));
}
