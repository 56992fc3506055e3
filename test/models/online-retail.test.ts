// A real shop's invoices, half a year of them: revenue by country and day against a script that shares no code with the project.
// MILLRACE_REAL_DATA names a folder with online-retail/*.csv.gz, the daily files of UCI's "Online Retail".
import { readFileSync, readdirSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localFileIngest, openRuntime, runBatch, type Runtime } from '../../lib/local/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const data = process.env['MILLRACE_REAL_DATA'];
const folder = join(data ?? '', 'online-retail');

/** Thousandths of a pound by country and day, of the rows that are not equal to an earlier one. */
function byHand(): { rows: number; duplicates: number; amounts: Map<string, number> } {
  const seen = new Set<string>();
  const amounts = new Map<string, number>();
  let rows = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.csv.gz')).sort()) {
    for (const line of gunzipSync(readFileSync(join(folder, file))).toString('utf8').split(/\r?\n/).slice(1)) {
      if (line === '') continue;
      rows++;
      if (seen.has(line) || !seen.add(line)) continue;
      const [, quantity, time = '', price, , country = ''] = /,(-?\d+),([-\d: ]+),(-?[\d.]+),([\d.]*),([^,]*)$/.exec(line) ?? [];
      const key = `${country} ${time.slice(0, 10)}`;
      amounts.set(key, (amounts.get(key) ?? 0) + Math.round(Number(quantity) * Number(price) * 1000));
    }
  }
  return { rows, duplicates: rows - seen.size, amounts };
}

describe.skipIf(data === undefined)('invoices of a real shop', () => {
  let home: string;
  let runtime: Runtime;
  const query = async (sql: string) => (await (await runtime.engine()).query(sql)).rows;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'millrace-retail-'));
    runtime = await openRuntime({ home, project: ROOT, create: true });
    await cp(folder, join(runtime.home.landing, 'online_retail'), { recursive: true, filter: (path) => !/\.(md|txt)$/.test(path) });
    const { outcome } = await runBatch(runtime, { options: { select: ['+gold.user_features'] }, files: await localFileIngest(runtime) });
    expect(outcome).toMatchObject({ status: 'succeeded' });
  }, 300_000);
  afterAll(async () => {
    await runtime?.close();
    await rm(home, { recursive: true, force: true });
  });

  it('are all there, but for exact duplicates', async () => {
    const { rows, duplicates } = byHand();
    expect([rows, duplicates]).toEqual([209_029, 1747]);
    expect(await query('SELECT count(*) FROM bronze.online_retail')).toEqual([[209_029n]]);
    expect(await query('SELECT count(*), count(DISTINCT transaction_id), sum(amount) FROM silver.transactions')).toEqual([[207_282n, 10_783n, '3698674.5010']]);
  });

  it('bring the same revenue by country and day as counting by hand does', async () => {
    const sums = await query('SELECT country, transaction_date, sum(amount) FROM silver.transactions GROUP BY country, transaction_date');
    const ours = new Map(sums.map(([country, day, amount]) => [`${String(country)} ${String(day)}`, Math.round(Number(amount) * 1000)]));
    expect(new Map([...ours].sort())).toEqual(new Map([...byHand().amounts].sort()));
  });

  it('belong to customers whose ids lost the decimals they were exported with', async () => {
    expect(await query("SELECT count(DISTINCT customer_id), count(CASE WHEN customer_id LIKE '%.%' THEN 1 END) FROM silver.transactions")).toEqual([[2767n, 0n]]);
    expect(await query("SELECT customer_id FROM silver.customers WHERE customer_id = 'online_retail:17850'")).toEqual([['online_retail:17850']]);
  });
});
