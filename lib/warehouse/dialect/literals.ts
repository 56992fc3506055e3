// Values written in SQL: how text of dates, times and strings is read and quoted.

export interface ParsedTimestamp {
  /** Microseconds since 1970-01-01 00:00, of the local reading, or of the instant where a zone was given. */
  micros: bigint;
  /** Digits of the fraction as written. */
  precision: number;
  /** `UTC`, `+02:00`; undefined: none was given. */
  zone?: string;
}

const TIMESTAMP = /^(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(?: ?(UTC|Z|[+-]\d{2}:\d{2}))?$/;

/** Reads `2026-01-31 10:00:00.123 UTC`; undefined for what is no timestamp, has a named zone other than UTC, or more than six digits. */
export function parseTimestamp(text: string): ParsedTimestamp | undefined {
  const match = TIMESTAMP.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const [y, m, d, h, min, s] = [year, month, day, hour, minute, second].map(Number) as [number, number, number, number, number, number];
  const date = new Date(Date.UTC(y, m - 1, d));
  if (y < 100) date.setUTCFullYear(y);
  if (date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d || h > 23 || min > 59 || s > 59) return undefined;
  const seconds = BigInt(date.getTime()) / 1000n + BigInt(h * 3600 + min * 60 + s);
  const micros = seconds * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  const offset = zone === undefined || zone === 'UTC' || zone === 'Z' ? 0n : offsetMinutes(zone);
  return { micros: micros - offset * 60_000_000n, precision: fraction.length, ...(zone && { zone: zone === 'Z' ? 'UTC' : zone }) };
}

function offsetMinutes(zone: string): bigint {
  const minutes = BigInt(zone.slice(1, 3)) * 60n + BigInt(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}

/** `'it''s'` */
export function quoteString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `"a ""name"""` */
export function quoteName(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
