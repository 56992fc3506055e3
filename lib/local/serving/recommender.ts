// Recommendations of a home: what visitors of the same items went on to, learned from the clickstream of the tables.
import { recommendByCoVisitation, trainCoVisitation, type CoVisitation } from '../../learning/index.ts';
import type { Recommendation, Recommender } from '../../serving/index.ts';
import type { Engine } from '../../warehouse/index.ts';

/** Who had to do with what in the last ninety days of the clickstream, weighed as interaction scores are. */
const INTERACTIONS = `
SELECT visitorid, itemid, sum(CASE event WHEN 'view' THEN 1 WHEN 'addtocart' THEN 3 WHEN 'transaction' THEN 5 ELSE 0 END) AS weight
FROM silver.events
WHERE duplicate_of IS NULL AND itemid IS NOT NULL AND event IN ('view', 'addtocart', 'transaction')
  AND event_date >= (SELECT date_add('day', -90, max(event_date)) FROM silver.events)
GROUP BY visitorid, itemid
ORDER BY visitorid, itemid`;

/** Events older than the last snapshot are all that it knows; undefined where nobody has looked at anything yet. */
export async function loadRecommender(engine: Pick<Engine, 'query'>, version: string): Promise<Recommender | undefined> {
  const rows = (await engine.query(INTERACTIONS)).rows as [string, string, number | bigint][];
  if (rows.length === 0) return undefined;
  const [visitors, items] = [numbered(rows.map(([visitor]) => visitor)), numbered(rows.map(([, item]) => item))];
  const model = trainCoVisitation({
    users: visitors.names.length, items: items.names.length,
    user: Int32Array.from(rows, ([visitor]) => visitors.at.get(visitor)!), item: Int32Array.from(rows, ([, item]) => items.at.get(item)!), weight: Float32Array.from(rows, ([, , weight]) => Number(weight)),
  });
  const histories = new Map<string, { item: number; weight: number }[]>();
  for (const [visitor, item, weight] of rows) {
    const history = histories.get(visitor) ?? [];
    history.push({ item: items.at.get(item)!, weight: Number(weight) });
    histories.set(visitor, history);
  }
  return recommenderOver(model, items, histories, version);
}

interface Numbered { names: string[]; at: ReadonlyMap<string, number> }

function recommenderOver(model: CoVisitation, items: Numbered, histories: ReadonlyMap<string, { item: number; weight: number }[]>, version: string): Recommender {
  const listed = (found: readonly number[]): Recommendation[] => found.map((item, rank) => ({ item_id: items.names[item]!, score: 1 / (rank + 1) }));
  return {
    version,
    recommend({ visitorId, itemId, limit }) {
      const beside = itemId === undefined ? undefined : items.at.get(itemId);
      const history = visitorId === undefined ? undefined : histories.get(visitorId);
      if (beside !== undefined) return { items: listed(recommendByCoVisitation(model, [{ item: beside, weight: 10 }, ...(history ?? [])], limit)), source: history === undefined ? 'similar' : 'personal' };
      if (history !== undefined) return { items: listed(recommendByCoVisitation(model, history, limit)), source: 'personal' };
      return { items: listed(model.popular.slice(0, limit)), source: 'popular' };
    },
  };
}

function numbered(all: readonly string[]): Numbered {
  const names = [...new Set(all)];
  return { names, at: new Map(names.map((name, index) => [name, index])) };
}
