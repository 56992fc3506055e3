// Dates and timestamps moved by an interval.
import { castTo, type Typed } from '../types/expression.ts';
import { nameOfType, timestamp, type SqlType } from '../types/types.ts';
import type { Complaint } from './rows.ts';

/** `date + interval` and the like. A date stays a date, and takes whole days only. */
export function addInterval(time: Typed, interval: Typed, negative: boolean): { sql: string; type: SqlType } | Complaint {
  const moved = `(${time.sql} ${negative ? '-' : '+'} ${interval.sql})`;
  switch (time.type.kind) {
    case 'date':
      if (interval.type.kind === 'days' && !isWholeDays(interval)) {
        return { complaint: 'hours, minutes and seconds cannot be added to a date', todo: 'cast it to timestamp first' };
      }
      return { sql: castTo(moved, time.type), type: time.type };
    case 'timestamp':
      // An interval of days to seconds counts milliseconds.
      return { sql: moved, type: interval.type.kind === 'days' ? timestamp(Math.max(3, time.type.precision)) : time.type };
    case 'instant':
      return { complaint: 'an interval cannot be added to a timestamp with time zone', todo: 'cast it to timestamp first' };
    default:
      return { complaint: `${nameOfType(time.type)} ${negative ? '-' : '+'} ${nameOfType(interval.type)} is not possible` };
  }
}

/** Known of a literal only, and of a literal times a number. */
function isWholeDays({ source }: Typed): boolean {
  if (source?.kind === 'interval') return source.unit === 'day' && source.to === undefined;
  if (source?.kind !== 'binary' || source.operator !== '*') return false;
  return [source.left, source.right].some((side) => side.kind === 'interval' && side.unit === 'day' && side.to === undefined);
}
