import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../harness.ts';
import { mercury } from './run.ts';

/*
 * The SARIF of `mercury lint` is held against the JSON Schema of SARIF 2.1.0 itself. It is in a package of Microsoft's on the npm registry; its
 * dependencies are not needed, so the package is fetched by itself.
 */

const PACKAGE = '@microsoft/jest-sarif@1.0.0-beta.0';
const INTEGRITY = 'sha512-A1fOhPd6Ic5iDk4F9YPw1qNB4XF+7+IviR7xl8r2F6QzQkx5cpY9LsGk2rExiFIEcBbjpVnSmwWGBukASkiQ9A==';
const SCHEMA = 'package/lib/schemas/sarif-2.1.0-rtm.5.json';

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string; readonly help: { readonly text: string } }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region?: { readonly startLine: number };
        };
      }[];
      readonly partialFingerprints: Readonly<Record<string, string>>;
    }[];
  }[];
}

const folder = mkdtempSync(join(tmpdir(), 'mercury-sarif-'));
afterAll(() => rmSync(folder, { recursive: true }));

let isSarif: ReturnType<Ajv['compile']>;

beforeAll(() => {
  const tarball = execFileSync('npm', ['pack', '--silent', PACKAGE], { cwd: folder, encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
  const packed = readFileSync(join(folder, tarball));
  expect(`sha512-${createHash('sha512').update(packed).digest('base64')}`).toBe(INTEGRITY);
  execFileSync('tar', ['xzf', tarball, SCHEMA], { cwd: folder });
  // It is of JSON Schema's draft 4, which calls `id` what is `$id` since draft 6; and one of its patterns is none by the rules of `u`.
  const { id, ...schema } = JSON.parse(readFileSync(join(folder, SCHEMA), 'utf8')) as { readonly id: string };
  isSarif = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile({
    ...schema,
    $id: id,
    $schema: 'http://json-schema.org/draft-07/schema#',
  });
});

/** What `mercury lint --format sarif` says of the shipped files with one of them edited. */
async function sarifOf(edits: Readonly<Record<string, (text: string) => string>>): Promise<{ status: number | null; log: Log }> {
  const root = mkdtempSync(join(folder, 'tree-'));
  for (const name of ['playbooks', 'templates', 'inventory']) cpSync(join(ROOT, name), join(root, name), { recursive: true });
  for (const [file, edit] of Object.entries(edits)) writeFileSync(join(root, file), edit(readFileSync(join(root, file), 'utf8')));
  const { status, out } = await mercury(['lint', '--format', 'sarif', '--root', root]);
  return { status, log: JSON.parse(out) as Log };
}

const TRUNK = 'templates/cisco_ios/trunk.hbs';

describe('mercury lint --format sarif', () => {
  it('is SARIF 2.1.0 when there is nothing to say', async () => {
    const { status, log } = await sarifOf({});
    expect(status).toBe(0);
    expect(isSarif(log), JSON.stringify(isSarif.errors)).toBe(true);
    expect(log.runs[0]?.results).toEqual([]);
  });

  it('names rule, file and line of each finding, and tells the rule', async () => {
    const { status, log } = await sarifOf({
      [TRUNK]: text => text.replace('interface {{port}}\n', 'interface {{port}}\n  switchport mode trunk\n'),
    });
    expect(status).toBe(10);
    expect(isSarif(log), JSON.stringify(isSarif.errors)).toBe(true);
    const [run] = log.runs;
    const [result] = run?.results ?? [];
    expect(run?.results).toHaveLength(1);
    expect(result).toMatchObject({
      ruleId: 'replace-before-trunk',
      level: 'error',
      message: { text: expect.stringContaining('"switchport mode trunk"') },
      locations: [{ physicalLocation: { artifactLocation: { uri: TRUNK }, region: { startLine: 3 } } }],
    });
    const rule = run?.tool.driver.rules[result?.ruleIndex ?? -1];
    expect(rule?.id).toBe('replace-before-trunk');
    expect(rule?.help.text).toContain('# lint: allow replace-before-trunk because');
  });

  it('has what is refused at load among its results, and no line for what has none', async () => {
    const { status, log } = await sarifOf({ [TRUNK]: text => text.replace('{{/each}}', '') });
    expect(status).toBe(10);
    expect(isSarif(log), JSON.stringify(isSarif.errors)).toBe(true);
    expect(log.runs[0]?.results).toMatchObject([{ ruleId: 'refused-at-load', level: 'error' }]);
  });

  it('knows a finding again after lines were added above it', async () => {
    const slip = (text: string) => text.replace('interface {{port}}\n', 'interface {{port}}\n  switchport mode trunk\n');
    const [one, other] = await Promise.all([sarifOf({ [TRUNK]: slip }), sarifOf({ [TRUNK]: text => `{{! a remark }}\n${slip(text)}` })]);
    const [before, after] = [one, other].map(({ log }) => log.runs[0]?.results[0]);
    expect(after?.locations[0]?.physicalLocation.region?.startLine).toBe(4);
    expect(after?.partialFingerprints).toEqual(before?.partialFingerprints);
  });

  it('is held to a schema that refuses what is no SARIF', async () => {
    const { log } = await sarifOf({});
    expect(isSarif({ ...log, version: '2.0.0' })).toBe(false);
    expect(isSarif({ ...log, runs: [{ results: [] }] })).toBe(false);
  });
});
