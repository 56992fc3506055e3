// Rows in memory to the Parquet files of one table: appended to a temporary table of the same columns, then written as the lake writes rows.
import { setImmediate } from 'node:timers/promises';
import { DuckDBTimestampValue } from '@duckdb/node-api';
import type { RowValue } from '../../ingest/events/index.ts';
import { MillraceError } from '../../base/index.ts';
import type { DataFile, Table } from '../../lake/index.ts';
import { duckType, quoteName, writeRows, type Session } from '../../lake/duckdb/index.ts';

export type Row = Readonly<Record<string, RowValue>>;

const STAGE = '$delivered';
/** Rows of one flush are few, and the files they go to are compacted later. */
const COMPRESSION_LEVEL = 1;
/** The endpoint and the features of the same process have their turn after so many. */
const ROWS_AT_ONCE = 200;

type Append = (value: RowValue | undefined) => void;

/** Writes files for one table; owns its session. */
export class RowWriter {
  readonly #session: Session;
  #shape = '';

  constructor(session: Session) {
    this.#session = session;
  }

  /** The files are durable when this resolves, and in no snapshot. */
  async write(table: Table, rows: readonly Row[]): Promise<DataFile[]> {
    await this.#stage(table);
    await this.#append(table, rows);
    return writeRows(this.#session, {
      schema: table.schema, spec: table.spec, sortOrder: table.sortOrder, folder: table.dataLocation, select: `SELECT * FROM temp.${quoteName(STAGE)}`,
      fewPartitions: true, compressionLevel: COMPRESSION_LEVEL, where: `${table.name.namespace}.${table.name.name}`,
    });
  }

  close(): void {
    this.#session.close();
  }

  async #stage(table: Table): Promise<void> {
    const shape = table.schema.fields.map(({ name, type }) => `${quoteName(name)} ${duckType(type)}`).join(', ');
    if (shape === this.#shape) await this.#session.run(`TRUNCATE temp.${quoteName(STAGE)}`);
    else await this.#session.run(`CREATE OR REPLACE TEMP TABLE ${quoteName(STAGE)} (${shape})`);
    this.#shape = shape;
  }

  async #append(table: Table, rows: readonly Row[]): Promise<void> {
    const { fields } = table.schema;
    const to = await this.#session.connection.createAppender(STAGE, 'main', 'temp');
    const known = new Set(fields.map(({ name }) => name));
    const appends = fields.map(({ name, type }) => ({ name, append: appendOf(to, String(type), name) }));
    try {
      for (const [at, row] of rows.entries()) {
        if (at % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await setImmediate();
        for (const name in row) if (!known.has(name)) throw unknownColumn(table, name);
        for (const { name, append } of appends) append(row[name]);
        to.endRow();
      }
    } finally {
      to.closeSync();
    }
  }
}

type Appender = Awaited<ReturnType<Session['connection']['createAppender']>>;

function appendOf(to: Appender, type: string, name: string): Append {
  const mistyped = (value: RowValue): never => {
    throw new MillraceError('internal', `a ${typeof value} cannot go into the column ${name} of type ${type}`);
  };
  switch (type) {
    case 'string':
      return (value) => (value === null || value === undefined ? to.appendNull() : typeof value === 'string' ? to.appendVarchar(value) : mistyped(value));
    case 'binary':
      return (value) => (value === null || value === undefined ? to.appendNull() : value instanceof Uint8Array ? to.appendBlob(value) : mistyped(value));
    case 'timestamp':
      return (value) => (value === null || value === undefined ? to.appendNull() : typeof value === 'bigint' ? to.appendTimestamp(new DuckDBTimestampValue(value)) : mistyped(value));
    default:
      return (value) => (value === null || value === undefined ? to.appendNull() : typeof value === 'bigint' ? to.appendBigInt(value) : mistyped(value));
  }
}

function unknownColumn(table: Table, name: string): MillraceError {
  return new MillraceError('internal', `a row names the column ${name}, which the table has not`, { where: table.location });
}
