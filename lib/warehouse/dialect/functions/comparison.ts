// = <> < <= > >= between values of any types that can be compared.
import { commonType } from '../types/coercion.ts';
import { castTo, type Typed } from '../types/expression.ts';
import { nameOfType, sameRepresentation, type SqlType } from '../types/types.ts';
import type { Complaint } from './rows.ts';

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** Doubles compare by macros: DuckDB holds NaN equal to itself and greater than all numbers, Trino unequal and not comparable. */
const OF_DOUBLES: Readonly<Record<ComparisonOperator, string>> = {
  '=': 'millrace_equal', '<>': 'millrace_unequal', '<': 'millrace_less', '<=': 'millrace_at_most', '>': 'millrace_greater', '>=': 'millrace_at_least',
};

/** A comparison, or why there is none between these types. */
export function compare(operator: ComparisonOperator, left: Typed, right: Typed): { sql: string } | Complaint {
  const type = commonType(left.type, right.type);
  if (!type || !isComparable(type)) return incomparable(operator, left.type, right.type);
  const [a, b] = [coerced(left, type), coerced(right, type)];
  if (type.kind === 'double' || type.kind === 'real') {
    const [x, y] = [isNumberLiteral(left), isNumberLiteral(right)];
    if (x && y) return { sql: `(${a} ${operator} ${b})` };
    // A literal is no NaN: the plain comparison, which can skip data by its bounds, and a check of the other side where it matters.
    if (y) return { sql: operator.startsWith('>') ? `(${a} ${operator} ${b} AND NOT isnan(${a}))` : `(${a} ${operator} ${b})` };
    if (x) return { sql: operator.startsWith('<') && operator !== '<>' ? `(${a} ${operator} ${b} AND NOT isnan(${b}))` : `(${a} ${operator} ${b})` };
    return { sql: `${OF_DOUBLES[operator]}(${a}, ${b})` };
  }
  return { sql: `(${a} ${operator} ${b})` };
}

/** A value as another type that it turns into by itself. */
export function coerced(value: Typed, type: SqlType): string {
  if (value.type.kind === 'unknown') return castTo('NULL', type);
  return sameRepresentation(value.type, type) ? value.sql : castTo(value.sql, type);
}

/** Arrays and maps with NULLs in them are compared differently, so they are not compared at all. */
export const isComparable = (type: SqlType): boolean => type.kind !== 'array' && type.kind !== 'map';

export function incomparable(operator: string, a: SqlType, b: SqlType): Complaint {
  const texts = [a.kind, b.kind].includes('varchar');
  const zones = a.kind === 'instant' || b.kind === 'instant';
  return {
    complaint: `${nameOfType(a)} ${operator} ${nameOfType(b)} cannot be compared`,
    ...(texts && { todo: 'cast one side' }),
    ...(zones && { todo: "bring both to one zone with AT TIME ZONE 'UTC'" }),
  };
}

function isNumberLiteral({ source }: Typed): boolean {
  if (source?.kind === 'unary') return source.operator !== 'NOT' && source.operand.kind === 'literal';
  return source?.kind === 'literal' && source.type !== 'null';
}
