import { describe, expect, it } from 'vitest';
import { lint } from '../../server/engine/lint/lint.ts';
import { samplePlans } from '../../server/engine/lint/plans.ts';
import { sequencesOf } from '../../server/engine/lint/typed.ts';
import { OWN_RULES } from '../../server/library/rules.ts';
import { PLATFORMS, ROOT } from '../harness.ts';
import { MUTATIONS, type Mutation } from './mutations.ts';
import { Tree } from './tree.ts';

/*
 * What `mercury lint` knows of CLIs: the shipped playbooks break no rule, and an edit that breaks one is found by its name, at its line.
 */

const shipped = lint({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' });

const typed = samplePlans(shipped.library).plans;

const pathOf = (platform: string, file: string) => `${file.endsWith('.hbs') ? 'templates' : 'playbooks'}/${platform}/${file}`;
const nameOf = ({ platform, rule, file }: Mutation) => `${platform}: ${rule} in ${file}`;

it('has nothing to say of the shipped files', () => {
  expect(shipped.complaints).toEqual([]);
  expect(shipped.findings).toEqual([]);
});

describe.each(MUTATIONS.map(mutation => ({ name: nameOf(mutation), ...mutation })))('$name', mutation => {
  it('is found by its name, at its line', () => {
    using tree = new Tree(mutation.platform);
    tree.edit(pathOf(mutation.platform, mutation.file), mutation.piece, mutation.by);
    const at = typeof mutation.at === 'string' ? [mutation.at] : mutation.at;
    const place = tree.lineOf(pathOf(mutation.platform, mutation.in ?? mutation.file), ...at);
    expect(tree.told()).toContain(`${place} ${mutation.rule}`);
  });
});

describe.each(PLATFORMS)('on %s', platform => {
  /** Rules that are about modes and commits, on a platform that has neither; about files; about the inventory. */
  const NOT_HERE: Readonly<Record<string, readonly string[]>> = {
    openvswitch: ['no-mode-change', 'no-commit-or-save'],
  };
  const EVERYWHERE = ['refused-at-load', 'allowance'];

  it('every rule has an edit that breaks it', () => {
    const written = shipped.library.platforms.get(platform)?.lint.rules.map(({ id }) => id) ?? [];
    const own = Object.keys(OWN_RULES).filter(id => !EVERYWHERE.includes(id) && !NOT_HERE[platform]?.includes(id));
    const broken = MUTATIONS.filter(mutation => mutation.platform === platform).map(({ rule }) => rule);
    expect([...new Set(broken)].toSorted()).toEqual([...new Set([...own, ...written])].toSorted());
  });

  it('no word is listed that no line begins with: a slip might hide behind it', () => {
    const written = shipped.library.platforms.get(platform);
    const sequences = typed.filter(planned => planned.platform === written).flatMap(sequencesOf);
    const idle = (words: readonly string[] = [], reads: boolean) =>
      words.filter(
        word =>
          !sequences.some(({ of, lines }) => (of === 'reads') === reads && lines.some(({ text }) => `${text} `.startsWith(`${word} `))),
      );
    const { words } = written?.lint ?? {};
    expect([...idle(words?.change, false), ...idle(words?.read, true)]).toEqual([]);
  });
});
