// Dates and times as text in one canonical spelling, in which the order of text is the order of time.
import type { FormatToken } from '../grammar/times.ts';
import { instantOf, offsetAt } from './zones.ts';

/** `2017-10-02 10:56` or `2017-10-02T10:56:33.5` (ISO, no offset) → `2017-10-02 10:56:33.500000`. Digits behind the microsecond are cut off. */
export function canonicalWallTime(iso: string): string {
  const seconds = iso.length > 16 ? iso.slice(17, 19) : '00';
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}:${seconds}.${iso.slice(20, 26).padEnd(6, '0')}`;
}

const OFFSET = /(?:Z|([+-])(\d\d)(?::?(\d\d))?)$/;

/**
 * The clock on the wall in the zone, canonically, for an ISO time: as it stands without an offset, converted with one. The text must match
 * the ISO grammar.
 */
export function wallTimeOfIso(iso: string, zone: string): string {
  if (iso.length < 20) return canonicalWallTime(iso);
  const match = OFFSET.exec(iso);
  if (match === null) return canonicalWallTime(iso);
  const clock = canonicalWallTime(iso.slice(0, match.index));
  const minutes = match[1] === undefined ? 0 : Number(match[2]) * 60 + Number(match[3] ?? 0);
  const instant = millisecondsOf(clock) - (match[1] === '-' ? -minutes : minutes) * 60_000;
  return wallText(instant + offsetAt(zone, instant), clock.slice(20));
}

/** Microseconds since 1970, UTC, for an ISO time; local in the zone where it has no offset. */
export function microsecondsOfIso(iso: string, zone: string): bigint {
  const match = iso.length < 20 ? null : OFFSET.exec(iso);
  const clock = canonicalWallTime(match === null ? iso : iso.slice(0, match.index));
  const wall = millisecondsOf(clock);
  const minutes = match?.[1] === undefined ? 0 : Number(match[2]) * 60 + Number(match[3] ?? 0);
  const instant = match === null ? instantOf(zone, wall) : wall - (match[1] === '-' ? -minutes : minutes) * 60_000;
  return BigInt(instant) * 1000n + BigInt(clock.slice(20));
}

/** Text in a declared format as ISO: `12/1/2010 8:26` → `2010-12-01 08:26:00`. The text must match the format's pattern. */
export function isoOfFormat(text: string, tokens: readonly FormatToken[]): string {
  const part = { Y: '', m: '01', d: '01', H: '00', M: '00', S: '00' };
  let at = 0;
  tokens.forEach((token, index) => {
    if ('literal' in token) {
      at++;
      return;
    }
    const next = tokens[index + 1];
    const width = token.directive === 'Y' ? 4 : 2;
    const end = next !== undefined && 'literal' in next ? text.indexOf(next.literal, at) : next === undefined ? text.length : at + width;
    part[token.directive] = text.slice(at, end).padStart(width, '0');
    at = end;
  });
  return `${part.Y}-${part.m}-${part.d} ${part.H}:${part.M}:${part.S}`;
}

/** Milliseconds since 1970 of a canonical time to the second, as if the wall were UTC. */
function millisecondsOf(clock: string): number {
  return Date.parse(`${clock.slice(0, 10)}T${clock.slice(11, 19)}Z`);
}

/** Past the year 9999, which an offset can lead to, the last moment of it: text of five-digit years would not sort. */
function wallText(milliseconds: number, micros: string): string {
  if (milliseconds > 253_402_300_799_999) return '9999-12-31 23:59:59.999999';
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')}.${micros}`;
}
