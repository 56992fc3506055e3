// The date as of which a predictor learns and answers for everybody, where nobody names one: the end of the latest history that is long enough to learn from.
import { businessDates, type BatchContext } from '../../batch/index.ts';
import { durationOf, type Predictor } from '../../learning/index.ts';

const DAY_MS = 86_400_000;
/** A shop that has seen nothing for so long has begun anew. */
const GAP_MS = 90 * DAY_MS;

/**
 * The last day of the latest stretch of days, none more than ninety days after the one before, that is long enough for the predictor's split. A home whose
 * files end years before its live events trains on the files until the events have a history. The latest day of all where no stretch is long enough;
 * 1970-01-01 without any.
 */
export async function trainingDate(scope: Pick<BatchContext, 'project' | 'lake' | 'engine' | 'signal'>, { split }: Predictor, sources: ReadonlySet<string>): Promise<string> {
  const days = await businessDates(scope, sources);
  return endOfHistory(days, durationOf(split.validate) + durationOf(split.test) + 2 * durationOf(split.gap)) ?? days.at(-1) ?? '1970-01-01';
}

/** @param days ISO dates, ascending. @param least milliseconds. */
export function endOfHistory(days: readonly string[], least: number): string | undefined {
  for (let last = days.length - 1; last >= 0;) {
    let first = last;
    while (first > 0 && Date.parse(days[first]!) - Date.parse(days[first - 1]!) <= GAP_MS) first -= 1;
    if (Date.parse(days[last]!) - Date.parse(days[first]!) >= least) return days[last];
    last = first - 1;
  }
  return undefined;
}
