// Ctrl-C at work: every verb ends soon, with exit code 130 and a sentence to read, and the next call finishes what it left.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../lib/lake/duckdb/index.ts';
import { millrace, type CliOptions } from './support/cli.ts';
import { brokenReferences, makeSample, newHome, rowsIn, type FaultHome } from './support/home.ts';

const RUN = ['run', 'batch', '--select', '+silver.orders'];
/** A query that would go on for hours. */
const ENDLESS = 'SELECT count(*) FROM bronze.orders AS a CROSS JOIN bronze.orders AS b CROSS JOIN bronze.orders AS c CROSS JOIN bronze.orders AS d CROSS JOIN bronze.orders AS e CROSS JOIN bronze.orders AS f WHERE a.order_id < f.order_id';

let database: Database;
let sample: Awaited<ReturnType<typeof makeSample>>;
let home: FaultHome;

beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB' });
  sample = await makeSample(0.02);
  home = newHome(sample.folder);
  home.land((file) => /^(orders|customers|online_retail)\//.test(file));
});
afterAll(() => {
  database.close();
  sample.remove();
  home.remove();
});

async function expectStopped(verb: readonly string[], interrupt: CliOptions['interrupt']): Promise<void> {
  const { code, signal, err, out } = await millrace(verb, { home: home.root, interrupt });
  expect({ code, signal }, err + out).toEqual({ code: 130, signal: null });
  expect(err).toMatch(/^millrace: stopped by Ctrl-C; what was published stays, nothing is half-written$/m);
  expect(await brokenReferences(home.root)).toEqual([]);
}

const count = async (table: string) => Number((await rowsIn(home.root, table, database, 'SELECT count(*) AS n FROM t'))[0]?.['n'] ?? 0);

test('ingest, run, query and maintain stop at Ctrl-C, and the next call finishes', async () => {
  await expectStopped(['ingest'], { atChange: 40 });
  expect((await millrace(['ingest'], { home: home.root })).code).toBe(0);
  const orders = await count('bronze.orders');
  expect(orders).toBeGreaterThan(100);

  await expectStopped(RUN, { atChange: 150 });
  expect((await millrace(RUN, { home: home.root })).code).toBe(0);
  expect(await count('silver.orders')).toBeGreaterThan(100);

  await expectStopped(['query', ENDLESS], { after: 3000 });
  await expectStopped(['maintain', '--keep', '0', '--keep-at-least', '1', '--orphans-after', '0'], { atChange: 3 });
  const maintained = await millrace(['maintain', '--keep', '0', '--keep-at-least', '1', '--orphans-after', '0'], { home: home.root });
  expect(maintained.code, maintained.out).toBe(0);
  expect(await count('bronze.orders')).toBe(orders);
}, 300_000);

test('a start that is stopped while it makes the sample begins anew', async () => {
  const root = path.join(home.root, 'second');
  mkdirSync(root);
  const stopped = await millrace(['start', '--once'], { home: root, interrupt: { atChange: 12 } });
  expect(stopped.code, stopped.err).toBe(130);
  const ingested = await millrace(['ingest', '--json'], { home: root });
  expect(ingested.code, ingested.err).toBe(0);
  expect(JSON.parse(ingested.out)).toMatchObject({ totals: { files: 0 } });
}, 120_000);
