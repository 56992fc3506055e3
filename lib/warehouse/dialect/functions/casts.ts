// CAST and TRY_CAST, one row a pair of types.
import { quoteString } from '../literals.ts';
import { coerces, isInteger } from '../types/coercion.ts';
import { castTo, failure, type Typed } from '../types/expression.ts';
import { duckDbType, nameOfType, type SqlType, type TypeKind } from '../types/types.ts';
import type { Complaint } from './rows.ts';
import { roundTime, wallTime } from './times.ts';
import { instantOf } from './zones.ts';

/** SQL that casts; `otherwise` is what a value gives that cannot be cast: a failure, or NULL. `cast` is CAST or TRY_CAST. */
type Caster = (value: Typed, to: SqlType, how: { cast: string; otherwise: string }) => string;

const plain: Caster = ({ sql }, to, { cast }) => `${cast}(${sql} AS ${duckDbType(to)})`;
/** A text must look like this before it is cast: DuckDB takes more than Trino does. */
const matching = (pattern: string, caster: Caster = plain): Caster => (value, to, how) =>
  `(CASE WHEN regexp_full_match(${value.sql}, ${quoteString(pattern)}) THEN ${caster(value, to, how)} WHEN ${value.sql} IS NOT NULL THEN ${how.otherwise} END)`;
const WHOLE = '[+-]?[0-9]+';
const NUMBER = '([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?';

const fromText: Partial<Record<TypeKind, Caster>> = {
  bigint: matching(WHOLE),
  integer: matching(WHOLE),
  smallint: matching(WHOLE),
  tinyint: matching(WHOLE),
  double: matching(`[\\x00-\\x20]*[+-]?(NaN|Infinity|${NUMBER}[fFdD]?)[\\x00-\\x20]*`, ({ sql }, to, { cast }) =>
    `${cast}(millrace_number(${sql}) AS ${duckDbType(to)})`),
  decimal: matching(`[+-]?${NUMBER}`),
  boolean: ({ sql }, _, { otherwise }) => `(CASE WHEN lower(${sql}) IN ('t', 'true', '1') THEN TRUE
    WHEN lower(${sql}) IN ('f', 'false', '0') THEN FALSE WHEN ${sql} IS NOT NULL THEN ${otherwise} END)`,
  date: ({ sql }, _, { otherwise, cast }) => `${cast === 'CAST' ? 'millrace_date' : 'millrace_try_date'}(${sql}, ${otherwise})`,
  timestamp: ({ sql }, to, { otherwise, cast }) =>
    roundTime(`${cast === 'CAST' ? 'millrace_timestamp' : 'millrace_try_timestamp'}(${sql}, ${otherwise})`, 6, 'precision' in to ? to.precision : 6),
  varbinary: ({ sql }) => `encode(${sql})`,
};

const fromDouble: Partial<Record<TypeKind, Caster>> = {
  decimal: ({ sql }, to, { cast }) => `${cast}(CAST(${sql} AS VARCHAR) AS ${duckDbType(to)})`,
  boolean: ({ sql }) => `(${sql} <> 0)`,
  double: plain,
  real: plain,
};

const toText = (type: SqlType): Caster | undefined => {
  switch (type.kind) {
    case 'boolean':
    case 'date':
      return plain;
    case 'decimal':
      // DuckDB leaves out the zero before the point where the type has no digits there.
      return ({ sql }) => (type.precision === type.scale ? `CAST(CAST(${sql} AS ${duckDbType({ ...type, precision: Math.min(38, type.precision + 1) })}) AS VARCHAR)` : `CAST(${sql} AS VARCHAR)`);
    case 'timestamp':
      return ({ sql }) => timeText(sql, type.precision);
    case 'instant':
      return (value) => `(${timeText(wallTime(value), type.precision)} || ${quoteString(` ${type.zone}`)})`;
    default:
      return isInteger(type) ? plain : undefined;
  }
};

const timeText = (sql: string, digits: number): string =>
  digits === 0 ? `strftime(${sql}, '%Y-%m-%d %H:%M:%S')` : `left(strftime(${sql}, '%Y-%m-%d %H:%M:%S.%f'), ${digits - 6 || 1000})`;

const isText = (type: SqlType): boolean => type.kind === 'varchar';
const isFloating = (type: SqlType): boolean => type.kind === 'double' || type.kind === 'real';
const isExact = (type: SqlType): boolean => isInteger(type) || type.kind === 'decimal';

/** What casts one type to the other, or undefined where we allow no such cast. */
function casterOf(from: SqlType, to: SqlType): Caster | undefined {
  if (from.kind === 'unknown') return (_, type) => castTo('NULL', type);
  if (from.kind === to.kind && from.kind !== 'decimal' && from.kind !== 'timestamp' && from.kind !== 'instant' && from.kind !== 'array') {
    return ({ sql }) => sql;
  }
  if (isText(from)) return fromText[to.kind];
  if (isText(to)) return toText(from);
  if (isExact(from)) {
    if (to.kind === 'boolean') return ({ sql }) => `(${sql} <> 0)`;
    return isExact(to) || isFloating(to) ? plain : undefined;
  }
  if (isFloating(from)) {
    // DuckDB rounds halves to even.
    if (isInteger(to)) return ({ sql }, type, { cast }) => `${cast}(round(${sql}) AS ${duckDbType(type)})`;
    return fromDouble[to.kind];
  }
  if (from.kind === 'boolean') return isExact(to) || isFloating(to) ? ({ sql }, type) => castTo(`CAST(${sql} AS INTEGER)`, type) : undefined;
  return timeCaster(from, to);
}

function timeCaster(from: SqlType, to: SqlType): Caster | undefined {
  if (from.kind === 'date' && to.kind === 'timestamp') return plain;
  if (from.kind === 'date' && to.kind === 'instant') return ({ sql }) => instantOf(`CAST(${sql} AS TIMESTAMP)`, 'UTC');
  if (from.kind === 'timestamp' && to.kind === 'date') return plain;
  if (from.kind === 'timestamp' && to.kind === 'timestamp') return ({ sql }) => roundTime(sql, from.precision, to.precision);
  if (from.kind === 'timestamp' && to.kind === 'instant') return ({ sql }) => instantOf(roundTime(sql, from.precision, to.precision), 'UTC');
  if (from.kind === 'instant' && to.kind === 'timestamp') return (value) => roundTime(wallTime(value), from.precision, to.precision);
  if (from.kind === 'instant' && to.kind === 'date') return (value) => `CAST(${wallTime(value)} AS DATE)`;
  if (from.kind === 'instant' && to.kind === 'instant' && to.precision >= from.precision) return ({ sql }) => sql;
  return undefined;
}

/** `CAST(value AS to)`; `length` for `varchar(3)`. */
export function cast(value: Typed, to: SqlType, safe: boolean, length?: number): { sql: string; type: SqlType } | Complaint {
  const type = to.kind === 'instant' && value.type.kind === 'instant' ? { ...to, zone: value.type.zone } : to;
  if (value.type.kind === 'array' && coerces(value.type, to)) return { sql: castTo(value.sql, to), type };
  const caster = casterOf(value.type, type);
  if (!caster) {
    const floating = isFloating(value.type) && to.kind === 'varchar';
    return {
      complaint: `a cast from ${nameOfType(value.type)} to ${nameOfType(to)} is not allowed`,
      ...(floating && { todo: 'the engines write doubles differently: cast to decimal(p, s) first' }),
    };
  }
  const otherwise = safe ? castTo('NULL', type) : failure(`cannot be cast to ${nameOfType(type)}`, type);
  const sql = caster(value, type, { cast: safe ? 'TRY_CAST' : 'CAST', otherwise });
  if (length === undefined) return { sql, type };
  if (value.type.kind !== 'varchar' && value.type.kind !== 'unknown') {
    return { complaint: `a cast from ${nameOfType(value.type)} to varchar(${length}) is not allowed`, todo: 'cast to varchar' };
  }
  return { sql: `left(${sql}, ${length})`, type };
}
