import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lint, rulesOf } from '../../server/engine/lint/lint.ts';
import { ROOT } from '../harness.ts';
import { altered, LibraryOnDisk, PLATFORM_FILE } from '../library/files.ts';

const PAGE = readFileSync(join(ROOT, 'playbooks', 'LINT.md'), 'utf8');

it('LINT.md tells every rule in the words of `mercury lint --rules`, in its order', () => {
  const { library } = lint({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' });
  const rows = rulesOf(library).map(({ id, what, why }) => `| \`${id}\` | ${what} | ${why} |`);
  const [, table] = /\| Rule \| Asks \| Because \|\n\|---\|---\|---\|\n([\s\S]*?)\n\n/.exec(PAGE) ?? [];
  expect(table).toBe(rows.join('\n'));
});

it('LINT.md shows a platform’s `lint:` that can be read', () => {
  const [, block = ''] = /```yaml\n(lint:\n[\s\S]*?)```/.exec(PAGE) ?? [];
  using library = new LibraryOnDisk(altered(PLATFORM_FILE, 'vlans:', `${block}vlans:`));
  expect(lint(library.folders).complaints).toEqual([]);
});
