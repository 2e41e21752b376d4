import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Kind, MEANINGS } from '../../server/errors.ts';
import { ROOT } from '../harness.ts';
import { Running } from './run.ts';

const KINDS = Object.keys(MEANINGS) as Kind[];

const from = (file: string) => JSON.stringify(join(ROOT, 'server', file));
const SHOW_ALL = `
  import { showError } from ${from('cli/show.ts')};
  import { ChangeError, MEANINGS } from ${from('errors.ts')};
  for (const kind of Object.keys(MEANINGS)) {
    process.stderr.write('\\n' + kind + '\\n');
    showError(new ChangeError(kind, 'what happened'), false, 'apply');
  }
`;

/** What a person reads of a failure of each kind: what happened, then what to do next. */
const told = new Map<string, string[]>();
beforeAll(async () => {
  await using shown = new Running(process.execPath, ['--input-type=module', '--eval', SHOW_ALL]);
  const { err } = await shown.ended;
  for (const text of err.trim().split('\n\n')) {
    const [kind = '', ...lines] = text.split('\n');
    told.set(kind, lines);
  }
});

describe('a failure at the terminal', () => {
  it.each(KINDS)('of the kind %s ends on what to do next', kind => {
    const [what, ...next] = told.get(kind) ?? [];
    expect(what).toMatch(/: what happened$/);
    expect(next.join(' ')).toMatch(/^["A-Z].+\.$/);
  });

  it('has a next step of its own for each kind', () => {
    expect(new Set([...told.values()].map(([, ...next]) => next.join(' '))).size).toBe(KINDS.length);
  });
});
