import { type Finding, OWN_RULES, type OwnRule } from '../../library/rules.ts';
import type { Dialect, Step } from '../../model.ts';
import { findingOf } from './finding.ts';
import type { Planned } from './plans.ts';
import type { Sequence, TypedLine } from './typed.ts';

/** Lines that are the platform's to type, and lines that begin as none should. All of it follows from what platform.yml says anyway. */
export function byPlatformItself(planned: Planned, sequences: readonly Sequence[]): Finding[] {
  const ways = linesOfModes(planned.plan.dialect);
  const keeps = linesOfKeeping(planned.plan);
  const { words } = planned.platform.lint;
  return sequences.flatMap(({ of, lines }) =>
    // What is read in the middle of tasks is among the reads as well.
    lines
      .filter(({ reads }) => !reads || of === 'reads')
      .flatMap(line => {
        const allowed = of === 'reads' ? words?.read : words?.change;
        const strange = allowed !== undefined && !allowed.some(beginning => begins(line.text, beginning));
        const rule = ruleAgainst(line, strange, of === 'reads', ways, keeps);
        return rule === undefined ? [] : [findingOf(rule, OWN_RULES[rule], line.place, line.text)];
      }),
  );
}

function ruleAgainst(
  { text }: TypedLine,
  strange: boolean,
  reads: boolean,
  ways: ReadonlySet<string>,
  keeps: ReadonlySet<string>,
): OwnRule | undefined {
  if (keeps.has(text)) return 'no-commit-or-save';
  if (ways.has(text)) return 'no-mode-change';
  if (!strange) return undefined;
  // `configure private` where the platform has `configure exclusive`, `write` where it has `write memory`.
  const like = (lines: ReadonlySet<string>) => [...lines].some(line => firstWord(line) === firstWord(text));
  if (like(ways)) return 'no-mode-change';
  if (like(keeps)) return 'no-commit-or-save';
  return reads ? 'reads-only' : 'known-words';
}

const firstWord = (text: string) => text.split(' ', 1)[0];
const begins = (text: string, beginning: string) => text === beginning || text.startsWith(`${beginning} `);

/** What `enter` and `leave` type. */
function linesOfModes(dialect: Dialect): Set<string> {
  return new Set([...dialect.modes.values()].flatMap(mode => [...mode.enter, ...mode.leave].map(({ text }) => text)));
}

/** What commits, confirms, takes back and saves; not what the platform only reads on the way. */
function linesOfKeeping({ transaction, save }: Planned['plan']): Set<string> {
  const texts = (steps: readonly (Step | undefined)[]) => steps.flatMap(step => step?.lines.map(({ text }) => text) ?? []);
  const read = new Set(texts([transaction?.settled, transaction?.diff]));
  const keeping = [transaction?.commit, transaction?.confirm, transaction?.undo, transaction?.discard, transaction?.abandon, save];
  return new Set(texts(keeping).filter(text => !read.has(text)));
}
