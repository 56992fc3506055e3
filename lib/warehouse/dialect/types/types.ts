// Trino's types, as far as we allow them, with their names in both engines.
import type { TypeName } from '../syntax/tree.ts';

export type SqlType =
  | { kind: 'unknown' } // NULL, before it is given a type
  | { kind: 'boolean' | 'tinyint' | 'smallint' | 'integer' | 'bigint' | 'real' | 'double' | 'varchar' | 'varbinary' | 'date' }
  | { kind: 'decimal'; precision: number; scale: number }
  | { kind: 'timestamp'; precision: number }
  /** An instant. Trino's value carries a zone; ours is part of the type, so it must be known when the query is read. */
  | { kind: 'instant'; precision: number; zone: string }
  | { kind: 'days' | 'months' } // intervals: DAY TO SECOND, YEAR TO MONTH
  | { kind: 'array'; of: SqlType }
  | { kind: 'map'; key: SqlType; value: SqlType };

export type TypeKind = SqlType['kind'];

type Simple = Exclude<SqlType, { precision: number } | { of: SqlType } | { key: SqlType }>;
const simple = (kind: Simple['kind']): SqlType => Object.freeze({ kind });

export const UNKNOWN = simple('unknown');
export const BOOLEAN = simple('boolean');
export const INTEGER = simple('integer');
export const BIGINT = simple('bigint');
export const REAL = simple('real');
export const DOUBLE = simple('double');
export const VARCHAR = simple('varchar');
export const VARBINARY = simple('varbinary');
export const DATE = simple('date');
export const DAYS = simple('days');
export const MONTHS = simple('months');
export const decimal = (precision: number, scale: number): SqlType => ({ kind: 'decimal', precision, scale });
export const timestamp = (precision: number): SqlType => ({ kind: 'timestamp', precision });
export const instant = (precision: number, zone: string): SqlType => ({ kind: 'instant', precision, zone });
export const array = (of: SqlType): SqlType => ({ kind: 'array', of });

/** Digits after the second that an Iceberg timestamp and DuckDB's keep. */
const MOST_TIME_DIGITS = 6;
export const MOST_DECIMAL_DIGITS = 38;

const SIMPLE_NAMES: Readonly<Record<string, SqlType>> = {
  boolean: BOOLEAN,
  tinyint: simple('tinyint'),
  smallint: simple('smallint'),
  integer: INTEGER,
  int: INTEGER,
  bigint: BIGINT,
  real: REAL,
  double: DOUBLE,
  varchar: VARCHAR,
  varbinary: VARBINARY,
  date: DATE,
  // Names that Athena's DDL and Iceberg use for the same.
  string: VARCHAR,
  long: BIGINT,
  float: REAL,
  binary: VARBINARY,
};

/**
 * The type that a name stands for, or what is wrong with it. A length of varchar is left to casts: `varchar(3)` is varchar here.
 */
export function typeOf({ name, args, withTimeZone }: TypeName): SqlType | string {
  const numbers = args.filter((arg) => typeof arg === 'number');
  if (name === 'decimal') {
    const [precision = MOST_DECIMAL_DIGITS, scale = 0] = numbers;
    return precision >= 1 && precision <= MOST_DECIMAL_DIGITS && scale <= precision
      ? decimal(precision, scale)
      : `decimal(${precision}, ${scale}) is not possible: at most ${MOST_DECIMAL_DIGITS} digits`;
  }
  if (name === 'timestamp') {
    const [precision = 3] = numbers;
    if (precision > MOST_TIME_DIGITS) return `timestamp(${precision}) is finer than microseconds`;
    return withTimeZone ? instant(precision, 'UTC') : timestamp(precision);
  }
  if (name === 'array') {
    const [of] = args;
    if (typeof of !== 'object') return 'array wants the type of its elements';
    const element = typeOf(of);
    return typeof element === 'string' ? element : array(element);
  }
  if (name === 'map') {
    const [key, value] = args.map((arg) => (typeof arg === 'object' ? typeOf(arg) : 'map wants two types'));
    if (typeof key === 'string') return key;
    if (typeof value === 'string') return value;
    return key && value ? { kind: 'map', key, value } : 'map wants two types';
  }
  const found = Object.hasOwn(SIMPLE_NAMES, name) ? SIMPLE_NAMES[name] : undefined;
  if (!found || withTimeZone) return `the type ${name}${withTimeZone ? ' with time zone' : ''} is not part of the SQL that is allowed`;
  if (args.length > 0 && name !== 'varchar') return `the type ${name} takes no arguments`;
  return found;
}

/** Athena's name: `decimal(18,4)`, `timestamp(6) with time zone`. */
export function nameOfType(type: SqlType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'timestamp':
      return `timestamp(${type.precision})`;
    case 'instant':
      return `timestamp(${type.precision}) with time zone`;
    case 'days':
      return 'interval day to second';
    case 'months':
      return 'interval year to month';
    case 'array':
      return `array(${nameOfType(type.of)})`;
    case 'map':
      return `map(${nameOfType(type.key)}, ${nameOfType(type.value)})`;
    default:
      return type.kind;
  }
}

/** DuckDB's name of the type that holds the values. */
export function duckDbType(type: SqlType): string {
  switch (type.kind) {
    case 'unknown':
      return 'INTEGER';
    case 'real':
      return 'FLOAT';
    case 'varbinary':
      return 'BLOB';
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'instant':
      return 'TIMESTAMPTZ';
    case 'days':
    case 'months':
      return 'INTERVAL';
    case 'array':
      return `${duckDbType(type.of)}[]`;
    case 'map':
      return `MAP(${duckDbType(type.key)}, ${duckDbType(type.value)})`;
    default:
      return type.kind.toUpperCase();
  }
}

/** Does DuckDB hold both in the same way, so that no cast is needed? */
export function sameRepresentation(a: SqlType, b: SqlType): boolean {
  return duckDbType(a) === duckDbType(b);
}
