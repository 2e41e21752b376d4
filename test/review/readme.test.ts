import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { readSamples } from '../../server/review/sample-file.ts';
import { ROOT } from '../harness.ts';
import { Tree } from './tree.ts';

const PAGE = readFileSync(join(ROOT, 'server/review/README.md'), 'utf8');
const tree = new Tree();
afterAll(() => tree[Symbol.dispose]());
afterEach(() => tree.restore());

const blocksOf = (language: string) =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(match => match[1] ?? '');

/** `$ edit`, then `$ mercury review …` and what it prints. */
const EXAMPLES = blocksOf('console').flatMap(block => {
  const [, edit, words, shown] = /^\$ (sed .*)\n\$ mercury (review .*)\n([\s\S]*)$/.exec(block) ?? [];
  return edit === undefined || words === undefined || shown === undefined ? [] : [{ edit, words, shown }];
});

describe('the page about reviews', () => {
  it('has examples to hold to', () => expect(EXAMPLES).toHaveLength(2));

  it.each(EXAMPLES)('shows what is printed after $edit', async ({ edit, words, shown }) => {
    execFileSync('sh', ['-c', edit], { cwd: tree.path });
    const { out } = await tree.run(words.split(' '));
    // The commit is another one here.
    const printed = out.replace(/\(\w{8}\)/, '(84f10ec1)');
    let at = 0;
    for (const part of shown.split('\n…\n')) {
      const found = printed.indexOf(part, at);
      expect(found, `not printed there:\n${part}\nbut:\n${printed.slice(at)}`).toBeGreaterThanOrEqual(at);
      at = found + part.length;
    }
    expect(printed.slice(at).trim()).toBe('');
  });

  it('has YAML that can be read, and a sample that is one', () => {
    const [sample = '', ...jobs] = blocksOf('yaml');
    expect(jobs.map(job => Object.keys(load(job) as object).includes('jobs') || 'review' in (load(job) as object))).toEqual([true, true]);
    tree.write('sample.yml', sample);
    const [asked] = readSamples(tree.path, tree.path);
    expect(asked?.name).toBe('the storage network of rack 4');
  });

  it('leads to files that are there', () => {
    const links = [...PAGE.matchAll(/\]\(([^)#]+)\)/g)].map(match => match[1] ?? '');
    expect(links.filter(link => !existsSync(join(ROOT, 'server/review', link)))).toEqual([]);
    expect(links.length).toBeGreaterThan(1);
  });
});
