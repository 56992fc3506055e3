// DuckDB with the dialect's macros and settings, and nothing else.
import { DuckDBInstance, type DuckDBConnection, type DuckDBBlobValue } from '@duckdb/node-api';
import { analyse, DUCKDB_PRELUDE, type CompileOptions } from '../../../../lib/warehouse/dialect/index.ts';

export interface Answered { types: string[]; rows: unknown[][]; duckDbTypes: string[] }

export class Duck {
  readonly connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.connection = connection;
  }

  static async open(): Promise<Duck> {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    for (const statement of DUCKDB_PRELUDE) await connection.run(statement);
    return new Duck(connection);
  }

  /** Runs SQL of Athena's dialect. Types are Athena's; bytes come as base64, as Trino sends them. */
  async answer(sql: string, options: CompileOptions = { columns: () => undefined }): Promise<Answered> {
    const { sql: text, columns } = analyse(sql, options);
    return { types: columns.map(({ type }) => type), ...await this.run(text) };
  }

  async run(text: string): Promise<Omit<Answered, 'types'>> {
    const result = await this.connection.runAndReadAll(text);
    const raw = result.getRows();
    const rows = result.getRowsJson().map((row, at) => row.map((value, index) => base64(raw[at]?.[index]) ?? value));
    return { rows, duckDbTypes: result.columnTypes().map(String) };
  }

  close(): void {
    this.connection.closeSync();
  }
}

function base64(value: unknown): string | undefined {
  const bytes = typeof value === 'object' && value !== null && 'bytes' in value ? (value as DuckDBBlobValue).bytes : undefined;
  return bytes && Buffer.from(bytes).toString('base64');
}
