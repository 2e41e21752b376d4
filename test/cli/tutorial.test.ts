import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../harness.ts';
import { Tree } from '../kit/tree.ts';
import { Folder, MAIN, plainEnvironment } from './run.ts';

/*
 * The tutorial is followed to the letter: its commands are run in a copy of the tree, one after the other, its files are written, and what it
 * shows must be what is printed. An ellipsis stands for any number of lines; how long something took is not looked at.
 */

type Part = { readonly file: string; readonly text: string } | { readonly command: string; readonly shown: readonly string[] };

/** Files and commands of a page, in its order. */
function partsOf(page: string): Part[] {
  const blocks = [...page.matchAll(/```(console|yaml)\n([\s\S]*?)```/g)];
  return blocks.flatMap(([, kind, text = '']): Part[] => {
    if (kind === 'yaml') return [{ file: /^# (\S+)\n/.exec(text)?.[1] ?? '', text }];
    const commands = text.split(/^\$ /m).filter(part => part !== '');
    return commands.map(part => {
      const [command = '', ...shown] = part.trimEnd().split('\n');
      return { command, shown };
    });
  });
}

const timeless = (line: string) => line.trimEnd().replace(/\b\d+\.\d s$/, 'N s');

/** The first line of the page that was not printed where it should be. */
function missing(shown: readonly string[], printed: readonly string[]): string | undefined {
  let at = 0;
  for (const [nth, line] of shown.entries()) {
    if (line.trim() === '…') continue;
    const found = printed.indexOf(timeless(line), at);
    const anywhere = shown[nth - 1]?.trim() === '…';
    if (found < 0 || !(anywhere || printed.slice(at, found).every(between => between === ''))) return line;
    at = found + 1;
  }
  return undefined;
}

it('playbooks/TUTORIAL.md prints what it says', () => {
  using tree = new Tree(['cisco_ios']);
  using bin = new Folder();
  const mercury = join(bin.path, 'mercury');
  writeFileSync(mercury, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' --root . "$@"\n`);
  chmodSync(mercury, 0o755);
  const author = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' };
  const env = { ...plainEnvironment(), ...author, PATH: `${bin.path}${delimiter}${process.env.PATH}` };
  const sh = (command: string) => {
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: tree.path, env, encoding: 'utf8' });
    return `${stdout}${stderr}`;
  };
  sh('git init -q && git add -A && git commit -qm before');
  const parts = partsOf(readFileSync(join(ROOT, 'playbooks', 'TUTORIAL.md'), 'utf8'));
  expect(parts.length).toBeGreaterThan(12);
  for (const part of parts) {
    if ('file' in part) {
      mkdirSync(join(tree.path, part.file, '..'), { recursive: true });
      tree.write(part.file, part.text);
      continue;
    }
    const printed = sh(part.command).trimEnd().split('\n').map(timeless);
    expect({ command: part.command, missing: missing(part.shown, printed), printed }).toMatchObject({ missing: undefined });
    if (part.shown.length === 0) expect({ command: part.command, printed }).toEqual({ command: part.command, printed: [''] });
  }
});
