// Aggregate and window functions.
import { castTo, type Typed } from '../types/expression.ts';
import { decimal, nameOfType, type SqlType } from '../types/types.ts';
import { fromUnscaled, unscaled } from './arithmetic.ts';
import { isComparable } from './comparison.ts';
import { aggregate, windowed, type Aggregation, type Complaint, type FunctionRow } from './rows.ts';

const isFloating = (type: SqlType | undefined): boolean => type?.kind === 'double' || type?.kind === 'real';
const sqlOf = (value: Typed | undefined): string => value?.sql ?? 'NULL';
/** An aggregate that DuckDB has under that name, with the same meaning. */
const plain = (signatures: string | readonly string[], name: string, extras = {}) =>
  aggregate(signatures, (args, call) => call(name, args.map(sqlOf)), extras);
const ofDoubles = (names: readonly string[], duckdb: string) => plain(names.map((name) => `${name}(double) → double`), duckdb);

export const AGGREGATES: readonly FunctionRow[] = [
  plain('count(T) → bigint', 'count', { note: 'also count(*), count(DISTINCT x)' }),
  aggregate('count_if(boolean) → bigint', ([x], call) => call('count', ['*'], sqlOf(x))),
  aggregate(['sum(bigint) → bigint', 'sum(real) → real', 'sum(double) → double', 'sum(decimal(p, s)) → decimal(38, s)'], ([x], call, returns) =>
    castTo(call('sum', [sqlOf(x)]), returns), { note: 'NULL of no rows; fails where a bigint overflows' }),
  aggregate(['avg(double) → double', 'avg(decimal(p, s)) → decimal(p, s)', 'avg(real) → real'], average, {
    note: 'of integers a double; of decimals a decimal of the same scale, rounded half up',
  }),
  aggregate('max(T) → T', ([x], call) => extreme('max', x, call)),
  aggregate('min(T) → T', ([x], call) => extreme('min', x, call)),
  aggregate('max_by(T, U) → T', ([x, by], call) => call('arg_max_null', [sqlOf(x), sortKey(by, -1)]), { note: 'which row wins a tie is not defined' }),
  aggregate('min_by(T, U) → T', ([x, by], call) => call('arg_min_null', [sqlOf(x), sortKey(by, 1)]), { note: 'which row wins a tie is not defined' }),
  plain(['bool_and(boolean) → boolean', 'every(boolean) → boolean'], 'bool_and'),
  plain('bool_or(boolean) → boolean', 'bool_or'),
  plain('array_agg(T) → array(T)', 'list', { ordered: true, note: 'a model must give an ORDER BY' }),
  plain('listagg(varchar, varchar) → varchar', 'string_agg', { ordered: true, note: "listagg(x, ',') WITHIN GROUP (ORDER BY x)" }),
  ofDoubles(['stddev', 'stddev_samp'], 'stddev_samp'),
  ofDoubles(['stddev_pop'], 'stddev_pop'),
  ofDoubles(['variance', 'var_samp'], 'var_samp'),
  ofDoubles(['var_pop'], 'var_pop'),
  aggregate(['any_value(T) → T', 'arbitrary(T) → T'], ([x], call) => call('any_value', [sqlOf(x)]), { use: 'queries', note: 'any row: use min, max or min_by in models' }),
  aggregate('approx_distinct(T) → bigint', ([x], call) => castTo(call('approx_count_distinct', [sqlOf(x)]), { kind: 'bigint' }), {
    use: 'queries', note: 'the engines estimate differently',
  }),
];

export const WINDOWS: readonly FunctionRow[] = [
  windowed('row_number() → bigint', 'row_number()'),
  windowed('rank() → bigint', 'rank()'),
  windowed('dense_rank() → bigint', 'dense_rank()'),
  windowed('percent_rank() → double', 'percent_rank()'),
  windowed('cume_dist() → double', 'cume_dist()'),
  windowed('ntile(bigint) → bigint', 'ntile($1)'),
  windowed(['lag(T) → T', 'lead(T) → T'], '', { ignoresNulls: true }),
  windowed(['lag(T, bigint) → T', 'lead(T, bigint) → T'], '', { ignoresNulls: true }),
  windowed(['lag(T, bigint, T) → T', 'lead(T, bigint, T) → T'], '', { ignoresNulls: true }),
  windowed(['first_value(T) → T', 'last_value(T) → T', 'nth_value(T, bigint) → T'], '', { ignoresNulls: true }),
];

function average([x]: readonly Typed[], call: Aggregation, returns: SqlType): string | Complaint {
  if (returns.kind !== 'decimal') return castTo(call('avg', [sqlOf(x)]), returns);
  const { scale } = returns;
  const sum = unscaled(call('sum', [sqlOf(x)]), { precision: 38, scale }, scale);
  return fromUnscaled(`millrace_divide(${sum}, CAST(${call('count', [sqlOf(x)])} AS HUGEINT))`, decimal(returns.precision, scale));
}

/** Trino leaves NaN out unless there is nothing else; DuckDB takes it for the greatest. */
function extreme(name: 'max' | 'min', x: Typed | undefined, call: Aggregation): string | Complaint {
  if (x && !isComparable(x.type)) return { complaint: `${name} of ${nameOfType(x.type)} is not allowed` };
  const plainly = call(name, [sqlOf(x)]);
  return name === 'max' && isFloating(x?.type) ? `coalesce(${call(name, [sqlOf(x)], `NOT isnan(${sqlOf(x)})`)}, ${plainly})` : plainly;
}

/** What max_by compares: NaN comes last in either direction. */
function sortKey(by: Typed | undefined, nanIs: 1 | -1): string {
  const sql = sqlOf(by);
  if (!isFloating(by?.type)) return sql;
  return `(CASE WHEN ${sql} IS NOT NULL THEN row(CASE WHEN isnan(${sql}) THEN ${nanIs} ELSE 0 END, ${sql}) END)`;
}

