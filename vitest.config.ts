import { defineConfig } from 'vitest/config';

/**
 * Tests that leave their process as they found it share one a core: to load and compile the same modules again for every file took half of their time.
 * The others have a process for each file: they kill and starve what they start, work on whole homes, or read real data.
 */
const SHARED = [
  'test/{base,batch,cli,contracts,experiments,features,ingest,learning,models}/**/!(crash|real-data|online-retail|retailrocket).test.ts',
  'test/{lake,lake-duckdb,pricing,quality,samples,serving,shipping,warehouse,workflow}/**/!(kill|processes|retailrocket).test.ts',
  'test/local/{delivery,kinesis,mapping,monitoring,pricing,serving,streaming}/**/!(kill|kills).test.ts', 'test/aws/!(bundles).test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    pool: 'forks',
    // Every core: vitest leaves one free, which on two cores is half of them.
    maxWorkers: '100%',
    projects: [
      { extends: true, test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: ['test/verify/**', ...SHARED], sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: 'shared', include: SHARED, isolate: false, sequence: { groupOrder: 1 } } },
    ],
  },
});
