// The real exports that these contracts were written for, where a folder of them is given: every row of them is valid.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columnsOf, dropCountsSelect, loadContracts, typedSelect, validationSql } from '../../lib/contracts/index.ts';
import { DUCKDB_PRELUDE, toDuckDb } from '../../lib/warehouse/dialect/index.ts';
import { openDuckDb, rowsOf } from './duckdb.ts';
import { bronzeTypes } from './typed-cases.ts';

const folder = process.env['MILLRACE_REAL_DATA'];
const contracts = await loadContracts(join(import.meta.dirname, '../../contracts'));

const FILES: readonly [source: string, files: string, rows: number][] = [
  ['order_payments', 'olist/olist_order_payments_dataset.csv', 103_886], ['products', 'olist/olist_products_dataset.csv', 32_951], ['sellers', 'olist/olist_sellers_dataset.csv', 3_095],
  ['product_category_translation', 'olist/product_category_name_translation.csv', 71], ['category_tree', 'retailrocket/category_tree.csv', 1_669], ['online_retail', 'online-retail/*.csv.gz', 209_029],
];

describe.skipIf(folder === undefined || !existsSync(folder))('real data (MILLRACE_REAL_DATA)', () => {
  it.each(FILES)('of %s is valid, row by row', async (name, files, rows) => {
    const contract = contracts.get(name)!;
    const connection = await openDuckDb();
    const columns = columnsOf(contract).map(({ header, name: column }) => `"${header}" AS "${column}"`).join(', ');
    const relation = `(SELECT ${columns} FROM read_csv('${join(folder!, files)}', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"'))`;
    expect(await rowsOf(connection, `SELECT count(*), count(_failures) FROM (${validationSql(contract, relation)})`)).toEqual([[BigInt(rows), 0n]]);
    connection.closeSync();
  });

  it('of online_retail has the duplicates and the sum that an independent count found', async () => {
    const contract = contracts.get('online_retail')!;
    const connection = await openDuckDb();
    for (const statement of DUCKDB_PRELUDE) await connection.run(statement);
    const columns = columnsOf(contract).map(({ header, name }) => `"${header}" AS "${name}"`).join(', ');
    await connection.run(`CREATE TABLE bronze AS SELECT ${columns}, filename AS _file, md5(filename) AS _file_id, row_number() OVER (PARTITION BY filename) AS _row, TIMESTAMP '2026-01-01' AS _ingested_at, '1.0' AS _contract_version
      FROM read_csv('${join(folder!, 'online-retail/*.csv.gz')}', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', filename = true)`);
    const duckDb = (sql: string) => toDuckDb(sql, { columns: () => bronzeTypes(contract), relation: () => 'bronze' });
    const [counts] = await rowsOf(connection, duckDb(dropCountsSelect(contract)));
    expect(counts!.map(Number)).toEqual([209_029, 207_282, 1_747, 0, 0]);
    expect(await rowsOf(connection, `SELECT CAST(sum(quantity * unit_price) AS VARCHAR) FROM (${duckDb(typedSelect(contract))})`)).toEqual([['3698674.5010']]);
    connection.closeSync();
  });
});
