// The date as of which a predictor learns and answers for everybody, where nobody names one: the end of the latest history that is long enough to learn from.
import { MillraceError } from '../../base/index.ts';
import { businessDates, type BatchContext } from '../../batch/index.ts';
import { durationOf, type Predictor } from '../../learning/index.ts';

const DAY_MS = 86_400_000;
/** A shop that has seen nothing for so long has begun anew. */
const GAP_MS = 90 * DAY_MS;
/** A date further than this behind the last day would call labels known of days that nobody has seen. */
const BEYOND_MS = 31 * DAY_MS;

/**
 * The last day of the latest stretch of days, none more than ninety days after the one before, that is long enough for the predictor's split. A home whose
 * files end years before its live events trains on the files until the events have a history. The latest day of all where no stretch is long enough;
 * 1970-01-01 without any. A date that was asked for is that date.
 * @throws `usage` where what was asked for is no date, `bad_input` where it lies before the history, or well behind it.
 */
export async function trainingDate(scope: Pick<BatchContext, 'project' | 'lake' | 'engine' | 'signal'>, { name, split }: Predictor, sources: ReadonlySet<string>, asked?: string): Promise<string> {
  if (asked !== undefined) checkDate(asked);
  const days = await businessDates(scope, sources);
  if (asked !== undefined) return checkWithin(name, asked, days);
  return endOfHistory(days, durationOf(split.validate) + durationOf(split.test) + 2 * durationOf(split.gap)) ?? days.at(-1) ?? '1970-01-01';
}

/** @throws `usage` */
function checkDate(text: string): void {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text) throw new MillraceError('usage', `'${text}' is no date`, { where: '--as-of', todo: 'Write one that there is, as 2018-10-18.' });
}

function checkWithin(name: string, asked: string, days: readonly string[]): string {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return asked;
  const outside = asked <= first ? `${name} knows of nothing before ${asked}` : Date.parse(asked) - Date.parse(last) > BEYOND_MS ? `${name} knows of nothing in the days before ${asked}` : undefined;
  if (outside !== undefined) throw new MillraceError('bad_input', outside, { where: '--as-of', todo: `What it learns from is of ${first} to ${last}: choose a date between these, or leave it out.` });
  return asked;
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
