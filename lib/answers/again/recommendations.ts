// Recommendations again: by the version of then, over what the visitor had done by then.
import { loadRecommender, RECOMMENDATIONS, recommenderOf, type PredictionRecord } from '../../serving/index.ts';
import { RECOMMENDED, type AnswerState } from '../states.ts';
import { pinnedTo } from '../../warehouse/index.ts';
import { bestOf, differencesOf, type Again } from './comparison.ts';
import { readable, statesOf } from './standing.ts';
import type { AnswersContext } from '../context.ts';
import { versionOf } from './model.ts';

const UNTRAINED = 'untrained-';

/** @throws `not_found` that says what is not kept any more. */
export async function recommendationsAgain(context: AnswersContext, record: PredictionRecord): Promise<Again> {
  const { version } = record;
  const champion = version.startsWith(UNTRAINED) ? null : version;
  // In an account a state does not name the version: each scoring function takes the champion's.
  const isOf = ({ facts, snapshots }: AnswerState): boolean => (facts['champion'] ?? champion) === champion && (champion !== null || version === UNTRAINED + snapshots['silver.events']);
  const states = await readable(context, await statesOf(context, RECOMMENDED, record, isOf), record);
  if (champion !== null) await versionOf(context.registry, { ...record, kind: RECOMMENDATIONS });
  const { visitor_id: visitorId, item_id: itemId } = JSON.parse(record.entity) as { visitor_id?: string; item_id?: string };
  const items = JSON.parse(record.response) as { item_id: string; score: number }[];
  return bestOf(states, async ({ snapshots }) => {
    const learned = champion === null ? undefined : await recommenderOf(context.registry, champion);
    const recommender = await loadRecommender(pinnedTo(await context.engine(), snapshots), snapshots['silver.events'] ?? '', learned);
    const again = recommender?.recommend({ limit: Math.max(1, items.length), ...(visitorId === undefined ? {} : { visitorId }), ...(itemId === undefined ? {} : { itemId }) });
    const differences = differencesOf(places(items), places((again?.items ?? []).slice(0, items.length)));
    return { logged: null, fromLog: null, fromLake: null, snapshots, differences, equal: differences.length === 0, notes: [`${items.length} items, compared place by place`] };
  });
}

function places(items: readonly { item_id: string; score: number }[]): Record<string, unknown> {
  return Object.fromEntries(items.flatMap(({ item_id: item, score }, index) => [[`item ${index + 1}`, item], [`score ${index + 1}`, score]]));
}
