// Partition transforms in SQL, and partition values as text that survives DuckDB's PARTITION_BY.
import { MillraceError } from '../../base/index.ts';
import { parseTransform, transformResultType } from '../format/transforms.ts';
import { decimalShape, fixedLength } from '../format/values.ts';
import type { IcebergType, PrimitiveType, Schema, Transform, Value } from '../types.ts';
import { hashSql, unscaledSql } from './hash.ts';
import { quoteName } from './sql-text.ts';
import { unscaledFromText } from './value-text.ts';

/** The value of a transform as SQL, of a type that sorts as the values do; NULL for NULL. */
export function transformSql(transform: Transform, type: PrimitiveType, expression: string): string {
  transformResultType(transform, type);
  const { kind, width } = parseTransform(transform);
  switch (kind) {
    case 'identity': return expression;
    case 'void': return 'NULL';
    case 'bucket': return `((${hashSql(type, expression)} & 2147483647) % ${width})::INTEGER`;
    case 'truncate': return truncateSql(type, expression, width);
    case 'year': return `(year(${withoutZone(type, expression)}) - 1970)::INTEGER`;
    case 'month': return `((year(${withoutZone(type, expression)}) - 1970) * 12 + month(${withoutZone(type, expression)}) - 1)::INTEGER`;
    case 'day': return `(${withoutZone(type, expression)}::DATE - DATE '1970-01-01')::INTEGER`;
    case 'hour': return `${floorTo(`epoch_us(${expression})`, '3600000000')} // 3600000000`;
  }
}

/** UTC as a plain timestamp, without the time zone machinery. */
function withoutZone(type: PrimitiveType, expression: string): string {
  return type === 'timestamptz' ? `make_timestamp(epoch_us(${expression}))` : expression;
}

function truncateSql(type: PrimitiveType, expression: string, width: number): string {
  if (type === 'string') return `left(${expression}, ${width})`;
  if (type === 'binary') return `(${expression})[1:${width}]`;
  if (decimalShape(type) !== undefined) return floorTo(unscaledSql(type, expression), `${width}::HUGEINT`);
  return floorTo(`(${expression})::${type === 'int' ? 'BIGINT' : 'HUGEINT'}`, String(width));
}

/** The multiple of `width` at or below a number; DuckDB's own division rounds towards zero. */
function floorTo(number: string, width: string): string {
  return `(${number} - (((${number}) % ${width}) + ${width}) % ${width})`;
}

/** How a partition value passes through DuckDB: `sql` gives numbers or text that `parse` turns back into the value. */
export interface PartitionKey { sql: string; parse: (text: string) => Value }

/** The key of one partition field over a column of that type. */
export function partitionKey(transform: Transform, type: PrimitiveType, expression: string): PartitionKey {
  const { kind } = parseTransform(transform);
  const sql = transformSql(transform, type, expression);
  if (kind === 'year' || kind === 'month' || kind === 'day' || kind === 'hour' || kind === 'bucket') return { sql, parse: Number };
  if (decimalShape(type) !== undefined) {
    // Truncation already gives the unscaled integer.
    return kind === 'truncate' ? { sql, parse: (text) => inPrecision(BigInt(text), type) } : { sql: `(${sql})::VARCHAR`, parse: (text) => unscaledFromText(text, type) };
  }
  switch (type) {
    case 'int': return { sql, parse: (text) => Number(inRange(BigInt(text), 32)) };
    case 'long': return { sql, parse: (text) => inRange(BigInt(text), 64) };
    case 'date': return { sql: `(${sql} - DATE '1970-01-01')::INTEGER`, parse: Number };
    case 'time':
    case 'timestamp':
    case 'timestamptz': return { sql: `epoch_us(${sql})`, parse: BigInt };
    case 'boolean': return { sql: `(${sql})::VARCHAR`, parse: (text) => text === 'true' };
    case 'float':
    case 'double': return { sql: `(${sql})::VARCHAR`, parse: floatFromText(type) };
    case 'string': return { sql, parse: (text) => text };
    case 'uuid': return { sql: `(${sql})::VARCHAR`, parse: (text) => text };
  }
  if (type === 'binary' || fixedLength(type) !== undefined) return { sql: `hex(${sql})`, parse: (text) => Uint8Array.from(Buffer.from(text, 'hex')) };
  throw new MillraceError('unsupported', `a table cannot be partitioned by a column of type ${type}`);
}

/** Truncation rounds down, and so may leave the type at its very end. */
function inRange(value: bigint, bits: number): bigint {
  if (BigInt.asIntN(bits, value) === value) return value;
  throw new MillraceError('bad_input', `the least numbers of ${bits} bits cannot be truncated to a partition: ${value} is below them`);
}

function inPrecision(unscaled: bigint, type: PrimitiveType): bigint {
  if (-unscaled < 10n ** BigInt(decimalShape(type)?.precision ?? 38)) return unscaled;
  throw new MillraceError('bad_input', `the least numbers of ${type} cannot be truncated to a partition: ${unscaled}, without the point, has more digits`);
}

function floatFromText(type: 'float' | 'double'): (text: string) => number {
  return (text) => {
    const value = text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text);
    return type === 'float' ? Math.fround(value) : value;
  };
}

/** A field at any depth of structs: its type, and the SQL that reaches it; undefined where the schema has no such field. */
export function fieldExpression(schema: Schema, id: number): { type: IcebergType; sql: string } | undefined {
  const search = (fields: Schema['fields'], prefix: string): { type: IcebergType; sql: string } | undefined => {
    for (const field of fields) {
      const sql = `${prefix}${quoteName(field.name)}`;
      if (field.id === id) return { type: field.type, sql };
      if (typeof field.type === 'object' && field.type.type === 'struct') {
        const found = search(field.type.fields, `${sql}.`);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };
  return search(schema.fields, '');
}
