// Several processes at work on one home at the same time: no row is lost, none doubled, and who has to give way says so.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../lib/lake/duckdb/index.ts';
import { millrace } from './support/cli.ts';
import { makeSample, newHome, rowsIn, valuesOf } from './support/home.ts';

const RUN = ['run', 'batch', '--select', '+silver.orders', '+silver.transactions'];

let database: Database;
let sample: Awaited<ReturnType<typeof makeSample>>;

beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB' });
  sample = await makeSample(0.02);
});
afterAll(() => {
  database.close();
  sample.remove();
});

test('two runs and an ingest over the same files leave what one run leaves; a run that finds another at work says conflict', async () => {
  const [alone, shared] = [newHome(sample.folder), newHome(sample.folder)];
  for (const home of [alone, shared]) home.land((file) => !/events|item_properties|market_prices/.test(file));
  const ended = await Promise.all([millrace(RUN, { home: shared.root }), millrace(RUN, { home: shared.root }), millrace(['ingest'], { home: shared.root })]);
  const [first, second, ingested] = ended;
  expect(ingested?.code, ingested?.err).toBe(0);
  expect([first, second].map((one) => one?.code).sort(), `${first?.err}${first?.out}${second?.err}${second?.out}`).toEqual([0, 5]);
  expect([first, second].map((one) => one?.err).join('')).toMatch(/another run is at work on this home \(process \d+\)\n {2}where .*\n {2}to do {2}Wait until it has ended/);
  // The ingest may have ended after the run had looked: the next run does what is left.
  for (const home of [alone, shared]) expect((await millrace(RUN, { home: home.root })).code).toBe(0);
  expect(await valuesOf(shared.root, database)).toEqual(await valuesOf(alone.root, database));
  expect(await rowsIn(shared.root, 'ops.files', database, 'SELECT source, _file FROM t GROUP BY ALL HAVING count(*) > 1')).toEqual([]);
  alone.remove();
  shared.remove();
}, 300_000);

test('three ingests of the same files put each row into bronze or the quarantine once', async () => {
  const [alone, shared] = [newHome(sample.folder), newHome(sample.folder)];
  for (const home of [alone, shared]) home.land();
  const ended = await Promise.all([shared, shared, shared, alone].map((home) => millrace(['ingest'], { home: home.root })));
  expect(ended.map(({ code }) => code), ended.map(({ err, out }) => err + out).join('\n')).toEqual([0, 0, 0, 0]);
  expect(await valuesOf(shared.root, database)).toEqual(await valuesOf(alone.root, database));
  alone.remove();
  shared.remove();
}, 300_000);
