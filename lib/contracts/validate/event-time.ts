// When an event happened: from the text of its time to the instant.
import { parseFormat } from '../grammar/times.ts';
import { isoOfFormat, microsecondsOfIso } from '../values/times.ts';
import type { ValidationPlan } from './plan.ts';

/** Zones have changed their clocks on whole minutes since 1972, so the seconds of a local time do not matter for its zone's offset. */
const MOST_CACHED = 4096;

/**
 * From a valid text of the column (by its table name) to milliseconds since 1970, UTC; local times are read in the contract's zone. Text that is
 * not valid gives null or nonsense: check it first.
 */
export function compileEventTime(plan: ValidationPlan, name: string): (text: string) => number | null {
  const column = plan.columns.find((one) => one.name === name);
  if (column === undefined) return () => null;
  if (column.kind === 'epoch_ms') return Number;
  if (column.kind !== 'timestamp' && column.kind !== 'date') return () => null;
  const iso = column.isoShape === undefined ? undefined : new RegExp(`^(?:${column.isoShape})$`);
  const formats = (column.formats ?? []).map(({ format, pattern }) => ({ tokens: parseFormat(format), pattern: new RegExp(`^(?:${pattern})$`) }));
  const isoOf = (text: string): string | undefined => {
    if (iso === undefined || iso.test(text)) return column.kind === 'date' ? `${text.slice(0, 10)} 00:00:00` : text;
    const found = formats.find(({ pattern }) => pattern.test(text));
    return found === undefined ? undefined : isoOfFormat(text, found.tokens);
  };
  const minutes = new Map<string, number>();
  return (text) => {
    const found = isoOf(text);
    if (found === undefined) return null;
    if (found.endsWith('Z')) return Date.parse(found.replace(' ', 'T'));
    // With an offset the rest of the text tells the instant; without one it takes the zone's rules, which are slow to ask for.
    if (/[+-][0-9:]+$/.test(found.slice(19))) return Number(microsecondsOfIso(found, plan.timeZone) / 1000n);
    const minute = found.slice(0, 16);
    let start = minutes.get(minute);
    if (start === undefined) {
      start = Number(microsecondsOfIso(minute, plan.timeZone) / 1000n);
      if (minutes.size >= MOST_CACHED) minutes.clear();
      minutes.set(minute, start);
    }
    return found.length === 16 ? start : start + Math.floor(Number(found.slice(17)) * 1000);
  };
}
