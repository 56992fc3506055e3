// Runs a script of SQL with plain DuckDB, and nothing else in the process.
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
await connection.run(readFileSync(process.argv[2] as string, 'utf8'));
connection.closeSync();
