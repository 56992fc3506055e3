// A stream of a million events whose processes are killed a hundred times and more, and a day of a slow one. MILLRACE_VERIFY_EVENTS, _KILLS, _SEED,
// _MINUTES and _HOURS make it smaller, larger or another one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../lib/lake/duckdb/index.ts';
import { longRun } from '../local/support/long-run.ts';
import { streamCampaign } from '../local/support/stream-campaign.ts';

const EVENTS = Number(process.env['MILLRACE_VERIFY_EVENTS'] ?? 1_000_000);
const KILLS = Number(process.env['MILLRACE_VERIFY_KILLS'] ?? 100);
const SEED = Number(process.env['MILLRACE_VERIFY_SEED'] ?? Date.now() % 1_000_000);
const MINUTES = Number(process.env['MILLRACE_VERIFY_MINUTES'] ?? 45);
const HOURS = Number(process.env['MILLRACE_VERIFY_HOURS'] ?? 24);

let database: Database;
beforeAll(async () => {
  database = await Database.open({ memoryLimit: '1GB' });
});
afterAll(() => database.close());

test(`${EVENTS} events, ${KILLS} kills: nothing lost, nothing doubled, silver is the truth, online features are what SQL says`, async () => {
  const report = await streamCampaign({ database, events: EVENTS, kills: KILLS, seed: SEED, budgetMilliseconds: MINUTES * 60_000, longestLifeMilliseconds: 20_000 });
  const { wrong, home, ...figures } = report;
  process.stdout.write(`seed ${SEED}: ${JSON.stringify(figures)}\n`);
  expect(wrong, `seed ${SEED}, ${home ?? ''}`).toEqual([]);
  expect(report.acknowledged).toBeGreaterThanOrEqual(EVENTS);
  expect(Object.values(report.kills).reduce((sum, kills) => sum + kills, 0)).toBeGreaterThanOrEqual(KILLS);
  expect(report.reshardings).toBe(3);
}, (MINUTES + 30) * 60_000);

test(`${HOURS} hours of ten events a second leave under a megabyte of metadata a table, and few files`, async () => {
  const { tables, records, flushes, failures } = await longRun(database, { hours: HOURS, eventsASecond: 10, everyMilliseconds: 2000 });
  process.stdout.write(`${HOURS} h, ${flushes} commits: ${JSON.stringify(tables)}\n`);
  expect(failures).toEqual([]);
  expect((tables['events']?.rows ?? 0) + (tables['rejected']?.rows ?? 0)).toBe(records);
  for (const table of Object.values(tables)) {
    expect(table.metadataBytes).toBeLessThan(1_000_000);
    expect(table.liveFiles).toBeLessThan(100);
    expect(table.dataFiles).toBeLessThan(300);
  }
}, 3 * 3_600_000);
