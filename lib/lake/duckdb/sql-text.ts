// Pieces of DuckDB SQL: names, literals, types.
import { MillraceError } from '../../base/index.ts';
import { decimalShape, fixedLength } from '../format/values.ts';
import type { IcebergType, PrimitiveType, Value } from '../types.ts';

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  // A zero character would end the statement for the C API.
  return text.includes('\0') ? text.split('\0').map((part) => quoteText(part)).join(' || chr(0) || ') : `'${text.replaceAll("'", "''")}'`;
}

/** `['a', 'b']` */
export function textList(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(', ')}]`;
}

const PLAIN_TYPES: Readonly<Record<string, string>> = Object.freeze({
  boolean: 'BOOLEAN', int: 'INTEGER', long: 'BIGINT', float: 'FLOAT', double: 'DOUBLE', date: 'DATE', time: 'TIME', timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE', string: 'VARCHAR', uuid: 'UUID', binary: 'BLOB',
});

/** The DuckDB type that holds exactly the values of an Iceberg type (`fixed[n]` as BLOB). */
export function duckType(type: IcebergType): string {
  if (typeof type === 'object') {
    switch (type.type) {
      case 'struct': return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${duckType(field.type)}`).join(', ')})`;
      case 'list': return `${duckType(type.element)}[]`;
      case 'map': return `MAP(${duckType(type.key)}, ${duckType(type.value)})`;
    }
  }
  const plain = PLAIN_TYPES[type];
  if (plain !== undefined) return plain;
  const decimal = decimalShape(type);
  if (decimal !== undefined) return `DECIMAL(${decimal.precision},${decimal.scale})`;
  if (fixedLength(type) !== undefined) return 'BLOB';
  throw new MillraceError('unsupported', `the type ${type} has no counterpart in DuckDB`);
}

/** A value of a primitive type as SQL, of exactly that type. */
export function valueLiteral(type: PrimitiveType, value: Value): string {
  switch (type) {
    case 'boolean': return value === true ? 'TRUE' : 'FALSE';
    case 'int': return `(${quoteText(String(value))}::INTEGER)`;
    case 'long': return `(${quoteText(String(value))}::BIGINT)`;
    case 'float':
    case 'double': return `(${quoteText(floatText(value as number))}::${duckType(type)})`;
    case 'date': return `(DATE '1970-01-01' + ${quoteText(String(value))}::INTEGER)`;
    case 'time': return `(TIME '00:00:00' + to_microseconds(${quoteText(String(value))}::BIGINT))`;
    case 'timestamp': return `make_timestamp(${quoteText(String(value))}::BIGINT)`;
    case 'timestamptz': return `(make_timestamp(${quoteText(String(value))}::BIGINT) AT TIME ZONE 'UTC')`;
    case 'string': return `(${quoteText(value as string)})`;
    case 'uuid': return `(${quoteText(value as string)}::UUID)`;
    case 'binary': return `unhex('${Buffer.from(value as Uint8Array).toString('hex')}')`;
  }
  const decimal = decimalShape(type);
  if (decimal !== undefined) return `(${quoteText(decimalText(value as bigint, decimal.scale))}::${duckType(type)})`;
  if (fixedLength(type) !== undefined) return `unhex('${Buffer.from(value as Uint8Array).toString('hex')}')`;
  throw new MillraceError('unsupported', `no literal for values of type ${type}`);
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/** `-1.0500` for −10500n and scale 4. */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${unscaled < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`}`;
}
