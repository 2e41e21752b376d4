import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { reviewOf } from '../../server/cli/review.ts';
import { asMarkdown, MARK } from '../../server/review/markdown.ts';
import { Folder } from '../cli/run.ts';
import { Tree } from './tree.ts';

const tree = new Tree();
afterAll(() => tree[Symbol.dispose]());
afterEach(() => tree.restore());

const markdown = (most?: number) => asMarkdown(reviewOf({ root: tree.path, base: 'main' }), most);
/** Rows of the first table: `| a | b |` without its head. */
const rowsOf = (text: string) =>
  (text.split('\n\n').find(block => block.startsWith('| platform')) ?? '')
    .split('\n')
    .slice(2)
    .map(row => row.slice(2, -2).split(' | '));

describe('the comment on a change', () => {
  it('names exactly the platforms, methods, samples, devices and lines that an edited template changes', () => {
    tree.edit(
      'templates/cisco_ios/edge.hbs',
      '  switchport nonegotiate\n',
      '  switchport nonegotiate\n  storm-control broadcast level 1.00\n',
    );
    const text = markdown();
    expect(text.startsWith(`${MARK}\n\n**compared with main (`)).toBe(true);
    expect(rowsOf(text)).toEqual([
      ['`cisco_ios`', '`attach_port`', 'typed', 'all 5 samples', 'access-101'],
      ['`cisco_ios`', '`update_port`', 'typed', 'all 3 samples', 'access-101'],
      ['`cisco_ios`', '`attach_lag`', 'typed', 'all 5 samples', 'access-101'],
      ['`cisco_ios`', '`join_lag`', 'typed', 'all 4 samples', 'access-101'],
    ]);
    const marked = text.split('\n').filter(line => /^[-+] /.test(line));
    expect(new Set(marked)).toEqual(
      new Set(marked.filter(line => /^\+ storm-control broadcast level 1\.00 +# templates\/cisco_ios\/edge\.hbs:5$/.test(line))),
    );
    // join_lag types it for the LAG and for its member.
    expect(marked).toHaveLength(5);
  });

  it('says that nothing changes where a comment did', () => {
    tree.edit('templates/cisco_ios/edge.hbs', '{{!', '{{! (seen)');
    expect(markdown()).toMatch(
      /^<!-- mercury review -->\n\n\*\*nothing changes: \d+ plans are the same as at main \\?\(\w+\); 1 file differs\*\*\n$/,
    );
  });

  it('goes into a file, beside what the terminal shows', async () => {
    using folder = new Folder();
    tree.edit('inventory/example.yml', '192.0.2.201', '192.0.2.202');
    const { out, status } = await tree.run(['review', '--markdown', join(folder.path, 'comment.md')]);
    expect(status).toBe(11);
    expect(out).toContain('address: 192.0.2.201 → 192.0.2.202');
    expect(readFileSync(join(folder.path, 'comment.md'), 'utf8')).toContain('| `leaf-201` | `address` | `192.0.2.201` | `192.0.2.202` |');
    const alone = await tree.run(['review', '--markdown', '-']);
    expect(alone.out.startsWith(MARK)).toBe(true);
  });

  it.each([1200, 4000, 20_000])('stays below %i bytes, with whole folds, and says what is left out', most => {
    tree.edit('inventory/example.yml', 'describe: true', 'describe: false');
    const text = markdown(most);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(most);
    expect(text).toMatch(/\d+ parts more did not fit here/);
    const count = (what: string) => text.split(what).length;
    expect(count('<details>')).toBe(count('</details>'));
    expect(count('```')).toBe(2 * count('<details>') - 1);
  });

  it('tells an edit of a group once, for all of its devices', () => {
    tree.edit('inventory/example.yml', 'describe: true ', 'describe: false ');
    expect(markdown()).toContain('| `access-101, leaf-201, leaf-301, leaf-401` | `vars.describe` | `true` | `false` |');
  });

  it('shows hostile text as text: nothing ends a fence or a cell, nobody is called', () => {
    const hostile = "@everyone </details> | ```` <script>alert('x')</script> **b**";
    tree.edit('templates/arista_eos/edge.hbs', '  spanning-tree portfast\n', `  ${hostile}\n`);
    tree.edit('inventory/example.yml', 'address: 192.0.2.201\n', `address: ${JSON.stringify(hostile)}\n`);
    const text = markdown();
    const [before, ...fences] = text.split('`````diff\n');
    expect(fences.length).toBeGreaterThan(1);
    for (const fence of fences) expect(fence.split('\n`````\n')).toHaveLength(2);
    const cell = "````` @everyone </details> \\| ```` <script>alert('x')</script> **b** `````";
    expect(before).toContain(`| \`leaf-201\` | \`address\` | \`192.0.2.201\` | ${cell} |`);
    // Code is shown as it is; lint quotes the line as well.
    const outside = [before, ...fences.map(fence => fence.split('\n`````\n')[1])].join('').replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
    expect(outside).toContain('| platform | method |');
    expect(outside).not.toMatch(/@|<script/);
  });
});
