// The stream's processes, as the command line starts them, killed while a producer goes on and shards are split. The long loop is in test/verify/stream.test.ts.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../../lib/lake/duckdb/index.ts';
import { streamCampaign } from '../support/stream-campaign.ts';

let database: Database;
beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB' });
});
afterAll(() => database.close());

test('endpoint, delivery and features are killed: each acknowledged event is in one place, silver is the truth, features are what SQL says', async () => {
  const report = await streamCampaign({ database, events: 800, kills: 3, seed: 7, budgetMilliseconds: 60_000, longestLifeMilliseconds: 4000 });
  expect(report.wrong, report.home).toEqual([]);
  expect(report.acknowledged).toBeGreaterThanOrEqual(800);
  expect(report.reshardings).toBe(3);
  expect(report.comparedFeatures).toBeGreaterThan(1000);
}, 300_000);
