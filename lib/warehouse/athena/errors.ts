// Athena's reasons for a failure, by the words that they begin with.
import { MillraceError, type ErrorCode } from '../../base/index.ts';

/**
 * Failures that pass by themselves: another commit came first, or there was no room. Never ICEBERG_TOO_MANY_OPEN_PARTITIONS, which
 * would come again and again.
 */
export const RETRIED = /^(ICEBERG_COMMIT_ERROR|THROTTLED|TooManyRequestsException|TOO_MANY_REQUESTS|SlowDown|Query exhausted resources at this scale factor)/;

const THROTTLES = new Set(['TooManyRequestsException', 'ThrottlingException', 'Throttling', 'ThrottledException', 'RequestLimitExceeded']);

/** Whether a request was refused only because there were too many. */
export function isThrottled(error: unknown): boolean {
  return THROTTLES.has((error as { name?: string }).name ?? '');
}

/** First match wins. */
const CODES: readonly (readonly [RegExp, ErrorCode, string | undefined])[] = [
  [/^ICEBERG_COMMIT_ERROR/, 'conflict', 'Another writer committed first. Run it again.'],
  [
    /^ICEBERG_TOO_MANY_OPEN_PARTITIONS|exceeded limit of \d+ partitions/i, 'unsupported',
    'One statement may write 100 partitions: partition more coarsely, by month for example.',
  ],
  [/^(TABLE|COLUMN|SCHEMA|CATALOG|DATABASE)_NOT_FOUND/, 'not_found', undefined],
  [/^NOT_SUPPORTED/, 'unsupported', undefined],
  [/^(PERMISSION_DENIED|ACCESS_DENIED|Insufficient)/i, 'io', 'Check the permissions of the role, and of the workgroup.'],
  [/^(Bytes scanned limit|Query exceeded)/i, 'usage', "The workgroup limits what one query may scan: read less, or raise the stage's scanLimitBytes."],
  [/^(ICEBERG_|HIVE_|AMBIGUOUS|GENERIC_INTERNAL|INTERNAL_)/, 'io', undefined],
];

/** The error for a reason of Athena's, or for what it said when it refused a statement. */
export function queryError(reason: string, sql: string, cause?: unknown): MillraceError {
  const known = CODES.find(([pattern]) => pattern.test(reason));
  const [headline = reason] = reason.split('\n');
  return new MillraceError(known?.[1] ?? 'bad_input', headline, {
    where: `Athena: ${sql.length > 120 ? `${sql.slice(0, 120)}…` : sql}`,
    ...(known?.[2] === undefined ? {} : { todo: known[2] }),
    ...(cause === undefined ? {} : { cause }),
  });
}
