// Local times to UTC in SQL, by one rule on every engine: a time that occurred twice is its first occurrence, one that was skipped moves
// forward. The engines' own functions have other rules (Trino's even depends on the side of Greenwich), so they are asked only what has one
// answer: what the clock shows at an instant.
import { quote } from '../rules/index.ts';
import { offsetAt, transitionsOf, type Transition } from '../values/zones.ts';

/** Years in which the offsets of a zone are written into the SQL, which is much faster than asking the engine for each row. */
const FAST = Object.freeze({ from: Date.UTC(2010, 0, 1), to: Date.UTC(2035, 0, 1) });

/** The UTC timestamp(6) of a local one; `wall` is the name of a column, since it occurs many times. */
export function toUtc(wall: string, zone: string): string {
  if (zone === 'UTC') return wall;
  const transitions = fastTransitions(zone);
  const [first, last] = [literal(FAST.from), literal(FAST.to)];
  const minutes = offsetTree(wall, transitions, zone, 0, transitions.length);
  return `CASE WHEN ${wall} >= ${first} AND ${wall} < ${last} THEN date_add('minute', ${minutes}, ${wall}) ELSE ${anyYear(wall, zone)} END`;
}

const known = new Map<string, readonly Transition[]>();

function fastTransitions(zone: string): readonly Transition[] {
  const transitions = known.get(zone) ?? transitionsOf(zone, FAST.from, FAST.to);
  known.set(zone, transitions);
  return transitions;
}

/** What a clock in the zone shows at an instant of UTC: one answer everywhere. */
export function wallAt(utc: string, zone: string): string {
  return zone === 'UTC' ? utc : `CAST(with_timezone(${utc}, 'UTC') AT TIME ZONE ${quote(zone)} AS timestamp(6))`;
}

/** Minutes to add to a local time, found by halving. Until the later of the two readings of a change, the offset before it counts. */
function offsetTree(wall: string, transitions: readonly Transition[], zone: string, low: number, high: number): string {
  if (low === high) return String(-offsetBefore(transitions, zone, low) / 60_000);
  const middle = Math.floor((low + high) / 2);
  const { at, before, after } = transitions[middle]!;
  return `CASE WHEN ${wall} < ${literal(at + Math.max(before, after))} THEN ${offsetTree(wall, transitions, zone, low, middle)} ELSE ${offsetTree(wall, transitions, zone, middle + 1, high)} END`;
}

function offsetBefore(transitions: readonly Transition[], zone: string, at: number): number {
  const next = transitions[at];
  return next === undefined ? (transitions.at(-1)?.after ?? offsetAt(zone, FAST.from)) : next.before;
}

/** The offset of the day before is tried first; if the clock then shows the time, or never shows it, it is the one. */
function anyYear(wall: string, zone: string): string {
  const shifted = (days: number) => {
    const other = `date_add('day', ${days}, ${wall})`;
    return `date_add('second', date_diff('second', ${wallAt(other, zone)}, ${other}), ${wall})`;
  };
  const [early, late] = [shifted(-1), shifted(1)];
  return `CASE WHEN ${wallAt(early, zone)} = ${wall} OR ${wallAt(late, zone)} <> ${wall} THEN ${early} ELSE ${late} END`;
}

function literal(milliseconds: number): string {
  return `TIMESTAMP '${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')}'`;
}
