// Verification: independent engines, emulators, kill loops. One file after the other, since each starts servers of its own.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/verify/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
    reporters: ['default', './test/verify/support/skipped-reporter.ts'],
  },
});
