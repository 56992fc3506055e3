// Functions of arrays, and JSON, of which only single values are taken out.
import { castTo, failure, literalInteger, literalText, type Typed } from '../types/expression.ts';
import { quoteString } from '../literals.ts';
import { array, BIGINT, DATE, VARCHAR, type SqlType } from '../types/types.ts';
import { scalar, type FunctionRow, type Translated } from './rows.ts';

const TOO_LONG = 'more than 10000 entries in a sequence';
const BACKWARDS = 'a sequence that never reaches its end';

export const ARRAYS: readonly FunctionRow[] = [
  scalar('cardinality(array(T)) → bigint', 'len($1)'),
  scalar('contains(array(T), T) → boolean', 'millrace_contains($1, $2)'),
  scalar('element_at(array(T), bigint) → T', ([list, index], returns) => literalInteger(index) === 0 ? { complaint: 'arrays are counted from 1' } :
    `(CASE WHEN ${index?.sql} = 0 AND ${list?.sql} IS NOT NULL THEN ${failure('SQL array indices start at 1', returns)} ELSE ${list?.sql}[${index?.sql}] END)`),
  scalar("array_join(array(varchar), 'separator') → varchar", 'array_to_string($1, $2)', { note: 'leaves out NULLs' }),
  scalar('array_sort(array(T)) → array(T)', "list_sort($1, 'ASC', 'NULLS LAST')"),
  scalar('array_max(array(T)) → T', 'millrace_list_max($1)', { note: 'NULL if any element is' }),
  scalar('array_min(array(T)) → T', 'millrace_list_min($1)', { note: 'NULL if any element is' }),
  scalar('sequence(bigint, bigint) → array(bigint)', sequenceOfNumbers),
  scalar('sequence(bigint, bigint, bigint) → array(bigint)', sequenceOfNumbers),
  scalar('sequence(date, date) → array(date)', ([from, to], returns) =>
    checkedSequence(`abs(${to?.sql} - ${from?.sql})`, returns,
      `list_transform(generate_series(0, ${to?.sql} - ${from?.sql}, CASE WHEN ${to?.sql} >= ${from?.sql} THEN 1 ELSE -1 END), lambda i: ${from?.sql} + CAST(i AS INTEGER))`),
  { note: 'at most 10000 entries, as in Athena' }),
  scalar('sequence(date, date, interval day to second) → array(date)', steppedDates('day')),
  scalar('sequence(date, date, interval year to month) → array(date)', steppedDates('month')),
];

function checkedSequence(steps: string, returns: SqlType, sql: string): string {
  return `(CASE WHEN ${steps} >= 10000 THEN ${failureOf(TOO_LONG, returns)} ELSE ${sql} END)`;
}

/** A list cannot be cast from text that is none: the failure is that of its elements. */
function failureOf(message: string, returns: SqlType): string {
  return returns.kind === 'array' ? `[${failure(message, returns.of)}]` : failure(message, returns);
}

function sequenceOfNumbers([from, to, step]: readonly Typed[], returns: SqlType): Translated {
  const by = step?.sql ?? `(CASE WHEN ${to?.sql} >= ${from?.sql} THEN 1 ELSE -1 END)`;
  const wrong = `sign(${to?.sql} - ${from?.sql}) * sign(${by}) < 0 OR ${by} = 0`;
  const series = checkedSequence(`(${to?.sql} - ${from?.sql}) // nullif(${by}, 0)`, returns, `generate_series(${from?.sql}, ${to?.sql}, ${by})`);
  return step === undefined ? series : `(CASE WHEN ${wrong} THEN ${failureOf(BACKWARDS, array(BIGINT))} ELSE ${series} END)`;
}

/** Trino counts every step from the start: January 31, February 28, March 31. */
function steppedDates(unit: 'day' | 'month'): (args: readonly Typed[], returns: SqlType) => Translated {
  return ([from, to, interval], returns) => {
    const { source } = interval ?? {};
    const count = source?.kind === 'interval' && !source.to ? Number(source.text) * (source.negative ? -1 : 1) * (source.unit === 'year' ? 12 : 1) : Number.NaN;
    const whole = unit === 'month' || (source?.kind === 'interval' && source.unit === 'day');
    if (!Number.isInteger(count) || count === 0 || !whole) return { complaint: "the step must be a literal of whole days, months or years, such as INTERVAL '1' DAY" };
    const start = from?.sql ?? 'NULL';
    const reach = unit === 'day' ? `(${to?.sql} - ${start})` : `datesub('month', ${start}, ${to?.sql})`;
    const element = castTo(`(${start} + to_${unit}s(CAST(i * ${count} AS INTEGER)))`, DATE);
    const list = `list_transform(generate_series(0, ${reach} // ${count}), lambda i: ${element})`;
    const wrong = count > 0 ? `${to?.sql} < ${start}` : `${to?.sql} > ${start}`;
    return `(CASE WHEN ${wrong} THEN ${failureOf(BACKWARDS, returns)} ELSE ${checkedSequence(`${reach} // ${count}`, returns, list)} END)`;
  };
}

const PATH = /^\$(?:\.[A-Za-z_][A-Za-z0-9_]*|\["[^"\\]*"\]|\[\d+\])*$/;

export const JSONS: readonly FunctionRow[] = [
  scalar("json_extract_scalar(varchar, 'path') → varchar", jsonScalar, {
    use: 'queries', note: 'paths of names and indexes; text that is no JSON, and a number with a fraction or an exponent, are an error here',
  }),
];

function jsonScalar([json, path]: readonly Typed[]): Translated {
  const text = literalText(path) ?? '';
  if (!PATH.test(text)) return { complaint: `the JSON path '${text}' is not allowed`, todo: "write '$.name', '$[\"a name\"]', '$.list[0]'" };
  const written = quoteString(text.replaceAll(/\["([^"]*)"\]/g, '."$1"'));
  return `millrace_json_scalar(${json?.sql}, ${written}, ${failure('not JSON, or a number that the engines write differently', VARCHAR)})`;
}
