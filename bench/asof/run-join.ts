// The point-in-time join alone: our SELECT and DuckDB's own ASOF JOIN, in turns, over the same Parquet files, in one process.
// usage: run-join.ts <folder of the peer's tables> <repeats>; prints JSON
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { loadProject } from '../../lib/local/index.ts';
import { DUCKDB_PRELUDE, toDuckDb, type ResultColumn } from '../../lib/warehouse/index.ts';
import { peerJoin } from './peer-script.ts';

const [out = '', repeats = '3'] = process.argv.slice(2);
const project = await loadProject(path.resolve(import.meta.dirname, '../..'));
const model = project.models.get('silver.events_enriched');
if (model === undefined) throw new Error('there is no model silver.events_enriched');

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
for (const statement of DUCKDB_PRELUDE) await connection.run(statement);

/** The peer's tables with the columns that ours have besides, which RetailRocket has nothing to put into. */
const nothing = (...names: string[]) => names.map((name) => `NULL::VARCHAR AS ${name}`).join(', ');
await connection.run(`CREATE VIEW events AS SELECT *, ${nothing('device_type', 'query', 'duplicate_of')} FROM '${path.join(out, 'silver.events.parquet')}'`);
await connection.run(`CREATE VIEW item_history AS FROM '${path.join(out, 'silver.item_history.parquet')}'`);
await connection.run(`CREATE TABLE visitor_customers (visitorid VARCHAR, customer_id VARCHAR)`);

const types: Readonly<Record<string, string>> = { TIMESTAMP: 'timestamp(6)', VARCHAR: 'varchar', BIGINT: 'bigint', DATE: 'date', 'DECIMAL(18,4)': 'decimal(18,4)' };
const columns = new Map<string, ResultColumn[]>();
for (const name of ['events', 'item_history', 'visitor_customers']) {
  const described = await connection.runAndReadAll(`SELECT column_name, column_type FROM (DESCRIBE ${name})`);
  columns.set(`silver.${name}`, described.getRowsJS().map(([column, type]) => ({ name: String(column), type: types[String(type)] ?? String(type).toLowerCase() })));
}
const ours = toDuckDb(model.sql, { columns: ({ name }) => columns.get(name), relation: ({ name }) => name.replace('silver.', '') });

const seconds: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
for (let run = 0; run < Number(repeats); run += 1) {
  for (const [who, sql] of [['ours', ours], ['theirs', peerJoin(out)]] as const) {
    const started = process.hrtime.bigint();
    await connection.run(`CREATE OR REPLACE TABLE joined_${who} AS ${sql}`);
    seconds[who].push(Number(process.hrtime.bigint() - started) / 1e9);
  }
}
const same = `"timestamp", visitorid, event, itemid, transactionid, item_category_id, parent_category_id, available, price_property, price`;
const differing = await connection.runAndReadAll(`SELECT count(*) FROM (SELECT ${same} FROM joined_ours EXCEPT ALL SELECT ${same} FROM joined_theirs)`);
const [rows] = (await connection.runAndReadAll('SELECT count(*), count(price) FROM joined_ours')).getRowsJS();
console.log(JSON.stringify({ ...seconds, rows: Number(rows?.[0]), priced: Number(rows?.[1]), differing: Number(differing.getRowsJS()[0]?.[0]) }));
connection.closeSync();
