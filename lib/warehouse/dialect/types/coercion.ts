// Which type turns into which without a cast, as Trino's analyser has it.
import {
  array, decimal, DOUBLE, instant, MOST_DECIMAL_DIGITS, nameOfType, timestamp, type SqlType, type TypeKind,
} from './types.ts';

const INTEGERS: readonly TypeKind[] = ['tinyint', 'smallint', 'integer', 'bigint'];
/** Digits that hold every value of an integer type. */
const INTEGER_DIGITS: Partial<Record<TypeKind, number>> = { tinyint: 3, smallint: 5, integer: 10, bigint: 19 };

export const isInteger = (type: SqlType): boolean => INTEGERS.includes(type.kind);
export const isNumber = (type: SqlType): boolean => isInteger(type) || ['decimal', 'real', 'double'].includes(type.kind);
export const sameType = (a: SqlType, b: SqlType): boolean =>
  nameOfType(a) === nameOfType(b) && (a.kind !== 'instant' || b.kind !== 'instant' || a.zone === b.zone);

/** An integer type as the decimal that holds it; a decimal as it is. */
export function asDecimal(type: SqlType): { precision: number; scale: number } | undefined {
  if (type.kind === 'decimal') return type;
  const digits = INTEGER_DIGITS[type.kind];
  return digits === undefined ? undefined : { precision: digits, scale: 0 };
}

/** The type that both turn into, for CASE, UNION, comparisons; undefined if there is none. */
export function commonType(a: SqlType, b: SqlType): SqlType | undefined {
  if (sameType(a, b)) return a;
  if (a.kind === 'unknown') return b;
  if (b.kind === 'unknown') return a;
  if (isNumber(a) && isNumber(b)) return commonNumber(a, b);
  if (a.kind === 'array' && b.kind === 'array') {
    const of = commonType(a.of, b.of);
    return of && array(of);
  }
  return commonTime(a, b);
}

function commonNumber(a: SqlType, b: SqlType): SqlType {
  if (isInteger(a) && isInteger(b)) return INTEGERS.indexOf(a.kind) > INTEGERS.indexOf(b.kind) ? a : b;
  const [x, y] = [asDecimal(a), asDecimal(b)];
  if (!x || !y) return a.kind === 'double' || b.kind === 'double' ? DOUBLE : { kind: 'real' };
  const scale = Math.max(x.scale, y.scale);
  const whole = Math.max(x.precision - x.scale, y.precision - y.scale);
  return decimal(Math.min(MOST_DECIMAL_DIGITS, whole + scale), scale);
}

function commonTime(a: SqlType, b: SqlType): SqlType | undefined {
  const order: readonly TypeKind[] = ['date', 'timestamp', 'instant'];
  const rank = Math.max(order.indexOf(a.kind), order.indexOf(b.kind));
  if (!order.includes(a.kind) || !order.includes(b.kind)) return undefined;
  const precision = Math.max(...[a, b].map((type) => ('precision' in type ? type.precision : 0)));
  if (order[rank] === 'timestamp') return timestamp(precision);
  // The value with the zone decides: the other one is read in the session's zone, which is UTC.
  const zones = [a, b].map((type) => (type.kind === 'instant' ? type.zone : 'UTC'));
  return zones[0] !== undefined && zones[0] === zones[1] ? instant(precision, zones[0]) : undefined;
}

/** Does Trino turn a value of `from` into `to` without being asked? */
export function coerces(from: SqlType, to: SqlType): boolean {
  if (sameType(from, to) || from.kind === 'unknown') return true;
  if (to.kind === 'instant' && from.kind === 'date') return true;
  if (to.kind === 'instant' && from.kind === 'timestamp') return from.precision <= to.precision;
  if (from.kind === 'array' && to.kind === 'array') return coerces(from.of, to.of);
  const common = commonType(from, to);
  return common !== undefined && sameType(common, to);
}
