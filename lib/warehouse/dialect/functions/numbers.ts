// Functions of numbers.
import { asDecimal } from '../types/coercion.ts';
import { castTo, literalInteger, type Typed } from '../types/expression.ts';
import { decimal, type SqlType } from '../types/types.ts';
import { arithmetic } from './arithmetic.ts';
import { scalar, type FunctionRow, type Translated } from './rows.ts';

const INTEGERS = ['integer', 'bigint'] as const;
const ofIntegers = (name: string, more = ''): string[] => INTEGERS.map((type) => `${name}(${type}${more}) → ${type}`);
const ofDoubles = (name: string, count = 1): string => `${name}(${Array.from({ length: count }, () => 'double').join(', ')}) → double`;
/** A function of one double that DuckDB has by the same name and with the same meaning. */
const plain = (name: string): FunctionRow => scalar(ofDoubles(name), `${name}($1)`);

export const NUMBERS: readonly FunctionRow[] = [
  scalar([...ofIntegers('abs'), 'abs(decimal(p, s)) → decimal(p, s)', ofDoubles('abs')], 'abs($1)'),
  scalar([...ofIntegers('sign'), ofDoubles('sign')], ([x], returns) =>
    returns.kind === 'double' ? `millrace_sign(${x?.sql})` : castTo(`sign(${x?.sql})`, returns)),
  scalar('sign(decimal(p, s)) → decimal(1, 0)', 'CAST(sign($1) AS DECIMAL(1, 0))'),
  ...['ceil', 'ceiling', 'floor'].flatMap((name) => [
    scalar(ofIntegers(name), '$1'),
    scalar(`${name}(decimal(p, s)) → decimal(p-s+1, 0)`, ([x]) => toWhole(name === 'floor' ? 'floor' : 'ceil', x)),
    scalar(ofDoubles(name), `${name === 'floor' ? 'floor' : 'ceil'}($1)`),
  ]),
  scalar(ofIntegers('round'), '$1'),
  scalar(ofIntegers('round', ', integer'), roundInteger, { note: 'the number of digits must be a literal' }),
  scalar('round(decimal(p, s)) → decimal(p-s+1, 0)', ([x]) => toWhole('round', x), { note: 'half away from zero' }),
  scalar('round(decimal(p, s), integer) → decimal(p+1, s)', roundDecimal, { note: 'of a decimal keeps its scale' }),
  scalar(ofDoubles('round'), 'millrace_round($1, 0)'),
  scalar('round(double, integer) → double', 'millrace_round($1, $2)'),
  scalar('truncate(decimal(p, s)) → decimal(p-s, 0)', truncateDecimal),
  scalar(ofDoubles('truncate'), 'trunc($1)'),
  scalar('mod(T, U) → T', ([x, y]) => (x && y ? arithmetic('%', x, y) : ''), { note: 'the same as %' }),
  scalar(['power(double, double) → double', 'pow(double, double) → double'], 'millrace_power($1, $2)'),
  scalar(ofDoubles('sqrt'), 'millrace_sqrt($1)'),
  plain('exp'),
  scalar(ofDoubles('ln'), 'millrace_ln($1)'),
  scalar(ofDoubles('log', 2), 'millrace_ln($2) / millrace_ln($1)', { note: 'log(base, x)' }),
  scalar(ofDoubles('log2'), 'millrace_log2($1)'),
  scalar(ofDoubles('log10'), 'millrace_log10($1)'),
  plain('degrees'),
  plain('radians'),
  scalar(ofDoubles('sin'), 'sin(millrace_finite($1))'),
  scalar(ofDoubles('cos'), 'cos(millrace_finite($1))'),
  scalar(ofDoubles('tan'), 'tan(millrace_finite($1))'),
  plain('atan'),
  scalar(ofDoubles('asin'), 'millrace_asin($1)'),
  scalar(ofDoubles('acos'), 'millrace_acos($1)'),
  scalar(ofDoubles('atan2', 2), 'atan2($1, $2)'),
  scalar('pi() → double', 'pi()'),
  scalar('e() → double', 'exp(1e0)'),
  scalar('nan() → double', "CAST('NaN' AS DOUBLE)"),
  scalar('infinity() → double', "CAST('Infinity' AS DOUBLE)"),
  scalar('is_nan(double) → boolean', 'isnan($1)'),
  scalar('is_finite(double) → boolean', 'isfinite($1)'),
  scalar('is_infinite(double) → boolean', 'isinf($1)'),
  scalar('bitwise_and(bigint, bigint) → bigint', '($1 & $2)'),
  scalar('bitwise_or(bigint, bigint) → bigint', '($1 | $2)'),
  scalar('bitwise_xor(bigint, bigint) → bigint', 'xor($1, $2)'),
];

/** `round`, `ceil`, `floor` of a decimal: no digits behind the point, one more before it where there were some. */
function toWhole(name: string, x: Typed | undefined): Translated {
  const { precision, scale } = asDecimal(x?.type ?? { kind: 'unknown' }) ?? { precision: 1, scale: 0 };
  const type = decimal(precision - scale + Math.min(scale, 1), 0);
  return { sql: castTo(`${name}(${x?.sql})`, type), type };
}

function truncateDecimal([x]: readonly Typed[]): Translated {
  const { precision, scale } = asDecimal(x?.type ?? { kind: 'unknown' }) ?? { precision: 1, scale: 0 };
  const type = decimal(Math.max(precision - scale, 1), 0);
  return { sql: castTo(`trunc(${x?.sql})`, type), type };
}

function roundDecimal([x, digits]: readonly Typed[], returns: SqlType): Translated {
  const places = literalInteger(digits);
  if (places === undefined) return { complaint: 'round wants a literal number of digits' };
  if (x && x.type.kind === 'decimal' && places >= x.type.scale) return castTo(x.sql, returns);
  return castTo(`round(${castTo(x?.sql ?? 'NULL', returns)}, ${places})`, returns);
}

function roundInteger([x, digits]: readonly Typed[], returns: SqlType): Translated {
  const places = literalInteger(digits);
  if (places === undefined) return { complaint: 'round wants a literal number of digits' };
  if (places >= 0) return x?.sql ?? 'NULL';
  return castTo(`round(CAST(${x?.sql} AS DECIMAL(20, 0)), ${places})`, returns);
}
