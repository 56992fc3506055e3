// How things stood at an answer, as far as that is still kept.
import { MillraceError } from '../../base/index.ts';
import { tableNameOf } from '../../lake/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import type { AnswersContext } from '../context.ts';
import type { AnswerState } from '../states.ts';

/** States of a part that may have given the answer, the likeliest first: while one takes the place of another, either may have. */
export async function statesOf({ states }: Pick<AnswersContext, 'states'>, part: string, { predicted_at: at }: PredictionRecord, isOf: (state: AnswerState) => boolean): Promise<AnswerState[]> {
  return (await states.list(part)).filter((state) => state.at <= at && isOf(state)).slice(-MOST_STATES).reverse();
}

const MOST_STATES = 3;

/** The first state whose snapshots are all there. @throws `not_found` that names what is missing. */
export async function readable({ lake }: Pick<AnswersContext, 'lake'>, states: readonly AnswerState[], { prediction_id: id, kind, version }: PredictionRecord): Promise<AnswerState[]> {
  const missing: string[] = [];
  const found: AnswerState[] = [];
  for (const state of states) {
    const gone = await goneOf(lake, state.snapshots);
    if (gone.length === 0) found.push(state);
    missing.push(...gone);
  }
  if (found.length > 0) return found;
  throw missing.length > 0
    ? cannot(id, `what it was made from has expired: ${[...new Set(missing)].join(', ')}`, 'Its tag was lifted: by `millrace maintain` after thirty days, or by `millrace forget`, or by hand.')
    : cannot(id, `it is not kept what ${kind} ${version} was made from`, 'States of the API are kept for thirty days: all of the last two hours, of a week one an hour, of thirty days one a day. What was answered without them `millrace explain` shows.');
}

/** Of some snapshots those that are not there any more, `silver.orders at snapshot 17`. */
export async function goneOf(lake: AnswersContext['lake'], snapshots: Readonly<Record<string, string>>): Promise<string[]> {
  const gone: string[] = [];
  for (const [table, id] of Object.entries(snapshots)) {
    const metadata = (await lake.findTable(tableNameOf(table)))?.metadata;
    if (metadata?.snapshots.some((snapshot) => String(snapshot['snapshot-id']) === id) !== true) gone.push(`${table} at snapshot ${id}`);
  }
  return gone;
}

/** An answer that cannot be computed again, and why. */
export function cannot(id: string, why: string, todo: string, where?: string): MillraceError {
  return new MillraceError('not_found', `${id} cannot be computed again: ${why}`, { todo, ...(where === undefined ? {} : { where }) });
}
