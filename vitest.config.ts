import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/verify/**'],
    testTimeout: 30_000,
    pool: 'forks',
    // Every core: vitest leaves one free, which on two cores is half of them.
    maxWorkers: '100%',
  },
});
