import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ScriptLine, script, type When } from '../server/engine/script.ts';
import { at } from '../server/errors.ts';
import { CASES, planOf } from './cases.ts';
import { PLATFORMS, ROOT } from './harness.ts';

/*
 * What each platform types for each method and mode, as text that the network team reviews. `npm run golden` writes the files anew;
 * the diff of test/golden/ is then the review.
 */

const FOLDER = join(import.meta.dirname, 'golden');
const WRITE = process.env.WRITE_GOLDEN === '1';

const HEADINGS: Readonly<Record<When, string>> = {
  login: 'right after login',
  before: 'asked first; if all holds, nothing below is typed',
  change: 'typed',
  commit: 'committed',
  after: 'read back',
  keep: 'kept',
  'if it fails': 'typed only if it fails',
};

describe.each(PLATFORMS)('%s types what the golden files say', platform => {
  it.each(CASES)('for $name', wanted => {
    const planned = planOf(platform, wanted);
    const text = `# ${planned.title}\n${written(script(planned))}`;
    const file = join(FOLDER, platform, `${wanted.name}.txt`);
    if (WRITE) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file), `${relative(ROOT, file)} is missing: npm run golden writes it`).toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });
});

it('has no golden file that nothing writes', () => {
  const wanted = PLATFORMS.flatMap(platform => CASES.map(({ name }) => join(platform, `${name}.txt`)));
  const found = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.txt'));
  expect(found.toSorted()).toEqual(wanted.toSorted());
});

/** Line by line with its mode and where it was written; the place without its line, which any edit above would change. */
function written(lines: readonly ScriptLine[]): string {
  let text = '';
  for (const when of Object.keys(HEADINGS) as When[]) {
    const part = lines.filter(line => line.when === when);
    if (part.length === 0) continue;
    text += `\n# ${HEADINGS[when]}\n`;
    for (const line of part) {
      const file = line.place
        ? at(line.place)
            .replace(/:\d+$/, '')
            .replace(/^(?:playbooks|templates)\/[^/]+\//, '')
        : '';
      text += `${line.mode.padEnd(16)} ${line.sent}   # ${file}\n`;
    }
  }
  return text;
}
