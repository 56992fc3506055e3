// From the text in bronze to typed values, in Athena's dialect, by plain functions that every engine here has.
import { digitsOf } from '../grammar/numbers.ts';
import { formatPattern, hasAllDigits, ISO_DATE, ISO_TIMESTAMP, parseFormat } from '../grammar/times.ts';
import { quote } from '../rules/index.ts';
import type { Column, Contract } from '../types.ts';
import { toUtc, wallAt } from './zones.ts';

/** A column of the typed relation. */
export interface TypedColumn {
  name: string;
  /** Athena's name of the type. */
  type: string;
  nullable: boolean;
  /** The SQL expression over the bronze table's columns. */
  sql: string;
}

/**
 * What the typed relation has for a column of the contract: the column itself; for a timestamp also `<name>__date`, the date on the wall in
 * the contract's zone; for an epoch `<name>__time` (UTC) and `<name>__date`.
 */
export function typedColumnsOf(contract: Contract, name: string, column: Column, qualifier = ''): TypedColumn[] {
  const reference = `${qualifier}"${name}"`;
  const x = column.nullable ? `nullif(${reference}, '')` : reference;
  const one = (type: string, sql: string): TypedColumn => ({ name, type, nullable: column.nullable, sql });
  const more = (suffix: string, type: string, sql: string): TypedColumn => ({ name: `${name}__${suffix}`, type, nullable: column.nullable, sql });
  switch (column.kind) {
    case 'id':
      return [one('varchar', whole(column, x))];
    case 'text':
      return [one('varchar', x)];
    case 'boolean':
      return [one('boolean', `CASE WHEN lower(${x}) IN ('true', 't', 'yes', 'y', '1') THEN true WHEN ${x} IS NOT NULL THEN false END`)];
    case 'integer':
      return [one('bigint', `CAST(${whole(column, x)} AS bigint)`)];
    case 'decimal':
    case 'money': {
      const { integer, scale } = digitsOf(column);
      const type = `decimal(${integer + scale},${scale})`;
      return [one(type, `CAST(${x} AS ${type})`)];
    }
    case 'date':
      return [one('date', dateOf(column, x))];
    case 'timestamp': {
      const { utc, date } = timesOf(`${qualifier}"${name}__wall"`, `${qualifier}"${name}__minutes"`, contract.timeZone);
      return [one('timestamp(6)', utc), more('date', 'date', date)];
    }
    case 'epoch_ms': {
      const number = `CAST(${x} AS bigint)`;
      const time = `date_add('millisecond', ${number} % 86400000, date_add('day', ${number} / 86400000, TIMESTAMP '1970-01-01 00:00:00.000000'))`;
      return [one('bigint', number), more('time', 'timestamp(6)', time), more('date', 'date', dateInZone(time, contract.timeZone))];
    }
  }
}

/** `17850.0` → `17850`. */
function whole(column: Column, x: string): string {
  return column.canonical === 'integer' ? `regexp_replace(${x}, '\\.0+$', '')` : x;
}

function dateOf(column: Column, x: string): string {
  const iso = `CAST(substr(${x}, 1, 10) AS date)`;
  return byFormat(column, x, iso, (parsed) => `CAST(${parsed} AS date)`);
}

/** A helper column that the expressions of a timestamp are made from. */
export interface HelperColumn { name: string; sql: string }

/**
 * `<name>__offset`: the offset at the end of the text (`Z`, `+02:00`, `-0300`, `+05`), NULL where there is none. Text without one is the
 * common case, and told by its length: with an offset it has at least 20 characters.
 */
export function offsetColumns(name: string, column: Column): HelperColumn[] {
  if (column.kind !== 'timestamp') return [];
  const x = `"${name}"`;
  const may = column.formats === undefined ? `length(${x}) > 19` : `length(${x}) > 19 AND ${isIso(column, x)}`;
  return [{ name: `${name}__offset`, sql: `CASE WHEN ${may} THEN nullif(regexp_extract(${x}, '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$'), '') END` }];
}

/** `<name>__wall`: the clock as the text has it, and `<name>__minutes`: what it is ahead of UTC, NULL without an offset. */
export function wallColumns(name: string, column: Column): HelperColumn[] {
  if (column.kind !== 'timestamp') return [];
  const x = column.nullable ? `nullif("${name}", '')` : `"${name}"`;
  const offset = `"${name}__offset"`;
  const clock = `CASE WHEN ${offset} IS NULL THEN ${x} ELSE substr(${x}, 1, length(${x}) - length(${offset})) END`;
  const asItIs = `${offset} IS NULL AND substr(${x}, 11, 1) = ' ' AND length(${x}) <= 26`;
  const iso = `CASE WHEN ${asItIs} THEN CAST(${x} AS timestamp(6)) ELSE CAST(replace(substr(${clock}, 1, 26), 'T', ' ') AS timestamp(6)) END`;
  const digits = `concat(replace(${offset}, ':', ''), '00')`;
  const minutes = `CAST(substr(${digits}, 1, 3) AS bigint) * 60 + CAST(concat(substr(${digits}, 1, 1), substr(${digits}, 4, 2)) AS bigint)`;
  return [
    { name: `${name}__wall`, sql: byFormat(column, x, iso, (parsed) => `CAST(${parsed} AS timestamp(6))`) },
    { name: `${name}__minutes`, sql: `CASE WHEN ${offset} = 'Z' THEN 0 WHEN ${offset} IS NOT NULL THEN ${minutes} END` },
  ];
}

function timesOf(wall: string, minutes: string, zone: string): { utc: string; date: string } {
  const instant = `date_add('minute', -${minutes}, ${wall})`;
  return {
    utc: `CASE WHEN ${minutes} IS NULL THEN ${toUtc(wall, zone)} ELSE ${instant} END`,
    date: `CASE WHEN ${minutes} IS NULL THEN CAST(${wall} AS date) ELSE ${dateInZone(instant, zone)} END`,
  };
}

/** The date on the wall of the zone at an instant. */
function dateInZone(utc: string, zone: string): string {
  return `CAST(${wallAt(utc, zone)} AS date)`;
}

/** ISO 8601 where the text is so; else the first of the declared formats whose pattern matches. */
function byFormat(column: Column, x: string, iso: string, of: (parsed: string) => string): string {
  const formats = column.formats ?? [];
  if (formats.length === 0) return iso;
  const branches = formats.map((format, at) => {
    const parsed = of(parsedBy(format, x));
    return at === formats.length - 1 ? `ELSE ${parsed}` : `WHEN regexp_like(${x}, ${quote(`^(?:${formatPattern(format, timeKind(column))})$`)}) THEN ${parsed}`;
  });
  return `CASE WHEN ${isIso(column, x)} THEN ${iso} ${branches.join(' ')} END`;
}

/** Four digits and a dash tell it, unless a declared format begins so as well. */
function isIso(column: Column, x: string): string {
  const ambiguous = column.formats?.some((format) => format.startsWith('%Y-'));
  return `regexp_like(${x}, ${quote(ambiguous ? `^(?:${timeKind(column) === 'date' ? ISO_DATE : ISO_TIMESTAMP})$` : '^[0-9]{4}-')})`;
}

const timeKind = (column: Column): 'date' | 'timestamp' => (column.kind === 'date' ? 'date' : 'timestamp');

/** The text as a timestamp. Formats with all their digits are put together from pieces, others parsed; Trino's formats are MySQL's. */
function parsedBy(format: string, x: string): string {
  const tokens = parseFormat(format);
  if (!hasAllDigits(tokens)) {
    const text = tokens.map((token) => ('literal' in token ? token.literal : { Y: '%Y', m: '%m', d: '%d', H: '%H', M: '%i', S: '%s' }[token.directive])).join('');
    return `date_parse(${x}, ${quote(text)})`;
  }
  const piece = { Y: "'0000'", m: "'01'", d: "'01'", H: "'00'", M: "'00'", S: "'00'" };
  let at = 1;
  for (const token of tokens) {
    const width = 'literal' in token ? 1 : token.directive === 'Y' ? 4 : 2;
    if ('directive' in token) piece[token.directive] = `substr(${x}, ${at}, ${width})`;
    at += width;
  }
  return `CAST(concat(${piece.Y}, '-', ${piece.m}, '-', ${piece.d}, ' ', ${piece.H}, ':', ${piece.M}, ':', ${piece.S}) AS timestamp(6))`;
}
