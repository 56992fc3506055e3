// Literals: their types as Trino sees them, and their text for DuckDB.
import { instantOf, isZone } from '../functions/zones.ts';
import { parseTimestamp, quoteString } from '../literals.ts';
import type { IntervalLiteral, Literal, TypedLiteral } from '../syntax/tree.ts';
import { castTo, NOWHERE, type Typed } from '../types/expression.ts';
import {
  BIGINT, BOOLEAN, DATE, DAYS, decimal, DOUBLE, instant, INTEGER, MONTHS, REAL, timestamp, typeOf, UNKNOWN, VARBINARY, VARCHAR, type SqlType,
} from '../types/types.ts';
import type { Context } from './context.ts';

export function literal(context: Context, node: Literal): Typed {
  const made = (sql: string, type: SqlType): Typed => ({ sql, type, from: NOWHERE, source: node });
  switch (node.type) {
    case 'null':
      return made('NULL', UNKNOWN);
    case 'boolean':
      return made(node.text, BOOLEAN);
    case 'string':
      return made(quoteString(node.text), VARCHAR);
    case 'binary':
      return made(`unhex('${node.text}')`, VARBINARY);
    case 'double':
      return made(`CAST(${node.text} AS DOUBLE)`, DOUBLE);
    case 'integer': {
      const value = BigInt(node.text);
      if (value > 2n ** 63n - 1n) return context.fail(node.at, 'this number is greater than a bigint', "write DECIMAL '…'");
      return made(String(value), value > 2n ** 31n - 1n ? BIGINT : INTEGER);
    }
    case 'decimal':
      return decimalLiteral(context, node, node.text);
  }
}

/** `1.50` is decimal(3,2), `0.05` decimal(2,2): zeros before the point do not count. */
function decimalLiteral(context: Context, node: Literal | TypedLiteral, text: string): Typed {
  const match = /^([+-]?)0*(\d*)(?:\.(\d*))?$/.exec(text.trim());
  if (!match) return context.fail(node.at, `'${text}' is no decimal`);
  const [, sign = '', whole = '', fraction = ''] = match;
  const precision = Math.max(1, whole.length + fraction.length);
  if (precision > 38) return context.fail(node.at, 'a decimal has at most 38 digits');
  const type = decimal(precision, fraction.length);
  return { sql: castTo(`'${sign}${whole || '0'}.${fraction || '0'}'`, type), type, from: NOWHERE, source: node };
}

export function typedLiteral(context: Context, node: TypedLiteral): Typed {
  const made = (sql: string, type: SqlType): Typed => ({ sql, type, from: NOWHERE, source: node });
  const wrong = () => context.fail(node.at, `'${node.text}' is no ${node.type}`);
  switch (node.type) {
    case 'decimal':
      return decimalLiteral(context, node, node.text);
    case 'date': {
      const parsed = parseTimestamp(node.text);
      return parsed && !node.text.trim().includes(' ') ? made(`DATE '${isoDate(parsed.micros)}'`, DATE) : wrong();
    }
    case 'timestamp':
      return timestampLiteral(context, node);
    case 'varchar':
      return made(quoteString(node.text), VARCHAR);
    case 'boolean':
      return /^(true|false)$/i.test(node.text) ? made(node.text.toUpperCase(), BOOLEAN) : wrong();
    case 'double':
    case 'real': {
      const value = Number(node.text);
      return Number.isNaN(value) ? wrong() : made(castTo(quoteString(node.text), node.type === 'double' ? DOUBLE : REAL), node.type === 'double' ? DOUBLE : REAL);
    }
    case 'bigint':
    case 'integer':
    case 'int':
    case 'smallint':
    case 'tinyint': {
      const type = typeOf({ name: node.type, args: [], withTimeZone: false, at: node.at });
      if (typeof type === 'string' || !/^[+-]?\d+$/.test(node.text)) return wrong();
      return made(castTo(`'${node.text}'`, type), type);
    }
    default:
      return context.refuse(node.at, `a literal of type ${node.type} is not allowed`);
  }
}

const isoDate = (micros: bigint): string => new Date(Number(micros / 1000n)).toISOString().slice(0, 10);

/** `TIMESTAMP '2026-01-31 10:00:00.5'`, with a zone also by name. */
function timestampLiteral(context: Context, node: TypedLiteral): Typed {
  const named = / ([A-Z][A-Za-z_]*\/[A-Za-z_/+-]+\d*)$/.exec(node.text);
  const local = parseTimestamp(named ? node.text.slice(0, named.index) : node.text);
  const zone = named?.[1] ?? local?.zone;
  if (/\.\d{7,12}( |$)/.test(node.text)) return context.refuse(node.at, 'a time finer than microseconds is not allowed');
  if (!local || (named && (local.zone !== undefined || !isZone(named[1] ?? '')))) {
    return context.fail(node.at, `'${node.text}' is no timestamp`, 'to the microsecond at most, with a known zone or none');
  }
  const text = `TIMESTAMP '${isoDate(local.micros)} ${isoTime(local.micros)}'`;
  if (zone === undefined) return { sql: text, type: timestamp(local.precision), from: NOWHERE, source: node };
  if (!named && zone !== 'UTC') return context.refuse(node.at, 'a time zone by its offset is not allowed', 'write the time in UTC');
  return { sql: instantOf(text, zone), type: instant(local.precision, zone), from: NOWHERE, source: node };
}

function isoTime(micros: bigint): string {
  const inDay = ((micros % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n;
  const clock = new Date(Number(inDay / 1000n)).toISOString().slice(11, 19);
  return `${clock}.${String(inDay % 1_000_000n).padStart(6, '0')}`;
}

const INTERVAL_UNITS: Readonly<Record<string, SqlType>> = { year: MONTHS, month: MONTHS, day: DAYS, hour: DAYS, minute: DAYS, second: DAYS };

export function interval(context: Context, node: IntervalLiteral): Typed {
  const type = Object.hasOwn(INTERVAL_UNITS, node.unit) ? INTERVAL_UNITS[node.unit] : undefined;
  if (!type || node.to !== undefined) {
    return context.refuse(node.at, `an interval of ${node.unit}${node.to ? ` to ${node.to}` : ''} is not allowed`, "write INTERVAL '3' DAY");
  }
  if (!/^\d{1,9}$/.test(node.text)) return context.refuse(node.at, 'an interval is a whole number of its unit', "write INTERVAL '3' DAY");
  return { sql: `to_${node.unit}s(${node.negative ? '-' : ''}${Number(node.text)})`, type, from: NOWHERE, source: node };
}
