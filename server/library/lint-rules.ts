import { nearest } from './check.ts';
import type { Complaints } from './complaints.ts';
import { isOwn, KNOWN_RULES } from './rules.ts';
import type { LintRuleShape, LintShape } from './schema/lint.ts';
import type { Compiler } from './tasks.ts';
import type { LintQuestion, LintRule, WrittenLint } from './written.ts';
import type { YamlFile } from './yaml.ts';

type Path = readonly PropertyKey[];

/** `lint:` of platform.yml, its patterns compiled. A rule that nobody knows by name must say what it asks, and why. */
export function readLint(shape: LintShape, yaml: YamlFile, compiler: Compiler, complaints: Complaints): WrittenLint {
  const rules = Object.entries(shape.rules).flatMap(([id, list]) => {
    const complaint = wrongName(id, list);
    if (complaint !== undefined) complaints.add(yaml.atKey(['lint', 'rules', id]), complaint);
    const many = list.length > 1;
    return list.map((rule, i) => ruleOf(id, rule, ['lint', 'rules', id, ...(many ? [i] : [])], yaml, compiler));
  });
  const onSomething = rules.find(rule => rule.on !== undefined);
  if (onSomething && shape.under === undefined)
    complaints.add(onSomething.place, 'lint: `on` needs `under`, which says what a line is about');
  return {
    ...(shape.under === undefined ? {} : { under: compiler.pattern(shape.under, ['lint', 'under']) }),
    ...(shape.words === undefined ? {} : { words: shape.words }),
    rules,
  };
}

function wrongName(id: string, rules: readonly LintRuleShape[]): string | undefined {
  if (isOwn(id)) return `lint: ${id} is looked after without any pattern`;
  if (KNOWN_RULES.has(id) || rules.every(rule => rule.what !== undefined && rule.why !== undefined)) return undefined;
  const near = nearest(id, KNOWN_RULES.keys());
  return `lint: no rule is called ${id}${near ? `; did you mean ${near}?` : ''} One of your own says \`what\` and \`why\``;
}

function ruleOf(id: string, shape: LintRuleShape, path: Path, yaml: YamlFile, compiler: Compiler): LintRule {
  const known = KNOWN_RULES.get(id);
  return {
    id,
    what: shape.what ?? known?.what ?? id,
    why: shape.why ?? known?.why ?? '',
    severity: shape.severity ?? known?.severity ?? 'error',
    ...(shape.methods === undefined ? {} : { methods: shape.methods }),
    of: shape.of,
    ...(shape.on === undefined ? {} : { on: shape.on }),
    asks: questionOf(shape, path, compiler),
    place: yaml.at(path),
  };
}

function questionOf(shape: LintRuleShape, path: Path, compiler: Compiler): LintQuestion {
  const pattern = (key: 'never' | 'needs' | 'line' | 'after' | 'until' | 'not_after' | 'with') =>
    compiler.pattern(shape[key] ?? '', [...path, key], '');
  if (shape.never !== undefined) return { kind: 'never', pattern: pattern('never') };
  if (shape.needs !== undefined) return { kind: 'needs', pattern: pattern('needs') };
  const line = pattern('line');
  if (shape.with !== undefined) return { kind: 'with', line, pattern: pattern('with') };
  if (shape.not_after !== undefined) return { kind: 'not_after', line, pattern: pattern('not_after') };
  return { kind: 'after', line, pattern: pattern('after'), ...(shape.until === undefined ? {} : { until: pattern('until') }) };
}
