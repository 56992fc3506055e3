// Time zones: clocks to instants and back, as Trino does it, without asking ICU for every row.
import { quoteString } from '../literals.ts';

const known = new Map<string, boolean>();

/** `UTC`, or a name of the IANA database such as `America/Sao_Paulo`; offsets are none. */
export function isZone(name: string): boolean {
  if (name === 'UTC') return true;
  if (!/^[A-Z][A-Za-z_]*(?:\/[A-Za-z_+-]+\d*)+$/.test(name)) return false;
  let found = known.get(name);
  if (found === undefined) {
    try {
      found = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
    } catch {
      found = false;
    }
    known.set(name, found);
  }
  return found;
}

/** The clock's reading of an instant in a zone. */
export function localTime(instant: string, zone: string): string {
  if (zone === 'UTC') return `make_timestamp(epoch_us(${instant}))`;
  if (!isPlain(instant)) return `timezone(${quoteString(zone)}, ${instant})`;
  const { changes, first } = changesOf(zone);
  const steps = changes.map(({ at, after }) => ({ from: at, offset: after }));
  const offset = tree(steps, first, (from) => `${instant} < make_timestamptz(${micros(from)})`);
  return inRange(instant, (time) => `make_timestamptz(${micros(time)})`, `make_timestamp(epoch_us(${instant}) + ${offset})`, `timezone(${quoteString(zone)}, ${instant})`);
}

/**
 * A clock's reading in a zone, as an instant. A time that was skipped moves forward by what was skipped. Of a time that occurred twice
 * Trino takes the earlier in zones behind UTC, and the later in zones ahead of it (Joda-Time's getMillisKeepLocal).
 */
export function instantOf(local: string, zone: string): string {
  if (zone === 'UTC') return `make_timestamptz(epoch_us(${local}))`;
  const byIcu = `millrace_instant(${local}, ${quoteString(zone)})`;
  if (!isPlain(local)) return byIcu;
  const { changes, first } = changesOf(zone);
  const steps = changes.map(({ at, before, after }) => ({
    from: after > before ? at + after : Math.min(Math.max(at, at + after), at + before),
    offset: after,
  }));
  const offset = tree(steps, first, (from) => `${local} < make_timestamp(${micros(from)})`);
  return inRange(local, (time) => `make_timestamp(${micros(time)})`, `make_timestamptz(epoch_us(${local}) - ${offset})`, byIcu);
}

/** A column, or the instant of one. Anything longer would be written out, and computed, once for each comparison. */
const isPlain = (sql: string): boolean => /^(?:make_timestamptz\(epoch_us\()?(?:"[^"]+"\.)?"?\w+"?\)*$/.test(sql);
/** The years whose changes are written out; before and after, DuckDB asks ICU. */
const BEGIN = Date.UTC(1970, 0, 2);
const END = Date.UTC(2038, 0, 1);
const DAY = 86_400_000;

const micros = (milliseconds: number): string => String(BigInt(milliseconds) * 1000n);

function inRange(value: string, constant: (time: number) => string, inside: string, outside: string): string {
  return `(CASE WHEN ${value} >= ${constant(BEGIN + DAY)} AND ${value} < ${constant(END - DAY)} THEN ${inside} ELSE ${outside} END)`;
}

/** The offset in microseconds, found by halving: seven comparisons among a hundred changes. */
function tree(steps: readonly { from: number; offset: number }[], first: number, isBefore: (from: number) => string): string {
  if (steps.length === 0) return micros(first);
  const middle = steps.length >> 1;
  const { from, offset } = steps[middle] as { from: number; offset: number };
  return `(CASE WHEN ${isBefore(from)} THEN ${tree(steps.slice(0, middle), first, isBefore)} ELSE ${tree(steps.slice(middle + 1), offset, isBefore)} END)`;
}

/** A change of a zone's clock: when, and what the clock is ahead of UTC before and after, all in milliseconds. */
interface Change { at: number; before: number; after: number }
interface Changes { first: number; changes: readonly Change[] }
const byZone = new Map<string, Changes>();

function changesOf(zone: string): Changes {
  const found = byZone.get(zone) ?? readChanges(zone);
  byZone.set(zone, found);
  return found;
}

/** Looks at the clock every week, and between two weeks that differ for the very second. */
function readChanges(zone: string): Changes {
  const ahead = offsets(zone);
  const changes: Change[] = [];
  const first = ahead(BEGIN);
  let before = first;
  for (let time = BEGIN; time < END; time += 7 * DAY) {
    const after = ahead(time + 7 * DAY);
    if (after === before) continue;
    let [low, high] = [time, time + 7 * DAY];
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000;
      if (ahead(middle) === before) low = middle;
      else high = middle;
    }
    changes.push({ at: high, before, after });
    before = after;
  }
  return { first, changes };
}

/** What a zone's clock is ahead of UTC at a time, in milliseconds. */
function offsets(zone: string): (time: number) => number {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  });
  return (time) => {
    const part: Record<string, number> = {};
    for (const { type, value } of clock.formatToParts(time)) part[type] = Number(value);
    return Date.UTC(part['year'] ?? 0, (part['month'] ?? 1) - 1, part['day'], part['hour'], part['minute'], part['second']) - time;
  };
}
