import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    // Worker threads, sockets and LMDB files live outside the test runner's own threads.
    pool: 'forks',
    // By itself the runner leaves one core of two idle, while most tests wait for sockets and clocks.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Real terminals, sockets and processes on a machine that others use too: what is broken fails three times.
    retry: process.env.CI ? 2 : 0,
    reporters: process.env.NATTER_TEST_REPORT
      ? ['default', ['json', { outputFile: process.env.NATTER_TEST_REPORT }]]
      : ['default'],
  },
});
