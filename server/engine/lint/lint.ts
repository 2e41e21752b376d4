import { at } from '../../errors.ts';
import type { Complaint } from '../../library/complaints.ts';
import { type Library, type LibraryFolders, lintLibrary } from '../../library/library.ts';
import { type Finding, KNOWN_RULES, type RuleText } from '../../library/rules.ts';
import { readSources, type Source } from '../../library/sources.ts';
import { allowancesIn, idsOf, withAllowances } from './allow.ts';
import { byPlatform } from './patterns.ts';
import { samplePlans } from './plans.ts';
import { byProofs } from './proofs.ts';
import { byPlatformItself } from './session.ts';
import { byText } from './text.ts';
import { sequencesOf } from './typed.ts';

/** What the network team wrote, and all that is to be said of it. */
export interface Linted {
  readonly library: Library;
  /** What is refused at load. */
  readonly complaints: readonly Complaint[];
  /** What the rules do not like. Nothing is planned on a library that is refused, so it is only what stands in the text then. */
  readonly findings: readonly Finding[];
}

export function lint(folders: LibraryFolders): Linted {
  const { library, complaints } = lintLibrary(folders);
  return { library, complaints, findings: findingsIn(library, readSources(folders), complaints.length === 0) };
}

/** Every finding once, by place. `plans`: whether the library is good enough to be planned with. */
export function findingsIn(library: Library, sources: readonly Source[], plans: boolean): Finding[] {
  const ids = idsOf([...library.platforms.values()].flatMap(platform => platform.lint.rules.map(({ id }) => id)));
  const read = sources.map(source => allowancesIn(source, ids));
  const wrong = read.flatMap(({ findings }) => findings);
  const { left, idle } = withAllowances(
    [...sources.flatMap(byText), ...(plans ? ofPlans(library) : [])],
    read.flatMap(({ allowances }) => allowances),
  );
  return once([...wrong, ...left, ...(plans ? idle : [])]).toSorted(
    (a, b) => a.place.file.localeCompare(b.place.file) || a.place.line - b.place.line || a.rule.localeCompare(b.rule),
  );
}

function ofPlans(library: Library): Finding[] {
  const { plans, findings } = samplePlans(library);
  const found = plans.flatMap(planned => {
    const sequences = sequencesOf(planned);
    return [...byPlatform(planned, sequences), ...byPlatformItself(planned, sequences), ...byProofs(planned)];
  });
  return [...findings, ...found];
}

/** One line may be typed by five playbooks. */
function once(findings: readonly Finding[]): Finding[] {
  const known = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.rule} ${at(finding.place)}`;
    if (!known.has(key)) known.set(key, finding);
  }
  return [...known.values()];
}

/** A rule, and the platforms that have patterns for it; none: it needs none. */
export interface ListedRule extends RuleText {
  readonly id: string;
  readonly platforms: readonly string[];
}

/** Every rule, those of platforms' own last. */
export function rulesOf(library: Library): ListedRule[] {
  const written = [...library.platforms.values()].flatMap(({ name, lint: { rules } }) => rules.map(rule => ({ rule, name })));
  const platforms = (id: string) => [...new Set(written.filter(({ rule }) => rule.id === id).map(({ name }) => name))].toSorted();
  const own = written.filter(({ rule }) => !KNOWN_RULES.has(rule.id));
  const texts = own.map(({ rule: { id, severity, what, why } }): [string, RuleText] => [id, { severity, what, why }]);
  return [...new Map([...KNOWN_RULES, ...texts])].map(([id, rule]) => ({ id, ...rule, platforms: platforms(id) }));
}
