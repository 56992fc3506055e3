// Recommendations of a shop: the champion of the registry over what each visitor did of late.
import { recommendBeside, recommendTo, untrainedRecommender, type Met, type ModelRegistry, type RecommenderModel } from '../../learning/index.ts';
import type { Recommendation, Recommender } from '../context.ts';
import { tablesNamedIn, type Engine } from '../../warehouse/index.ts';

/** The predictor whose champion answers. */
export const RECOMMENDATIONS = 'recommendations';

/** Who had to do with what on which of the last ninety days of the clickstream, and how much at most (1 looked at, 3 in the cart, 5 bought): as the training set has it. */
const HISTORIES = `
SELECT visitorid, itemid, max(CASE event WHEN 'transaction' THEN 5 WHEN 'addtocart' THEN 3 ELSE 1 END) AS weight, event_date
FROM silver.events
WHERE duplicate_of IS NULL AND itemid IS NOT NULL AND event IN ('view', 'addtocart', 'transaction')
  AND event_date >= (SELECT date_add('day', -90, max(event_date)) FROM silver.events)
GROUP BY visitorid, itemid, event_date
ORDER BY visitorid, itemid, event_date`;

/** The tables that histories are read from. */
export const TABLES_OF_HISTORIES: readonly string[] = tablesNamedIn(HISTORIES);

export interface LearnedRecommender { version: string; model: RecommenderModel }

/** The version that has passed the gate; undefined while there is none. */
export async function championRecommender(registry: Pick<ModelRegistry, 'aliases' | 'model'>): Promise<LearnedRecommender | undefined> {
  const { champion: version } = await registry.aliases(RECOMMENDATIONS);
  return version === undefined ? undefined : recommenderOf(registry, version);
}

/** A version by its number. @throws `not_found` */
export async function recommenderOf(registry: Pick<ModelRegistry, 'model'>, version: string): Promise<LearnedRecommender | undefined> {
  const fitted = await registry.model(RECOMMENDATIONS, version);
  return fitted.kind === 'recommender' ? { version, model: fitted.model } : undefined;
}

/**
 * Without a version that has passed the gate: neighbours and what is popular, as the clickstream stands, under the version `untrained-<snapshot>`.
 * undefined where nobody has looked at anything yet.
 */
export async function loadRecommender(engine: Pick<Engine, 'query'>, snapshot: string, champion?: LearnedRecommender): Promise<Recommender | undefined> {
  const rows = (await engine.query(HISTORIES)).rows as [string, string, number | bigint, string | Date][];
  if (rows.length === 0 && champion === undefined) return undefined;
  const { version, model } = champion ?? { version: `untrained-${snapshot}`, model: untrainedRecommender(rows.map(([visitor, item, weight]) => ({ visitor, item, weight: Number(weight) }))) };
  const numbers = new Map(model.items.map((name, number) => [name, number]));
  const histories = new Map<string, Met[]>();
  for (const [visitor, name, weight, day] of rows) {
    const item = numbers.get(name);
    if (item === undefined) continue;
    const met = { item, weight: Number(weight), at: new Date(day).getTime() };
    const history = histories.get(visitor);
    if (history === undefined) histories.set(visitor, [met]);
    else history.push(met);
  }
  return recommenderOver(model, numbers, histories, version);
}

function recommenderOver(model: RecommenderModel, numbers: ReadonlyMap<string, number>, histories: ReadonlyMap<string, readonly Met[]>, version: string): Recommender {
  const listed = (found: readonly { item: number; score: number }[]): Recommendation[] => found.map(({ item, score }) => ({ item_id: model.items[item]!, score }));
  return {
    version,
    recommend({ visitorId, itemId, limit }) {
      const item = itemId === undefined ? undefined : numbers.get(itemId);
      const history = visitorId === undefined ? undefined : histories.get(visitorId);
      if (item !== undefined) return { items: listed(recommendBeside(model, item, history ?? [], limit)), source: history === undefined ? 'similar' : 'personal' };
      return { items: listed(recommendTo(model, history ?? [], limit)), source: history === undefined ? 'popular' : 'personal' };
    },
  };
}
