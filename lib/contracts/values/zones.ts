// Time zones: from an instant to the clock on the wall, which is one answer, and back, which needs a rule.

const DAY_MS = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();
const WALL = /^(\d+)\D+(\d+)\D+(\d+)\D+(\d+)\D+(\d+)\D+(\d+)$/;

/** What a clock in the zone is ahead of UTC at an instant, in milliseconds. */
export function offsetAt(zone: string, epochMs: number): number {
  if (zone === 'UTC') return 0;
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
    formatters.set(zone, formatter);
  }
  // As text, month first: taking it apart is several times as fast as asking for the parts.
  const [, month, day, year, hour, minute, second] = WALL.exec(formatter.format(epochMs))!.map(Number) as [number, number, number, number, number, number, number];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return wall - Math.floor(epochMs / 1000) * 1000;
}

/**
 * The instant at which a clock in the zone showed `wallMs` (milliseconds since 1970 as if the wall were UTC). A time that occurred twice is
 * its first occurrence; one that was skipped moves forward by what was skipped. This is also Trino's rule for `with_timezone`.
 */
export function instantOf(zone: string, wallMs: number): number {
  const before = offsetAt(zone, wallMs - DAY_MS);
  const early = wallMs - before;
  if (offsetAt(zone, early) === before) return early;
  const after = offsetAt(zone, wallMs + DAY_MS);
  const late = wallMs - after;
  return offsetAt(zone, late) === after ? late : early;
}

/** A change of a zone's clocks: the instant, and what they are ahead of UTC before and after, in milliseconds. */
export interface Transition { at: number; before: number; after: number }

const WEEK_MS = 7 * DAY_MS;

/** The changes of a zone's clocks between two instants. (No zone changed them twice within a week since 1970.) */
export function transitionsOf(zone: string, from: number, to: number): Transition[] {
  const transitions: Transition[] = [];
  for (let start = from; start < to; start += WEEK_MS) {
    const end = Math.min(start + WEEK_MS, to);
    const [before, after] = [offsetAt(zone, start), offsetAt(zone, end)];
    if (before === after) continue;
    let [low, high] = [start, end];
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (offsetAt(zone, middle) === before) low = middle;
      else high = middle;
    }
    transitions.push({ at: high, before, after });
  }
  return transitions;
}
