import { lint, rulesOf } from '../engine/lint/lint.ts';
import { at } from '../errors.ts';
import type { Finding } from '../library/rules.ts';
import { complain, paint, prose, say, sayJson } from './paint.ts';
import { sarifOf } from './sarif.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';
import { showComplaints } from './show.ts';

export interface LintOptions extends CommonOptions {
  readonly format?: 'text' | 'json' | 'sarif';
  readonly rules?: boolean;
}

/** The exit status that says: read all of it, and something is wrong. */
const WRONG = 10;

/** Loads everything the network team wrote, and holds what it would type against the rules; all that is wrong names file and line. */
export async function lintCommand(options: LintOptions): Promise<number> {
  const linted = lint(foldersOf(options, readConfig(options)));
  const { library, complaints, findings } = linted;
  const format = options.format ?? (options.json ? 'json' : 'text');
  const rules = rulesOf(library);
  if (options.rules) {
    if (format === 'text') showRules(rules);
    else sayJson({ rules });
    return 0;
  }
  if (format === 'sarif') sayJson(sarifOf(linted, rules));
  else if (format === 'json') sayJson({ complaints: complaints.map(asJson), findings: findings.map(asJson) });
  else if (complaints.length + findings.length > 0) {
    showComplaints(complaints, false);
    for (const finding of findings) complain(written(finding));
    complain(tally(complaints.length, findings));
  } else {
    const playbooks = [...library.platforms.values()].reduce((sum, platform) => sum + platform.playbooks.size, 0);
    const read = [counted(library.platforms.size, 'platform'), counted(playbooks, 'playbook'), counted(library.devices.size, 'device')];
    if (library.policy) read.push(counted(library.policy.rules.length, 'rule'));
    say(`${paint('green', 'all good')}: ${read.join(', ')}`);
  }
  return complaints.length + findings.length > 0 ? WRONG : 0;
}

const asJson = <T extends { place: object }>({ place, ...rest }: T) => ({ ...place, ...rest });

function written({ place, severity, message, rule }: Finding): string {
  const how = severity === 'warning' ? `${paint('yellow', 'warning', process.stderr)}: ` : '';
  return `${paint('bold', at(place), process.stderr)}: ${how}${message} ${paint('dim', `[${rule}]`, process.stderr)}`;
}

function tally(complaints: number, findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const parts = [
    complaints > 0 ? counted(complaints, 'complaint') : '',
    errors > 0 ? counted(errors, 'error') : '',
    findings.length > errors ? counted(findings.length - errors, 'warning') : '',
  ];
  const rest = complaints > 0 ? '; what would be typed was not looked at, for these files cannot be used' : '';
  return parts.filter(part => part !== '').join(', ') + rest;
}

function showRules(rules: ReturnType<typeof rulesOf>): void {
  for (const { id, severity, what, why, platforms } of rules) {
    const where = platforms.length === 0 ? '' : `  ${paint('dim', platforms.join(', '))}`;
    say(`${paint('bold', id)}${severity === 'warning' ? ' (warning)' : ''}${where}`);
    for (const line of [...prose(`${what}.`, '  '), ...prose(`Why: ${why}.`, '  ')]) say(line);
  }
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
