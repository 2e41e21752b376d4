import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../harness.ts';
import { mercury } from './run.ts';

/*
 * What the pages show of plans and refusals is what the commands print: every line, in order; an ellipsis stands for any number of lines.
 */

interface Example {
  readonly page: string;
  readonly command: string;
  readonly shown: readonly string[];
}

const PAGES = ['README.md', 'playbooks/README.md', 'inventory/README.md', 'server/rpc/README.md', 'server/review/README.md'];

/** `$ mercury plan …` and what stands under it, out of every console block. */
const EXAMPLES: readonly Example[] = PAGES.flatMap(page => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/```console\n([\s\S]*?)```/g)].map(match => match[1] ?? '');
  return blocks.flatMap(block =>
    block
      .split(/^\$ /m)
      .filter(part => /^(?:npm run -s mercury --|mercury) plan (?!--request)/.test(part))
      .map(part => {
        const [command = '', ...shown] = part.trimEnd().split('\n');
        return { page, command: command.replace(/^(?:npm run -s mercury --|mercury) /, ''), shown };
      }),
  );
});

describe('the pages', () => {
  it('have examples to hold to', () => expect(EXAMPLES.length).toBeGreaterThan(3));

  it.each(EXAMPLES)('$page: $command', async ({ command, shown }) => {
    const { out, err } = await mercury(wordsOf(command));
    const printed = `${out}${err}`
      .trimEnd()
      .split('\n')
      .map(line => line.trimEnd());
    let at = 0;
    for (const [nth, line] of shown.entries()) {
      if (line.trim() === '…') continue;
      const found = printed.indexOf(line.trimEnd(), at);
      expect({ line, found: found >= 0 }, `not printed there: ${line}`).toEqual({ line, found: true });
      // Without an ellipsis before it, it is the very next line.
      const skipped = shown[nth - 1]?.trim() === '…';
      if (!skipped && line.trim() !== '') expect(found === at || printed.slice(at, found).every(blank => blank === '')).toBe(true);
      at = found + 1;
    }
  });
});

/** As a shell would, as far as the pages go: words, and words in single quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(match => match[1] ?? match[2] ?? '');
}
