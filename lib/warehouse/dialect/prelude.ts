// Macros that give DuckDB Trino's meaning, and the settings that all of our SQL counts on.

/** All forms of dates and times that Trino takes. */
const DATE_TEXT = '[\\t-\\r ]*[+]?[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}[\\t-\\r ]*';
const TIME_TEXT = '[\\t-\\r ]*[+]?[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\\.[0-9]{1,6})?)?)?[\\t-\\r ]*';

/** `name(parameters)` and its body. They are temporary: each connection has its own. */
const MACROS: Readonly<Record<string, string>> = {
  // Numbers. The quotient of whole numbers, rounded half away from zero.
  'millrace_divide(n, d)': '((2 * abs(n) + abs(d)) // nullif(2 * abs(d), 0)) * sign(n) * sign(d)',
  // Math.round(x * 10^places) / 10^places, of the value without its sign.
  'millrace_round(x, places)': `CASE WHEN NOT isfinite(x) OR abs(x) * power(10, places) >= 9.2e18 THEN x
    ELSE sign(x) * floor(abs(x) * power(10, places) + CASE WHEN abs(x) * power(10, places) < 0.5 THEN 0 ELSE 0.5 END) / power(10, places) END`,
  'millrace_sign(x)': "CASE WHEN isnan(x) THEN x ELSE CAST(sign(x) AS DOUBLE) END",
  'millrace_finite(x)': "CASE WHEN isinf(x) THEN CAST('NaN' AS DOUBLE) ELSE x END",
  'millrace_power(x, y)': "CASE WHEN x IS NOT NULL AND (isnan(y) OR (isinf(y) AND abs(x) = 1)) THEN CAST('NaN' AS DOUBLE) ELSE power(x, y) END",
  'millrace_sqrt(x)': "CASE WHEN x < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt(x) END",
  'millrace_ln(x)': "CASE WHEN x < 0 THEN CAST('NaN' AS DOUBLE) WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) ELSE ln(x) END",
  'millrace_log2(x)': "CASE WHEN x < 0 THEN CAST('NaN' AS DOUBLE) WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) ELSE log2(x) END",
  'millrace_log10(x)': "CASE WHEN x < 0 THEN CAST('NaN' AS DOUBLE) WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) ELSE log10(x) END",
  'millrace_asin(x)': "CASE WHEN abs(x) > 1 THEN CAST('NaN' AS DOUBLE) ELSE asin(x) END",
  'millrace_acos(x)': "CASE WHEN abs(x) > 1 THEN CAST('NaN' AS DOUBLE) ELSE acos(x) END",
  // Doubles, whose NaN is equal and comparable to nothing.
  'millrace_equal(a, b)': 'CASE WHEN isnan(a) AND b IS NOT NULL THEN FALSE ELSE a = b END',
  'millrace_unequal(a, b)': 'CASE WHEN isnan(a) AND b IS NOT NULL THEN TRUE ELSE a <> b END',
  'millrace_less(a, b)': 'CASE WHEN isnan(b) AND a IS NOT NULL THEN FALSE ELSE a < b END',
  'millrace_at_most(a, b)': 'CASE WHEN isnan(b) AND a IS NOT NULL THEN FALSE ELSE a <= b END',
  'millrace_greater(a, b)': 'CASE WHEN isnan(a) AND b IS NOT NULL THEN FALSE ELSE a > b END',
  'millrace_at_least(a, b)': 'CASE WHEN isnan(a) AND b IS NOT NULL THEN FALSE ELSE a >= b END',
  'millrace_greatest(a, b)': 'CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN isnan(a) THEN b WHEN isnan(b) THEN a ELSE greatest(a, b) END',
  'millrace_least(a, b)': 'CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN isnan(a) THEN b WHEN isnan(b) THEN a ELSE least(a, b) END',
  // Text.
  'millrace_substr(s, n)': "CASE WHEN s IS NULL OR n IS NULL THEN NULL WHEN n = 0 OR n < -length(s) THEN '' ELSE substring(s, n) END",
  'millrace_substr_for(s, n, m)': `CASE WHEN s IS NULL OR n IS NULL OR m IS NULL THEN NULL WHEN n = 0 OR n < -length(s) OR m <= 0 THEN ''
    ELSE substring(s, CASE WHEN n < 0 THEN length(s) + n + 1 ELSE n END, least(m, length(s))) END`,
  // DuckDB makes ẞ of ß, Trino leaves it. U+FDD0 is a code point that no text has.
  'millrace_upper(s)': "CASE WHEN contains(s, 'ß') THEN replace(upper(replace(s, 'ß', chr(64976))), chr(64976), 'ß') ELSE upper(s) END",
  'millrace_part(list, n)': `CASE WHEN n < 1 AND list IS NOT NULL THEN CAST(CAST('Index must be greater than zero' AS INTEGER) AS VARCHAR) ELSE list[n] END`,
  'millrace_number(s)': "regexp_replace(regexp_replace(s, '[\\x00-\\x20]', '', 'g'), '([0-9.])[fFdD]$', '\\1')",
  'millrace_json_scalar(j, path, failed)': `CASE WHEN j IS NULL THEN NULL WHEN NOT json_valid(j) THEN failed
    WHEN json_type(j, path) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL WHEN json_type(j, path) = 'DOUBLE' THEN failed ELSE json_extract_string(j, path) END`,
  // Arrays.
  'millrace_contains(list, x)': 'CASE WHEN list_contains(list, x) THEN TRUE WHEN x IS NULL OR list_count(list) < len(list) THEN NULL ELSE list_contains(list, x) END',
  'millrace_list_max(list)': 'CASE WHEN list_count(list) = len(list) THEN list_max(list) END',
  'millrace_list_min(list)': 'CASE WHEN list_count(list) = len(list) THEN list_min(list) END',
  // Times. Whole milliseconds since 1970, rounded down.
  'millrace_milliseconds(t)': '((epoch_us(t) - ((epoch_us(t) % 1000) + 1000) % 1000) // 1000)',
  'millrace_months(a, b)': "datesub('month', date_trunc('milliseconds', a), date_trunc('milliseconds', b))",
  'millrace_round_time(t, unit)': 'make_timestamp(epoch_us(t) + unit // 2 - (((epoch_us(t) + unit // 2) % unit) + unit) % unit)',
  'millrace_unixtime(x)': 'make_timestamptz(CASE WHEN isnan(x) THEN 0 ELSE CAST(floor(x * 1000 + 0.5) AS BIGINT) * 1000 END)',
  // The instant of a local time, by Joda-Time's rule, which Trino follows: the offset of the zone's clock at that time read as UTC, if it
  // holds at the instant so found; else the offset that holds there, unless that leads into a gap of a zone behind UTC.
  'millrace_offset(us, zone)': 'epoch_us(timezone(zone, make_timestamptz(us))) - us',
  'millrace_instant(t, zone)': `make_timestamptz(epoch_us(t) - millrace_keep(epoch_us(t), zone, millrace_offset(epoch_us(t), zone),
    millrace_offset(epoch_us(t) - millrace_offset(epoch_us(t), zone), zone)))`,
  'millrace_keep(us, zone, first, second)':
    'CASE WHEN first = second OR (first < 0 AND millrace_offset(us - second, zone) <> second) THEN first ELSE second END',
  ...textTimes('', 'CAST'),
  ...textTimes('try_', 'TRY_CAST'),
};

/**
 * Text to dates and timestamps: DuckDB's casts, for the forms that Trino takes too. Most texts are spelled as DuckDB spells the value itself,
 * and are told by that, which is nearly twice as quick as matching them. The bounds leave out `infinity` and years of five digits.
 */
function textTimes(name: string, cast: string): Record<string, string> {
  const cleaned = "replace(trim(s, e' \\t\\n\\r\\f\\v'), '+', '')";
  return {
    [`millrace_${name}date(s, failed)`]: `CASE WHEN ${spelledSo('DATE', '9999-12-31')} THEN TRY_CAST(s AS DATE)
      WHEN regexp_full_match(s, '${DATE_TEXT}') THEN ${cast}(${cleaned} AS DATE) WHEN s IS NOT NULL THEN failed END`,
    [`millrace_${name}timestamp(s, failed)`]: `CASE WHEN ${spelledSo('TIMESTAMP', '9999-12-31 23:59:59.999999')} THEN TRY_CAST(s AS TIMESTAMP)
      WHEN regexp_full_match(s, '${TIME_TEXT}') AND NOT regexp_matches(s, ' 24:') THEN ${cast}(${cleaned} AS TIMESTAMP) WHEN s IS NOT NULL THEN failed END`,
  };
}

function spelledSo(type: string, last: string): string {
  return `TRY_CAST(s AS ${type}) BETWEEN ${type} '0001-01-01' AND ${type} '${last}' AND CAST(TRY_CAST(s AS ${type}) AS VARCHAR) = s`;
}

const SETTINGS: readonly string[] = [
  "SET TimeZone = 'UTC'",
  "SET Calendar = 'gregorian'",
  "SET default_null_order = 'NULLS LAST'",
  "SET default_order = 'ASC'",
  'SET ieee_floating_point_ops = true',
  'SET integer_division = false',
  'SET scalar_subquery_error_on_multiple_rows = true',
];

/** Statements to run once on each connection before SQL from `toDuckDb`. They touch nothing but the connection. */
export const DUCKDB_PRELUDE: readonly string[] = Object.freeze([
  ...SETTINGS,
  ...Object.entries(MACROS).map(([head, body]) => `CREATE OR REPLACE TEMP MACRO ${head} AS ${body}`),
]);
