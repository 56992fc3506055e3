// DuckDB's errors as errors that a person can act on: the kind, the place in the SQL, the cause kept.
import { MillraceError, messageOf, type ErrorCode } from '../../base/index.ts';
import { truncateText } from '../format/transforms.ts';

/** What DuckDB reports with `errors_as_json`. */
interface Report { exception_type: string; exception_message: string; position?: string }

/** By DuckDB's exception type; a type that is not listed is wrong SQL or wrong data. */
const CODES: Readonly<Record<string, ErrorCode>> = Object.freeze({
  IO: 'io',
  'Out of Memory': 'io',
  Permission: 'io',
  INTERRUPT: 'interrupted',
  INTERNAL: 'internal',
  FATAL: 'internal',
  'Not implemented': 'unsupported',
});

/** Wraps anything that DuckDB threw. `place` says what the SQL was part of. */
export function databaseError(cause: unknown, sql: string, place?: string): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const report = reportOf(messageOf(cause));
  const code = CODES[report.exception_type] ?? 'bad_input';
  const [headline = '', ...hints] = report.exception_message.split('\n');
  const todo = code === 'io' && report.exception_type === 'Out of Memory'
    ? 'Give DuckDB more memory, or a folder to spill to.'
    : hints.join(' ').trim() || undefined;
  const at = report.position === undefined ? undefined : positionIn(sql, Number(report.position), report.exception_type === 'Parser');
  const where = [place, at].filter((each) => each !== undefined).join(', ');
  return new MillraceError(code, headline, { cause, ...(where === '' ? {} : { where }), ...(todo === undefined ? {} : { todo }) });
}

/** Parser errors carry their report behind a prefix, others are the report alone; some have none. */
function reportOf(message: string): Report {
  const start = message.indexOf('{"exception_type"');
  if (start >= 0) {
    try {
      return JSON.parse(message.slice(start)) as Report;
    } catch {
      // Not a report after all: the text itself is the message.
    }
  }
  const match = /^(?:Error: )?(\w[\w ]*?) Error: ([^]*)$/.exec(message);
  return { exception_type: match?.[1] ?? '', exception_message: match?.[2] ?? message };
}

/** `SQL line 2, column 5: FROM shop.orderz`. DuckDB's parser counts code points, everything behind it bytes. */
function positionIn(sql: string, position: number, inCodePoints: boolean): string {
  const before = inCodePoints ? truncateText(sql, position) : Buffer.from(sql, 'utf8').subarray(0, position).toString('utf8');
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  const excerpt = sql.slice(before.length).split('\n', 1)[0] ?? '';
  return `SQL line ${line}, column ${column}${excerpt === '' ? '' : `: ${excerpt.length > 60 ? `${excerpt.slice(0, 60)}…` : excerpt}`}`;
}
