// Whoever kills a verb at any moment and starts it again ends where an undisturbed run does, and no reader notices. The long loop is in
// test/verify/faults.test.ts.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../lib/lake/duckdb/index.ts';
import { campaign, undisturbedRun, type Step, type Undisturbed } from './support/campaign.ts';
import { makeSample } from './support/home.ts';

const SEED = 20_260_801;
const STEPS: readonly Step[] = [
  { lands: (file) => !/events|item_properties|market_prices|shipping|supplier/.test(file), verb: ['ingest'] },
  { verb: ['run', 'batch', '--select', '+silver.orders_master', '+silver.transactions'] },
  { verb: ['maintain', '--keep', '0', '--keep-at-least', '2', '--orphans-after', '0'] },
];

let database: Database;
let sample: Awaited<ReturnType<typeof makeSample>>;
let undisturbed: Undisturbed;

beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB' });
  sample = await makeSample(0.02);
  undisturbed = await undisturbedRun(sample.folder, STEPS, database);
}, 120_000);
afterAll(() => {
  database.close();
  sample.remove();
});

test('killed again and again, ingest, run and maintain end where an undisturbed run ends, and no reader fails meanwhile', async () => {
  const { kills, reads, wrong, home } = await campaign({ sample: sample.folder, steps: STEPS, undisturbed, database, seed: SEED, killsAStep: 3, readEvery: 150 });
  expect(wrong, `seed ${SEED}, ${home ?? ''}`).toEqual([]);
  expect(kills.length, kills.join('; ')).toBeGreaterThanOrEqual(5);
  expect(reads).toBeGreaterThan(20);
}, 300_000);
