import { type Finding, OWN_RULES } from '../../library/rules.ts';
import type { Source } from '../../library/sources.ts';
import { findingOf } from './finding.ts';
import { secretIn } from './secrets.ts';

/** What must not stand in a file, whether it is ever typed or not. No message shows what was found. */
export function byText(source: Source): Finding[] {
  return [...secretLines(source), ...pairsIn(source)];
}

function secretLines({ file, lines }: Source): Finding[] {
  return lines.flatMap((text, i) => {
    const what = secretIn(text);
    return what === undefined ? [] : [secret(what, file, i + 1)];
  });
}

const secret = (what: string, file: string, line: number) =>
  findingOf('no-secret', OWN_RULES['no-secret'], { file, line }, undefined, `${what} stands here`);

const SECRET_KEYS = /^(?:.*_)?(?:password|passwd|passphrase|secret|community|private_key|api_key|token)$|^enable$/i;
const VLAN_KEYS = /(?:^|_)vlans?$/;

/** What a key says of its value. */
function pairsIn({ file, yaml }: Source): Finding[] {
  const findings: Finding[] = [];
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Array.isArray(value) ? value.entries() : Object.entries(value)) walk(inner, [...path, key]);
      if (!Array.isArray(value)) return;
    }
    const key = String(path.at(-1));
    if (isSecret(key, value, path) && yaml) findings.push(secret(`a ${key.replace(/^.*_(?=\w+$)/, '')}`, file, yaml.at(path).line));
    if (path.at(-2) === 'vars' && VLAN_KEYS.test(key) && holdsOne(value) && yaml)
      findings.push(findingOf('no-vlan-1', OWN_RULES['no-vlan-1'], { file, line: yaml.at(path).line }, undefined, `vars: ${key}`));
  };
  walk(yaml?.value, []);
  return findings;
}

/** The `password` of a mode is the question that a device asks. */
function isSecret(key: string, value: unknown, path: readonly (string | number)[]): boolean {
  if (path.at(0) === 'modes' || !SECRET_KEYS.test(key)) return false;
  return (typeof value === 'string' && value !== '' && !/^\{\{[^}]*\}\}$/.test(value)) || typeof value === 'number';
}

function holdsOne(value: unknown): boolean {
  return Array.isArray(value) ? value.some(holdsOne) : String(value) === '1';
}
