import { nearest } from '../../library/check.ts';
import { type Finding, KNOWN_RULES, OWN_RULES } from '../../library/rules.ts';
import type { Source } from '../../library/sources.ts';
import { findingOf } from './finding.ts';

/** What a line may do although a rule is against it: `# lint: allow RULE because …`, in a template `{{! lint: allow … }}`. */
export interface Allowance {
  readonly file: string;
  /** Where it stands, and the line that it is for. */
  readonly line: number;
  readonly for: number;
  readonly rule: string;
  readonly because: string;
}

const COMMENT = /(?:^|\s)(?:#|\{\{!(?:--)?)\s*lint:\s*(\S.*?)\s*(?:(?:--)?\}\}.*)?$/;
const FORM = /^allow\s+([\w-]+)(?:\s+because\s+(\S.*))?$/;

/** Those of a file, and what is wrong with them. `ids`: every rule that there is. */
export function allowancesIn({ file, lines }: Source, ids: ReadonlySet<string>): { allowances: Allowance[]; findings: Finding[] } {
  const allowances: Allowance[] = [];
  const findings: Finding[] = [];
  for (const [i, text] of lines.entries()) {
    const comment = COMMENT.exec(text)?.[1];
    if (comment === undefined) continue;
    const [, rule = '', because = ''] = FORM.exec(comment) ?? [];
    const wrong = wrongWith(rule, because, ids);
    if (wrong !== undefined) findings.push(badAllowance(file, i + 1, wrong));
    else allowances.push({ file, line: i + 1, for: lineFor(lines, i), rule, because });
  }
  return { allowances, findings };
}

const badAllowance = (file: string, line: number, wrong: string) =>
  findingOf('allowance', OWN_RULES.allowance, { file, line }, undefined, wrong);

function wrongWith(rule: string, because: string, ids: ReadonlySet<string>): string | undefined {
  if (rule === '') return 'this is no allowance; one is `lint: allow RULE because …`';
  if (rule === 'refused-at-load' || rule === 'allowance') return `${rule} cannot be allowed`;
  if (!ids.has(rule)) {
    const near = nearest(rule, ids);
    return `no rule is called ${rule}${near ? `; did you mean ${near}?` : ''}`;
  }
  return because === '' ? `${rule} is allowed here without a reason` : undefined;
}

/** The line it stands on; if nothing else stands there, the next that is no remark; if a block begins there, the first of the block. */
function lineFor(lines: readonly string[], at: number): number {
  const isRemark = (text: string) => /^\s*(?:#.*|\{\{!.*\}\}\s*)?$/.test(text);
  const next = lines.findIndex((text, i) => i >= at && !isRemark(text));
  const line = next < 0 ? at : next;
  return /:\s+[|>][+-]?\d?\s*(?:#.*)?$/.test(lines[line] ?? '') ? line + 2 : line + 1;
}

/** Findings that nobody allows, and the allowances that no finding needs. */
export function withAllowances(findings: readonly Finding[], allowances: readonly Allowance[]): { left: Finding[]; idle: Finding[] } {
  const isFor = (allowance: Allowance, { rule, place }: Finding) =>
    allowance.rule === rule && allowance.file === place.file && allowance.for === place.line;
  const left = findings.filter(finding => !allowances.some(allowance => isFor(allowance, finding)));
  const idle = allowances.filter(allowance => !findings.some(finding => isFor(allowance, finding)));
  return { left, idle: idle.map(({ file, line, rule }) => badAllowance(file, line, `nothing here needs ${rule} to be allowed`)) };
}

/** Every rule: those known by name, and those that platforms have of their own. */
export function idsOf(platformRules: Iterable<string>): ReadonlySet<string> {
  return new Set([...KNOWN_RULES.keys(), ...platformRules]);
}
