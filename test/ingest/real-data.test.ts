// Real files at their published counts; needs a folder with them in MILLRACE_REAL_DATA.
import { cpSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { loadContracts } from '../../lib/contracts/index.ts';
import { openTestHome, type TestHome } from './home.ts';

const data = process.env['MILLRACE_REAL_DATA'];

describe.skipIf(data === undefined)('real data (MILLRACE_REAL_DATA)', () => {
  async function homeWith(folder: string, source: string): Promise<TestHome> {
    const home = await openTestHome({ contracts: await loadContracts(join(import.meta.dirname, '../../contracts')) });
    cpSync(join(data!, folder), join(home.landing, source), { recursive: true });
    return home;
  }

  test('UCI Online Retail: 141 daily files, 209,029 rows, not one lost; revenue by country matches a script that shares no code', async () => {
    const home = await homeWith('online-retail', 'online_retail');
    const report = await home.ingest();
    expect(report.totals).toMatchObject({ files: 141, landed: 141, rows: 209_029 });
    const accepted = await home.count('bronze.online_retail');
    const rejected = await home.count('bronze.rejected');
    expect(accepted + rejected).toBe(209_029);
    expect(await home.rows('bronze.online_retail', 'SELECT count(DISTINCT _file_id) AS files, count(DISTINCT (_file_id, _row)) AS places FROM t')).toEqual([{ files: 141n, places: BigInt(accepted) }]);
    expect(await home.rows('ops.files', 'SELECT count(*) AS files, sum(rows)::BIGINT AS rows FROM t')).toEqual([{ files: 141n, rows: 209_029n }]);

    const cents = new Map<string, bigint>();
    for (const name of readdirSync(join(data!, 'online-retail'))) {
      for (const line of gunzipSync(readFileSync(join(data!, 'online-retail', name))).toString('utf8').split('\n').slice(1)) {
        const fields = line.replace(/"((?:[^"]|"")*)"/g, (_, text: string) => text.replaceAll(',', ';')).split(',');
        if (fields.length < 8) continue;
        const [whole = '0', fraction = ''] = fields[5]!.split('.');
        cents.set(fields[7]!, (cents.get(fields[7]!) ?? 0n) + BigInt(fields[3]!) * BigInt(whole + fraction.padEnd(3, '0').slice(0, 3)));
      }
    }
    const sum = 'sum(quantity::BIGINT * round(unit_price::DECIMAL(18,4) * 1000)::BIGINT)::BIGINT';
    const byCountry = new Map((await home.rows('bronze.online_retail', `SELECT country, ${sum} AS revenue FROM t GROUP BY 1`)).map((row) => [row['country'], row['revenue']]));
    const refused = await home.rows('bronze.rejected', 'SELECT raw FROM t');
    for (const { raw } of refused) {
      const fields = Buffer.from(raw as Uint8Array).toString('utf8').replace(/"[^"]*"/g, '').split(',');
      const [whole = '0', fraction = ''] = fields[5]!.split('.');
      byCountry.set(fields[7]!, (byCountry.get(fields[7]!) as bigint) + BigInt(fields[3]!) * BigInt(whole + fraction.padEnd(3, '0').slice(0, 3)));
    }
    expect(byCountry).toEqual(cents);
    expect((await home.ingest()).totals).toMatchObject({ seen: 141, landed: 0 });
    home.close();
  }, 60_000);

  test('Olist: the four whole files land at their published counts, whatever their quoting, byte order mark and line ends', async () => {
    const home = await homeWith('olist', 'olist');
    const report = await home.ingest();
    const whole = Object.fromEntries(report.files.filter(({ file }) => !file.includes('head-of-file')).map(({ file, source, accepted, rejected }) => [file, [source, accepted, rejected]]));
    expect(whole).toEqual({
      'olist/olist_order_payments_dataset.csv': ['order_payments', 103_886, 0],
      'olist/olist_products_dataset.csv': ['products', 32_951, 0],
      'olist/olist_sellers_dataset.csv': ['sellers', 3_095, 0],
      'olist/product_category_name_translation.csv': ['product_category_translation', 71, 0],
    });
    // Heads of files are cut in the middle of a record: at most that one is refused.
    for (const { file, status, rejected } of report.files) {
      expect([file, status]).toEqual([file, 'landed']);
      expect(rejected).toBeLessThanOrEqual(1);
    }
    expect(await home.rows('bronze.order_reviews', "SELECT count(*) > 100 AS several FROM t WHERE review_comment_message LIKE '%' || chr(10) || '%'")).toEqual([{ several: true }]);
    home.close();
  }, 60_000);

  test('RetailRocket: the category tree', async () => {
    const home = await homeWith('retailrocket', 'retailrocket');
    expect((await home.ingest()).files.find(({ file }) => file.endsWith('category_tree.csv'))).toMatchObject({ accepted: 1_669, rejected: 0 });
    home.close();
  });
});
