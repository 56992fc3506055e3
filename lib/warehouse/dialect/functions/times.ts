// Functions of dates and times.
import { quoteString } from '../literals.ts';
import { castTo, failure, literalText, type Typed } from '../types/expression.ts';
import { DATE, instant, type SqlType } from '../types/types.ts';
import { parseExpression, printFormat, readFormat } from './formats.ts';
import { scalar, type Complaint, type FunctionRow, type Translated } from './rows.ts';
import { instantOf, isZone, localTime } from './zones.ts';

const DATE_UNITS = ['day', 'week', 'month', 'quarter', 'year'];
const TIME_UNITS = ['millisecond', 'second', 'minute', 'hour'];
const UNITS = [...TIME_UNITS, ...DATE_UNITS];
/** Units as intervals: how many of what. */
const INTERVALS: Readonly<Record<string, readonly [count: number, unit: string]>> = {
  millisecond: [1, 'milliseconds'], second: [1, 'seconds'], minute: [1, 'minutes'], hour: [1, 'hours'], day: [1, 'days'], week: [7, 'days'],
  month: [1, 'months'], quarter: [3, 'months'], year: [12, 'months'],
};
const MILLISECONDS: Readonly<Record<string, number>> = { millisecond: 1, second: 1e3, minute: 6e4, hour: 36e5, day: 864e5, week: 6048e5 };
const MONTHS: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 };

/** Parts of a time: their names as functions and in EXTRACT, and DuckDB's expression. Hours and less want a timestamp. */
const PARTS: readonly (readonly [names: readonly string[], duckdb: string, ofDates: boolean])[] = [
  [['year'], 'year($1)', true],
  [['quarter'], 'quarter($1)', true],
  [['month'], 'month($1)', true],
  [['week', 'week_of_year'], 'week($1)', true],
  [['day', 'day_of_month'], 'day($1)', true],
  [['day_of_week', 'dow'], 'isodow($1)', true],
  [['day_of_year', 'doy'], 'dayofyear($1)', true],
  [['year_of_week', 'yow'], 'isoyear($1)', true],
  [['hour'], 'hour($1)', false],
  [['minute'], 'minute($1)', false],
  [['second'], 'second($1)', false],
  [['millisecond'], '(millisecond($1) % 1000)', false],
];

export const TIMES: readonly FunctionRow[] = [
  ...PARTS.flatMap(([names, duckdb, ofDates]) =>
    names.map((name) =>
      scalar([...(ofDates ? [`${name}(date) → bigint`] : []), `${name}(timestamp(p)) → bigint`], duckdb,
        name.includes('dow') || name === 'day_of_week' ? { note: '1 is Monday, 7 Sunday' } : {}))),
  scalar('date(varchar) → date', ([x]) => `millrace_date(${x?.sql}, ${failure('no date', DATE)})`),
  scalar(['date(date) → date', 'date(timestamp(p)) → date'], 'CAST($1 AS DATE)'),
  scalar('date(timestamp(p) with time zone) → date', ([x]) => `CAST(${wallTime(x)} AS DATE)`),
  scalar(["date_add('unit', bigint, date) → date", "date_add('unit', bigint, timestamp(p)) → timestamp(p)"], dateAdd),
  scalar(["date_diff('unit', date, date) → bigint", "date_diff('unit', timestamp(p), timestamp(p)) → bigint"], dateDiff, {
    note: 'counts whole units; a timestamp counts to the millisecond',
  }),
  scalar(["date_trunc('unit', date) → date", "date_trunc('unit', timestamp(p)) → timestamp(p)"], dateTrunc),
  scalar(['last_day_of_month(date) → date', 'last_day_of_month(timestamp(p)) → date'], 'last_day($1)'),
  scalar("date_format(timestamp(p), 'format') → varchar", dateFormat, { note: `letters: ${'%Y %m %d %H %i %s %T %j %y %a %b %M %W %x %v %c %e %k %h %l %p'}` }),
  scalar("date_parse(varchar, 'format') → timestamp(3)", dateParse, { note: 'letters: %Y %m %d %H %i %s %c %e %k' }),
  scalar('from_unixtime(double) → timestamp(3) with time zone', 'millrace_unixtime($1)', { note: 'UTC' }),
  scalar('to_unixtime(timestamp(p)) → double', 'epoch($1)'),
  scalar('to_unixtime(timestamp(p) with time zone) → double', 'epoch($1)'),
  scalar("with_timezone(timestamp(p), 'zone') → timestamp(p) with time zone", withTimeZone, {
    note: 'a local time that does not exist moves forward, an ambiguous one is the earlier',
  }),
  scalar("at_timezone(timestamp(p) with time zone, 'zone') → timestamp(p) with time zone", ([x, zone]) => atTimeZone(x, literalText(zone)), {
    note: 'also written x AT TIME ZONE zone',
  }),
];

/** The names that EXTRACT takes. */
export const EXTRACT_FIELDS: ReadonlySet<string> = new Set(PARTS.flatMap(([names]) => names).filter((name) => name !== 'week_of_year' && name !== 'millisecond'));

function unitOf(unit: Typed | undefined, time: Typed | undefined): string | Complaint {
  const name = literalText(unit)?.toLowerCase() ?? '';
  if (!UNITS.includes(name)) return { complaint: `there is no unit '${literalText(unit) ?? ''}'`, todo: `units are ${UNITS.join(', ')}` };
  if (time?.type.kind === 'date' && TIME_UNITS.includes(name)) return { complaint: `a date has no ${name}s`, todo: 'cast it to timestamp first' };
  return name;
}

function dateAdd([unit, count, time]: readonly Typed[], returns: SqlType): Translated {
  const name = unitOf(unit, time);
  if (typeof name !== 'string') return name;
  if (name === 'millisecond' && returns.kind === 'timestamp' && returns.precision < 3) {
    return { complaint: `timestamp(${returns.precision}) has no milliseconds`, todo: 'cast it to timestamp(3) first' };
  }
  const [times, into] = INTERVALS[name] as readonly [number, string];
  const amount = `to_${into}(CAST(${times === 1 ? count?.sql : `${count?.sql} * ${times}`} AS ${into === 'days' || into === 'months' ? 'INTEGER' : 'BIGINT'}))`;
  const moved = `(${time?.sql} + ${amount})`;
  return returns.kind === 'date' ? castTo(moved, DATE) : moved;
}

function dateDiff([unit, from, to]: readonly Typed[]): Translated {
  const name = unitOf(unit, from);
  if (typeof name !== 'string') return name;
  const months = MONTHS[name];
  const dates = from?.type.kind === 'date';
  if (months !== undefined) {
    const difference = dates ? `datesub('month', ${from.sql}, ${to?.sql})` : `millrace_months(${from?.sql}, ${to?.sql})`;
    return months === 1 ? difference : `(${difference} // ${months})`;
  }
  if (dates) return name === 'day' ? `(${to?.sql} - ${from.sql})` : `((${to?.sql} - ${from.sql}) // 7)`;
  return `((millrace_milliseconds(${to?.sql}) - millrace_milliseconds(${from?.sql})) // ${MILLISECONDS[name]})`;
}

function dateTrunc([unit, time]: readonly Typed[], returns: SqlType): Translated {
  const name = unitOf(unit, time);
  if (typeof name !== 'string') return name;
  const truncated = `date_trunc('${name}', ${time?.sql})`;
  return returns.kind === 'date' ? castTo(truncated, DATE) : truncated;
}

function dateFormat([time, format]: readonly Typed[]): Translated {
  const printed = printFormat(literalText(format) ?? '');
  if (typeof printed === 'string') return { complaint: `date_format with ${printed} is not allowed` };
  const precision = time?.type.kind === 'timestamp' ? time.type.precision : 0;
  // Trino formats the time to the millisecond, rounded.
  return `strftime(${roundTime(time?.sql ?? 'NULL', precision, 3)}, ${quoteString(printed.strftime)})`;
}

function dateParse([text, format]: readonly Typed[], returns: SqlType): Translated {
  const read = readFormat(literalText(format) ?? '');
  if (typeof read === 'string') return { complaint: `date_parse with ${read} is not allowed` };
  const fits = `regexp_full_match(${text?.sql}, ${quoteString(read.pattern)})`;
  return `(CASE WHEN NOT ${fits} THEN ${failure('the text does not fit the format', returns)} ELSE ${parseExpression(text?.sql ?? 'NULL', read)} END)`;
}

/** The clock's reading of an instant in its own zone. */
export function wallTime(time: Typed | undefined): string {
  return localTime(time?.sql ?? 'NULL', time?.type.kind === 'instant' ? time.type.zone : 'UTC');
}

function withTimeZone([time, zone]: readonly Typed[], returns: SqlType): Translated {
  const name = literalText(zone) ?? '';
  if (!isZone(name)) return { complaint: `there is no time zone '${name}'` };
  return { sql: instantOf(time?.sql ?? 'NULL', name), type: instant('precision' in returns ? returns.precision : 0, name) };
}

/** The same instant, read in another zone. A timestamp without a zone is one of UTC, the session's zone. */
export function atTimeZone(time: Typed | undefined, zone: string | undefined): Translated {
  if (zone === undefined || !isZone(zone)) return { complaint: 'AT TIME ZONE wants a known time zone, as a literal' };
  if (time?.type.kind === 'instant') return { sql: time.sql, type: instant(time.type.precision, zone) };
  if (time?.type.kind === 'timestamp') return { sql: instantOf(time.sql, 'UTC'), type: instant(time.type.precision, zone) };
  return { complaint: 'AT TIME ZONE wants a timestamp' };
}

/** A timestamp with so many digits behind the second, rounded half up as Trino does. */
export function roundTime(sql: string, from: number, to: number): string {
  return to >= from ? sql : `millrace_round_time(${sql}, ${10 ** (6 - to)})`;
}

/** What depends on when a query runs: not for models, which give the same for the same snapshots. */
export const CLOCKS: readonly FunctionRow[] = [
  scalar('current_date() → date', "CAST(timezone('UTC', now()) AS DATE)", { use: 'queries', note: 'written without parentheses; models take :as_of' }),
  scalar(['now() → timestamp(3) with time zone', 'current_timestamp() → timestamp(3) with time zone'], "date_trunc('milliseconds', now())", {
    use: 'queries', note: 'current_timestamp is written without parentheses',
  }),
  scalar('localtimestamp() → timestamp(3)', "date_trunc('milliseconds', timezone('UTC', now()))", { use: 'queries', note: 'written without parentheses' }),
  scalar(['random() → double', 'rand() → double'], 'random()', { use: 'queries' }),
];
