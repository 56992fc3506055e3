// At least two hundred kills, spread over ingest, run and maintain of a home that files land in twice. Each campaign has a seed, printed, that
// repeats it: MILLRACE_VERIFY_SEED=<seed> MILLRACE_VERIFY_KILLS=1 npm run verify -- faults. Stops at MILLRACE_VERIFY_KILLS kills (200)
// or after MILLRACE_VERIFY_MINUTES (90), whichever comes first.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../lib/lake/duckdb/index.ts';
import { campaign, undisturbedRun, type Step, type Undisturbed } from '../faults/support/campaign.ts';
import { makeSample } from '../faults/support/home.ts';

const FIRST_SEED = Number(process.env['MILLRACE_VERIFY_SEED'] ?? 1);
const KILLS = Number(process.env['MILLRACE_VERIFY_KILLS'] ?? 200);
const BUDGET_MS = Number(process.env['MILLRACE_VERIFY_MINUTES'] ?? 90) * 60_000;
const KILLS_A_STEP = 5;

/** Orders and invoices come in two deliveries, so that incremental models and a second commit to each table are killed as well. */
const isLater = (file: string) => /online_retail_2018-10|part2|interactions|supplier_costs/.test(file);
const MAINTAIN = ['maintain', '--keep', '0', '--keep-at-least', '2', '--orphans-after', '0'];
const STEPS: readonly Step[] = [
  { lands: (file) => !isLater(file), verb: ['ingest'] },
  { verb: ['run', 'batch'] },
  { verb: MAINTAIN },
  { lands: isLater, verb: ['run', 'batch'] },
  { verb: MAINTAIN },
];

let database: Database;
let sample: Awaited<ReturnType<typeof makeSample>>;
let undisturbed: Undisturbed;

beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB' });
  sample = await makeSample(0.05);
  undisturbed = await undisturbedRun(sample.folder, STEPS, database);
}, 600_000);
afterAll(() => {
  database.close();
  sample.remove();
});

test(`killed ${KILLS} times, a home ends as an undisturbed one does`, async () => {
  const started = Date.now();
  const kills: string[] = [];
  const say = (text: string) => process.stdout.write(`${text}\n`);
  for (let seed = FIRST_SEED; kills.length < KILLS && Date.now() - started < BUDGET_MS; seed++) {
    const report = await campaign({
      sample: sample.folder, steps: STEPS, undisturbed, database, seed, killsAStep: KILLS_A_STEP, readEvery: 20, enough: () => Date.now() - started > BUDGET_MS,
    });
    kills.push(...report.kills);
    say(`faults: seed ${seed}, ${report.kills.length} kills, ${report.reads} reads meanwhile, ${kills.length} kills so far, ${Math.round((Date.now() - started) / 1000)} s`);
    expect(report.wrong, `seed ${seed}, home ${report.home ?? ''}, kills: ${report.kills.join('; ')}`).toEqual([]);
  }
  for (const [where, count] of tally(kills)) say(`faults: ${String(count).padStart(4)} × ${where}`);
  expect(kills.length, 'the time was over before the kills were; set MILLRACE_VERIFY_MINUTES, or go on at another MILLRACE_VERIFY_SEED').toBeGreaterThanOrEqual(KILLS);
}, BUDGET_MS + 30 * 60_000);

function tally(kills: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const kill of kills) counts.set(kill, (counts.get(kill) ?? 0) + 1);
  return [...counts].sort(([left], [right]) => left.localeCompare(right));
}
