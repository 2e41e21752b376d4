import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// A machine with much else to do may take ten times as long over anything. What is waited for is waited for until then: no test is right or
// wrong by the speed of a machine.
const PATIENCE = 120_000;

/** Those that take a minute or so. One of them at the end would be waited for alone, and without times of an earlier run the largest files go first. */
const LONGEST = [
  'faults/wire',
  'faults/real',
  'contract',
  'faults/kill',
  'faults/groups',
  'rpc/visits',
  'lag',
  'interop/flows',
  'typo',
  'faults/locks',
  'faults/saves',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex(name => moduleId.endsWith(`/test/${name}.test.ts`));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: PATIENCE,
    hookTimeout: PATIENCE,
    teardownTimeout: PATIENCE,
    expect: { poll: { timeout: PATIENCE / 2, interval: 20 } },
    // Two cores is what a CI machine may have; the suites start SSH servers and real daemons, and wait for them: a third has work meanwhile.
    maxWorkers: 3,
    // Those that run at once wait for the same time to go by.
    maxConcurrency: 30,
    sequence: { sequencer: LongestFirst },
    allowOnly: false,
    passWithNoTests: false,
  },
});
