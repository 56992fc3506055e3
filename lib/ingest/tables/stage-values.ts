// Rows in memory into a temporary table of DuckDB, typed as the lake's columns are.
import { DuckDBTimestampValue } from '@duckdb/node-api';
import { duckType, quoteName, type Session } from '../../lake/duckdb/index.ts';
import type { ColumnDefinition } from '../../lake/index.ts';
import type { RowValue } from '../events/types.ts';

/** Makes the table `name` of these columns with these rows; columns that a row does not name are NULL. */
export async function stageValues(session: Session, name: string, columns: readonly Pick<ColumnDefinition, 'name' | 'type'>[], rows: Iterable<Readonly<Record<string, RowValue>>>): Promise<void> {
  await session.run(`CREATE OR REPLACE TEMP TABLE ${quoteName(name)} (${columns.map((column) => `${quoteName(column.name)} ${duckType(column.type as Parameters<typeof duckType>[0])}`).join(', ')})`);
  const to = await session.connection.createAppender(name, 'main', 'temp');
  try {
    for (const row of rows) {
      for (const column of columns) {
        const value = row[column.name] ?? null;
        if (value === null) to.appendNull();
        else if (typeof value === 'string') to.appendVarchar(value);
        else if (typeof value !== 'bigint') to.appendBlob(value);
        else if (column.type === 'timestamp') to.appendTimestamp(new DuckDBTimestampValue(value));
        else to.appendBigInt(value);
      }
      to.endRow();
    }
  } finally {
    to.closeSync();
  }
}
