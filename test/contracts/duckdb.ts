// A DuckDB in memory for these tests, and a table of text in it.
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

export async function openDuckDb(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return connection;
}

/** Makes a table whose columns are all VARCHAR and fills it. */
export async function textTable(connection: DuckDBConnection, table: string, columns: readonly string[], rows: readonly (readonly (string | null)[])[]): Promise<void> {
  await connection.run(`CREATE OR REPLACE TABLE ${table} (${columns.map((name) => `"${name}" VARCHAR`).join(', ')})`);
  const appender = await connection.createAppender(table);
  for (const row of rows) {
    for (const value of row) {
      if (value === null) appender.appendNull();
      else appender.appendVarchar(value);
    }
    appender.endRow();
  }
  appender.closeSync();
}

/** All rows of a query, as JavaScript values. */
export async function rowsOf(connection: DuckDBConnection, sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRowsJS() as unknown[][];
}
