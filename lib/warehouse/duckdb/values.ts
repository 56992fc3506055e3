// Values of DuckDB's results as every engine gives them.
import type { SqlValue } from '../../lake/duckdb/index.ts';

/** A value of a query's result: times with zone end in ` UTC`; lists, rows and maps are texts as Athena writes them. */
export function resultValue(value: SqlValue, type: string): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) {
    return typeof value === 'string' && type.endsWith('with time zone') ? value.replace(/\+00$/, ' UTC') : value;
  }
  return nestedText(value);
}

/** `[1, 2]`, `{a=1, b=x}`: as Athena writes nested values. */
function nestedText(value: SqlValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isMapEntry)) return `{${(value as { key: SqlValue; value: SqlValue }[]).map((entry) => `${nestedText(entry.key)}=${nestedText(entry.value)}`).join(', ')}}`;
    return `[${value.map(nestedText).join(', ')}]`;
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value).map(([name, item]) => `${name}=${nestedText(item)}`).join(', ')}}`;
}

function isMapEntry(value: SqlValue): boolean {
  return typeof value === 'object' && value !== null && 'key' in value && 'value' in value && Object.keys(value).length === 2;
}
