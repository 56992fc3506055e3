// A person is forgotten: nothing of them is found in any table, snapshot or file afterwards, the others stay, and the books still balance.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/base/index.ts';
import { openLmdbStore } from '../../lib/features/index.ts';
import { openFolderLake } from '../../lib/lake/index.ts';
import { Database, overwriteRows } from '../../lib/lake/duckdb/index.ts';
import { smallShop, type SmallShop } from '../support/small-shop.ts';

vi.setConfig({ testTimeout: 60_000 });

let shop: SmallShop;
beforeEach(() => {
  shop = smallShop();
  shop.land('people', '1.csv', ['person-anna,anna@example.org,Bonn', 'person-bert,bert@example.org,Kiel', ',anna@example.org,Bonn']);
  shop.land('purchases', '1.csv', ['1,person-anna,10.00,2026-01-05 10:00:00', '2,person-bert,5.00,2026-02-06 10:00:00', '3,person-anna,-1,2026-02-06 10:00:00']);
  shop.land('purchases', '2.csv', ['4,person-anna,2.00,2026-03-05 10:00:00']);
});
afterEach(() => shop.remove());

type Receipt = { receipt?: string; bronze: number; rejected: number; remaining: number; models: string[]; files: { path: string; deleted: boolean }[]; left: string[] };

/** Files below a folder whose plain bytes name the person. Parquet is compressed, so it is read as rows. */
function filesNaming(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).filter((file) => {
    const full = join(folder, file);
    return statSync(full).isFile() && readFileSync(full).includes(text);
  });
}

const tables = ['bronze.people', 'bronze.purchases', 'silver.people', 'silver.purchases', 'gold.spending'];
async function mentions(): Promise<string[]> {
  const found: string[] = [];
  for (const table of tables) {
    for (const { snapshot } of await shop.json<{ snapshot: string }[]>('history', table)) {
      const rows = await shop.json<object[]>('query', `SELECT * FROM ${table} FOR VERSION AS OF ${snapshot}`);
      if (JSON.stringify(rows).includes('person-anna')) found.push(`${table} ${snapshot}`);
    }
  }
  return found;
}

describe('millrace forget', () => {
  it('tells before what would go, and changes nothing', async () => {
    await shop.json('run', 'batch');
    const told = await shop.json<Receipt>('forget', 'purchases', 'person_id=person-anna', '--dry-run');
    expect(told).toMatchObject({ bronze: 2, rejected: 1, models: ['silver.purchases', 'gold.spending'] });
    expect(told.receipt).toBeUndefined();
    expect(await mentions()).not.toEqual([]);
  });

  it('leaves no row, snapshot or file that names the person, keeps the others, and the ledger reconciles', async () => {
    await shop.json('run', 'batch');
    const purchases = await shop.json<Receipt>('forget', 'purchases', 'person_id=person-anna', '--delete-files');
    expect(purchases).toMatchObject({ bronze: 2, rejected: 1, remaining: 0, left: [] });
    expect(purchases.files.map(({ deleted }) => deleted)).toEqual([true, true]);
    const people = await shop.millrace('forget', 'people', 'person_id=person-anna', 'email=Anna@Example.org', '--delete-files');
    expect(people).toMatchObject({ code: 0, out: expect.stringMatching(/receipt [0-9a-f-]{36}[\s\S]*bronze\.people +1 row\n +bronze\.rejected +1 row\n[\s\S]*nothing is found any more/) as string });

    expect(await mentions()).toEqual([]);
    expect(filesNaming(shop.home, 'person-anna')).toEqual([]);
    expect(await shop.json('query', 'SELECT person_id, spent FROM gold.spending')).toEqual([{ person_id: 'person-bert', spent: '5.0000' }]);
    expect(await shop.json('query', 'SELECT person_id, city FROM silver.people')).toEqual([{ person_id: 'person-bert', city: 'Kiel' }]);
    // The file whose every row is gone does not come back, and all counts still agree.
    shop.land('purchases', 'again.csv', ['4,person-anna,2.00,2026-03-05 10:00:00']);
    await shop.json('run', 'batch');
    expect(await shop.json('ledger')).toMatchObject({ reconciles: true });
    expect(await shop.json('query', 'SELECT count(*) AS n FROM bronze.purchases')).toEqual([{ n: '1' }]);
  });

  it('takes rows of tables that no model computes, and answers of the API, and counts them', async () => {
    await shop.json('run', 'batch');
    const lake = openFolderLake(join(shop.home, 'lake'));
    const table = await lake.createTable({ namespace: 'gold', name: 'spend_predictions' }, { columns: [{ name: 'person_id', type: 'string' }, { name: 'score', type: 'double' }] });
    const database = await Database.open({});
    await database.use((session) => overwriteRows(session, table, { sql: 'TRUE' }, "SELECT * FROM (VALUES ('person-anna', 0.5::DOUBLE), ('person-bert', 0.25::DOUBLE)) AS t(person_id, score)"));
    database.close();
    const open = () => openLmdbStore({ folder: join(shop.home, 'api'), clock: systemClock });
    const api = await open();
    await api.write(['anna', 'bert'].map((name) => ({ key: `prediction:${name}`, value: JSON.stringify({ entity: `{"person_id":"person-${name}"}` }), expected: undefined, expiresAt: undefined })));
    await api.close();
    const receipt = await shop.json<Receipt>('forget', 'purchases', 'person_id=person-anna', '--delete-files');
    expect(receipt).toMatchObject({ left: [], beside: [{ name: 'gold.spend_predictions', items: 1 }, { name: 'answers that the API remembers', items: 1 }] });
    expect(await shop.json('query', 'SELECT person_id FROM gold.spend_predictions')).toEqual([{ person_id: 'person-bert' }]);
    expect((await shop.json<object[]>('history', 'gold.spend_predictions')).length).toBe(1);
    const after = await open();
    expect([...after.entries(0)].map(({ key }) => key)).toEqual(['prediction:bert']);
    await after.close();
  });

  it('keeps receipts that prove it and name nobody', async () => {
    await shop.json('run', 'batch');
    const { receipt } = await shop.json<Receipt>('forget', 'purchases', 'person_id=person-anna');
    const rows = await shop.json<Record<string, string>[]>('query', 'SELECT * FROM ops.forgotten');
    expect(rows).toMatchObject([{ receipt_id: receipt, source: 'purchases', bronze_rows: '2', rejected_rows: '1', remaining_rows: '0' }]);
    expect(JSON.stringify(rows)).not.toContain('anna');
    expect(JSON.parse(rows[0]?.['identified_by'] ?? '')).toEqual({ person_id: expect.stringMatching(/^k1:[0-9a-f]{64}$/) as string });
    expect(JSON.parse(rows[0]?.['left'] ?? '')).toEqual(['2 landed files still hold the rows: --delete-files deletes them']);
  });

  it('gives no receipt while a model still shows the person, and goes on where it was when that is mended', async () => {
    await shop.json('run', 'batch');
    const model = readFileSync(join(shop.project, 'sql/gold/spending.sql'), 'utf8');
    shop.write('sql/gold/spending.sql', model.replace('audits:', 'audits:\n  - row_count_between: { min: 5 }'));
    const failed = await shop.millrace('forget', 'purchases', 'person_id=person-anna');
    expect(failed).toMatchObject({ code: 6, err: expect.stringMatching(/the rows are deleted, but the models that show them could not be computed anew/) as string });
    expect((await shop.json<object[]>('query', "SELECT * FROM gold.spending WHERE person_id = 'person-anna'"))).toHaveLength(1);
    shop.write('sql/gold/spending.sql', model);
    expect(await shop.json<Receipt>('forget', 'purchases', 'person_id=person-anna')).toMatchObject({ bronze: 2, rejected: 1, remaining: 0 });
    expect(await mentions()).toEqual(expect.not.arrayContaining([expect.stringMatching(/purchases|spending/)]));
  });

  it.each([
    ['a source that there is not', ['forget', 'buyers', 'person_id=a'], 4, 'there is no source buyers'],
    ['a column that there is not', ['forget', 'people', 'name=a'], 4, 'people has no column name'],
    ['a column that says nothing of who it is', ['forget', 'people', 'city=Bonn'], 2, 'people.city does not say who somebody is'],
    ['no value', ['forget', 'people', 'person_id='], 2, 'person_id is given no value'],
    ['a stage that there is not', ['forget', 'people', 'person_id=a', '--stage', 'prod'], 2, "there is no stage 'prod'"],
    ['what is not column=value', ['forget', 'people', 'anna'], 2, "'anna' is not column=value"],
  ])('refuses %s', async (_, argv, code, message) => {
    await shop.millrace('apply');
    expect(await shop.millrace(...argv)).toMatchObject({ code, err: expect.stringContaining(message) as string });
  });
});
