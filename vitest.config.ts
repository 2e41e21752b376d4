import { defineConfig } from 'vitest/config';

// A machine with much else to do may take ten times as long over anything. What is waited for is waited for until then: no test is right or
// wrong by the speed of a machine.
const PATIENCE = 120_000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: PATIENCE,
    hookTimeout: PATIENCE,
    teardownTimeout: PATIENCE,
    expect: { poll: { timeout: PATIENCE / 2, interval: 20 } },
    // Two cores is what a CI machine may have; the suites start SSH servers and real daemons.
    maxWorkers: 2,
    // Those that run at once wait for the same time to go by.
    maxConcurrency: 30,
    allowOnly: false,
    passWithNoTests: false,
  },
});
