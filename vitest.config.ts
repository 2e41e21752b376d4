import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores is what a CI machine may have; the suites start SSH servers and real daemons.
    maxWorkers: 2,
    allowOnly: false,
    passWithNoTests: false,
  },
});
