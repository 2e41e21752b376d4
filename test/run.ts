import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Table, tableOf } from './faults/report.ts';

/** `npm test`: every suite, then what faults it was put to, then what was left out, then one line that counts. */

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const folder = mkdtempSync(join(tmpdir(), 'mercury-report-'));
const output = join(folder, 'report.json');
const faults = join(folder, 'faults.jsonl');
const vitest = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${output}`, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { ...process.env, FAULT_TABLE: faults },
  },
);
const report = JSON.parse(readFileSync(output, 'utf8')) as Report;
const tables = existsSync(faults) ? readFileSync(faults, 'utf8').trim().split('\n') : [];
rmSync(folder, { recursive: true });

if (tables.length > 0) console.log(`\n${tableOf(tables.map(line => JSON.parse(line) as Table))}`);

const leftOut = report.testResults.flatMap(({ assertionResults }) =>
  assertionResults.filter(test => test.status === 'skipped' || test.status === 'pending'),
);
if (leftOut.length > 0) {
  console.log('\nLEFT OUT:');
  for (const { fullName } of leftOut) console.log(`  ${fullName}`);
}
// A suite that could not even be loaded has no test to count.
const broken = report.testResults.filter(
  suite => suite.status === 'failed' && !suite.assertionResults.some(test => test.status === 'failed'),
).length;
const failed = report.numFailedTests + broken;
const skipped = leftOut.length > 0 ? `, ${leftOut.length} skipped` : '';
console.log(`\n${report.numPassedTests} passed, ${failed} failed${skipped}`);
process.exitCode = status === 0 && failed === 0 ? 0 : 1;
