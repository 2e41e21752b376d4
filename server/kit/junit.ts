import { at } from '../errors.ts';
import { masked } from '../log.ts';
import type { Verdict } from './run.ts';

/** Verdicts as JUnit XML, which CI systems read: a suite per file. */
export function junit(verdicts: readonly Verdict[]): string {
  const files = Map.groupBy(verdicts, verdict => verdict.case.place.file);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="mercury test" ${counts(verdicts)}>`,
    ...[...files].flatMap(([file, own]) => [
      `  <testsuite name="${escaped(file)}" ${counts(own)}>`,
      ...own.flatMap(testcase),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ].join('\n');
}

function counts(verdicts: readonly Verdict[]): string {
  const failures = verdicts.filter(({ misses }) => misses.length > 0).length;
  const took = verdicts.reduce((sum, verdict) => sum + verdict.took, 0);
  return `tests="${verdicts.length}" failures="${failures}" errors="0" time="${seconds(took)}"`;
}

function testcase({ case: one, misses, took }: Verdict): string[] {
  const { file, line } = one.place;
  const head = `    <testcase name="${escaped(one.name)}" classname="${escaped(one.platform)}" file="${escaped(file)}" line="${line}" time="${seconds(took)}"`;
  if (misses.length === 0) return [`${head}/>`];
  const failures = misses.map(({ place, message, lines }) => {
    const text = [`${at(place)}: ${message}`, ...lines.map(shown => `  ${shown}`)].join('\n');
    return `      <failure message="${escaped(`${at(place)}: ${message}`)}">${escaped(text)}</failure>`;
  });
  return [`${head}>`, ...failures, '    </testcase>'];
}

const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(3);

const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML has no way to write a control character, whatever a switch may have printed. */
function escaped(text: string): string {
  return masked(text)
    .replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, letter => MARKUP[letter] ?? letter);
}
