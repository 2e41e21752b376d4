import { createHash } from 'node:crypto';
import type { Linted, ListedRule } from '../engine/lint/lint.ts';
import type { Severity } from '../library/rules.ts';
import type { Place } from '../model.ts';

/** What `lint` found as SARIF 2.1.0 (OASIS), which code hosts show beside the lines. File names are relative to the root folder. */
export function sarifOf({ complaints, findings }: Linted, rules: readonly ListedRule[]): object {
  const refused = complaints.map(({ place, message }) => ({ rule: 'refused-at-load', severity: 'error' as const, place, message }));
  const indexOf = new Map(rules.map(({ id }, i) => [id, i]));
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Mercury', rules: rules.map(ruleOf) } },
        originalUriBaseIds: { '%SRCROOT%': { description: { text: 'The folder that playbooks, templates and inventory are in.' } } },
        columnKind: 'utf16CodeUnits',
        results: [...refused, ...findings].map(({ rule, severity, place, message }) => ({
          ruleId: rule,
          ruleIndex: indexOf.get(rule) ?? -1,
          level: severity satisfies Severity,
          message: { text: message },
          locations: [{ physicalLocation: locationOf(place) }],
          partialFingerprints: { 'ruleFileMessage/v1': fingerprintOf(rule, place.file, message) },
        })),
      },
    ],
  };
}

function ruleOf({ id, severity, what, why, platforms }: ListedRule): object {
  const where = platforms.length === 0 ? 'It holds for every platform.' : `It is written in platform.yml of ${platforms.join(', ')}.`;
  const text = `${what}: ${why}. ${where} A line that has to break it says so: # lint: allow ${id} because …`;
  return {
    id,
    shortDescription: { text: `${what}.` },
    fullDescription: { text: `${what}: ${why}.` },
    help: { text },
    defaultConfiguration: { level: severity },
  };
}

/** A variable, or a file that is not there, has no line. */
function locationOf({ file, line }: Place): object {
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return { artifactLocation: { uri, uriBaseId: '%SRCROOT%' }, ...(line > 0 ? { region: { startLine: line } } : {}) };
}

/** The same finding after lines were added above it. */
const fingerprintOf = (...parts: readonly string[]) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
