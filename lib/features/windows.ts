// Sliding windows by tumbling tiles. A window at t holds the events with floor(t − W, hop) ≤ time < t. Times are microseconds since 1970.
import type { Span } from './types.ts';

export const MINUTE = 60_000_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: HOUR, d: DAY };

/** Microseconds of `5m`, `12h`, `7d`; undefined if it is no such text, or shorter than the shortest tile. */
export function parseSpan(text: string): number | undefined {
  const match = /^([1-9]\d{0,5})([mhd])$/.exec(text);
  if (match === null) return undefined;
  const span = Number(match[1]) * UNITS[match[2]!]!;
  return span < 5 * MINUTE || span > 36_525 * DAY ? undefined : span;
}

export interface Window {
  span: number;
  /** Length of a tile: 5 minutes for windows under 12 hours, an hour under 12 days, else a day. */
  hop: number;
}

export function windowOf(within: Span | undefined): Window | undefined {
  const span = within === undefined ? undefined : parseSpan(within);
  if (span === undefined) return undefined;
  return { span, hop: span < 12 * HOUR ? 5 * MINUTE : span < 12 * DAY ? HOUR : DAY };
}

/** The tile that a time is in; a feature over a whole life has one tile. */
export function tileOf(window: Window | undefined, time: number): number {
  return window === undefined ? 0 : Math.floor(time / window.hop);
}

/** The first tile of the window at `at`. */
export function firstTile(window: Window | undefined, at: number): number {
  return window === undefined ? 0 : Math.floor((at - window.span) / window.hop);
}

/** `2018-01-31 08:00:00.000000`, UTC. */
export function textOfTime(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1000);
  return `${new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ')}${String(microseconds - milliseconds * 1000).padStart(3, '0')}`;
}

/** Microseconds since 1970 of such a text. */
export function timeOfText(text: string): number {
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11, 23)}Z`) * 1000 + Number(text.slice(23));
}
