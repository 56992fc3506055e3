// Values of query results as JavaScript holds them without losing precision.
import {
  DuckDBArrayValue, DuckDBBlobValue, DuckDBListValue, DuckDBMapValue, DuckDBStructValue, DuckDBTimestampTZValue, DuckDBTimestampValue,
  type DuckDBResultReader, type DuckDBValue, type DuckDBValueConverter,
} from '@duckdb/node-api';

/**
 * Integers of 32 bits and less, float and double: number · longer integers: bigint · decimals, dates, times, intervals, uuids: text as
 * DuckDB writes it (timestamps with zone in UTC, ending in +00) · blobs: bytes · lists: arrays · structs: objects · maps: arrays of
 * `{ key, value }`.
 */
export type SqlValue = null | boolean | number | bigint | string | Uint8Array | SqlValue[] | { [name: string]: SqlValue };
export type SqlRow = Record<string, SqlValue>;

function valueOf(value: DuckDBValue): SqlValue {
  if (value === null || typeof value !== 'object') return value as SqlValue;
  if (value instanceof DuckDBBlobValue) return Uint8Array.from(value.bytes);
  // The library would write it in the process's own zone.
  if (value instanceof DuckDBTimestampTZValue) return value.isFinite ? `${new DuckDBTimestampValue(value.micros).toString()}+00` : value.toString();
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(valueOf);
  if (value instanceof DuckDBStructValue) return Object.fromEntries(Object.entries(value.entries).map(([name, each]) => [name, valueOf(each)]));
  if (value instanceof DuckDBMapValue) return value.entries.map(({ key, value: each }) => ({ key: valueOf(key), value: valueOf(each) }));
  return String(value);
}

const convert: DuckDBValueConverter<SqlValue> = (value) => valueOf(value);

/** All rows that a reader holds, each in the order of the columns. */
export function rowsOf(reader: DuckDBResultReader): SqlValue[][] {
  return reader.convertRows<SqlValue>(convert);
}
rowsOf.converter = convert;

/** All rows that a reader holds, by column name; of two columns of one name the later gets a suffix. */
export function objectsOf(reader: DuckDBResultReader): SqlRow[] {
  return reader.convertRowObjects<SqlValue>(convert);
}
