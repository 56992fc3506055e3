// + - * / % with Trino's types: whole division of integers, exact decimals that keep their scale, IEEE doubles.
import { asDecimal, commonType, isInteger, isNumber } from '../types/coercion.ts';
import { castTo, failure, literalInteger, type Typed } from '../types/expression.ts';
import { DAYS, decimal, DOUBLE, duckDbType, MONTHS, MOST_DECIMAL_DIGITS, nameOfType, type SqlType } from '../types/types.ts';
import type { Complaint } from './rows.ts';
import { addInterval } from './intervals.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
type Digits = { precision: number; scale: number };

/** Both operands, and the type they are to have. */
export function arithmetic(operator: ArithmeticOperator, left: Typed, right: Typed): { sql: string; type: SqlType } | Complaint {
  const [a, b] = [left.type, right.type];
  if ((operator === '/' || operator === '%') && isZero(right)) return { complaint: 'this divides by zero' };
  if (isNumber(a) && isNumber(b)) return numeric(operator, left, right);
  if (a.kind === 'unknown' && isNumber(b)) return numeric(operator, { ...left, type: b }, right);
  if (b.kind === 'unknown' && isNumber(a)) return numeric(operator, left, { ...right, type: a });
  const interval = withInterval(operator, left, right);
  if (interval) return interval;
  const dates = operator === '-' && ['date', 'timestamp', 'instant'].includes(a.kind) && ['date', 'timestamp', 'instant'].includes(b.kind);
  return {
    complaint: `${nameOfType(a)} ${operator} ${nameOfType(b)} is not possible`,
    ...(dates && { todo: "use date_diff('day', earlier, later)" }),
    ...(isInteger(b) && a.kind === 'date' && { todo: "use date_add('day', n, d) or d + INTERVAL '1' DAY" }),
  };
}

function numeric(operator: ArithmeticOperator, left: Typed, right: Typed): { sql: string; type: SqlType } | Complaint {
  const common = commonType(left.type, right.type) ?? DOUBLE;
  if (common.kind === 'double' || common.kind === 'real') {
    const [a, b] = [turned(left, common), turned(right, common)];
    return { sql: `(${a} ${operator} ${b})`, type: common };
  }
  if (isInteger(common)) return integers(operator, left, right, common);
  const [x, y] = [asDecimal(left.type), asDecimal(right.type)];
  if (!x || !y) return { complaint: `${nameOfType(left.type)} ${operator} ${nameOfType(right.type)} is not possible` };
  return decimals(operator, left, right, x, y);
}

function isZero({ source, type }: Typed): boolean {
  return source?.kind === 'literal' && (isInteger(type) || type.kind === 'decimal') && Number(source.text) === 0;
}

const turned = (operand: Typed, type: SqlType): string => (operand.type.kind === type.kind ? operand.sql : castTo(operand.sql, type));

function integers(operator: ArithmeticOperator, left: Typed, right: Typed, type: SqlType): { sql: string; type: SqlType } {
  const [a, b] = [turned(left, type), turned(right, type)];
  // Small integers would be added as what DuckDB likes best; the cast refuses what does not fit, as Trino does.
  const sql = (text: string) => (type.kind === 'tinyint' || type.kind === 'smallint' ? castTo(text, type) : text);
  if (operator !== '/' && operator !== '%') return { sql: sql(`(${a} ${operator} ${b})`), type };
  const literal = literalInteger(right);
  const divided = `(${a} ${operator === '/' ? '//' : '%'} ${b})`;
  if (literal !== undefined && literal > 0) return { sql: divided, type };
  // DuckDB answers NULL where Trino fails, and fails for the remainder of the least number by -1.
  const byMinusOne = operator === '%' ? ` WHEN ${b} = -1 AND ${a} IS NOT NULL THEN 0` : '';
  return { sql: `(CASE WHEN ${b} = 0 AND ${a} IS NOT NULL THEN ${failure('Division by zero', type)}${byMinusOne} ELSE ${divided} END)`, type };
}

function decimals(operator: ArithmeticOperator, left: Typed, right: Typed, x: Digits, y: Digits): { sql: string; type: SqlType } | Complaint {
  const scale = Math.max(x.scale, y.scale);
  const cap = (precision: number) => Math.min(MOST_DECIMAL_DIGITS, precision);
  switch (operator) {
    case '+':
    case '-': {
      const type = decimal(cap(Math.max(x.precision - x.scale, y.precision - y.scale) + scale + 1), scale);
      return { sql: castTo(`(${castTo(left.sql, type)} ${operator} ${castTo(right.sql, type)})`, type), type };
    }
    case '*': {
      if (x.scale + y.scale > MOST_DECIMAL_DIGITS) return { complaint: 'this product has more than 38 digits behind the point' };
      const type = decimal(cap(x.precision + y.precision), x.scale + y.scale);
      // Given the digits of the result, DuckDB computes in 128 bits; of itself it would stay with 18 digits and fail.
      const a = castTo(left.sql, decimal(Math.max(x.precision, cap(type.kind === 'decimal' ? type.precision - y.precision : 0), 19), x.scale));
      return { sql: castTo(`(${a} * ${castTo(right.sql, decimal(y.precision, y.scale))})`, type), type };
    }
    case '/': {
      const type = decimal(cap(x.precision + y.scale + Math.max(y.scale - x.scale, 0)), scale);
      const numerator = unscaled(left.sql, x, scale + y.scale);
      const quotient = fromUnscaled(`millrace_divide(${numerator}, ${unscaled(right.sql, y, y.scale)})`, type);
      return { sql: zeroGuarded(quotient, left.sql, right.sql, type), type };
    }
    case '%': {
      const type = decimal(Math.max(1, Math.min(y.precision - y.scale, x.precision - x.scale) + scale), scale);
      const remainder = fromUnscaled(`(${unscaled(left.sql, x, scale)} % ${unscaled(right.sql, y, scale)})`, type);
      return { sql: zeroGuarded(remainder, left.sql, right.sql, type), type };
    }
  }
}

function zeroGuarded(sql: string, a: string, b: string, type: SqlType): string {
  return `(CASE WHEN ${b} = 0 AND ${a} IS NOT NULL THEN ${failure('Division by zero', type)} ELSE ${sql} END)`;
}

/** A decimal times a power of ten, as a whole number of 128 bits. `places` is at least its scale. */
export function unscaled(sql: string, { precision, scale }: Digits, places: number): string {
  if (places === 0) return `CAST(${sql} AS HUGEINT)`;
  const times = (part: string) => `CAST(${part} * CAST(${10n ** BigInt(places)} AS ${duckDbType(decimal(places + 1, 0))}) AS HUGEINT)`;
  if (precision + places <= MOST_DECIMAL_DIGITS) return times(castTo(sql, decimal(precision + places, scale)));
  // Too wide to be multiplied at once: what is before the point and what is behind it are, one by one.
  const whole = castTo(`trunc(${sql})`, decimal(MOST_DECIMAL_DIGITS, 0));
  const fraction = castTo(`(${sql} - trunc(${sql}))`, decimal(Math.min(scale + 1 + places, MOST_DECIMAL_DIGITS), scale));
  return `(CAST(${whole} AS HUGEINT) * ${10n ** BigInt(places)} + ${times(fraction)})`;
}

/** The inverse: a whole number that counts the last digit of the type. */
export function fromUnscaled(sql: string, type: SqlType): string {
  const scale = type.kind === 'decimal' ? type.scale : 0;
  if (scale === 0) return castTo(sql, type);
  const unit = castTo(`0.${'1'.padStart(scale, '0')}`, decimal(Math.min(scale + 1, MOST_DECIMAL_DIGITS), scale));
  return castTo(`(CAST(${sql} AS DECIMAL(38, 0)) * ${unit})`, type);
}

function withInterval(operator: ArithmeticOperator, left: Typed, right: Typed): { sql: string; type: SqlType } | Complaint | undefined {
  const isInterval = ({ type }: Typed) => type.kind === 'days' || type.kind === 'months';
  if (operator === '+' && isInterval(right) && !isInterval(left)) return addInterval(left, right, false);
  if (operator === '-' && isInterval(right) && !isInterval(left)) return addInterval(left, right, true);
  if (operator === '+' && isInterval(left) && !isInterval(right)) return addInterval(right, left, false);
  if (operator !== '*') return undefined;
  const [interval, count] = isInterval(left) ? [left, right] : [right, left];
  if (!isInterval(interval) || !isInteger(count.type)) return undefined;
  return { sql: `(${interval.sql} * ${count.sql})`, type: interval.type.kind === 'days' ? DAYS : MONTHS };
}
