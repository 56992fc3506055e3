// A price again: what was known of the item then, by the policy of then, within the guardrails of then.
import { banditPolicy, guardedPrice, hasPrice, pricingSettings, type PricePolicy, type PriceSituation } from '../../pricing/index.ts';
import { loadPrices, PRICE_LIST, type PredictionRecord, type Prices } from '../../serving/index.ts';
import { pinnedTo, type Engine } from '../../warehouse/index.ts';
import type { AnswersContext } from '../context.ts';
import { LISTS, PRICES } from '../states.ts';
import { bestOf, differencesOf, type Again } from './comparison.ts';
import { listed } from './price-list.ts';
import { demandOf, standingsOf, type Standing } from './price-standing.ts';
import { readable, statesOf } from './standing.ts';

const LIST = 'list';

/** @throws `not_found` that says what is not kept any more. */
export async function priceAgain(context: AnswersContext, record: PredictionRecord): Promise<Again> {
  const [version = '', by = ''] = record.version.split(':');
  if (by === LIST) {
    const handedOver = await statesOf(context, LISTS, record, () => true);
    const states = handedOver.length > 0 ? handedOver : await statesOf(context, PRICES, record, ({ snapshots }) => snapshots[PRICE_LIST] !== undefined);
    return bestOf(await readable(context, states, record), (state) => listed(context, record, version, state));
  }
  const [policy = '', , champion] = by.split(' ');
  const states = await readable(context, await statesOf(context, PRICES, record, ({ snapshots }) => snapshots['gold.pricing_features'] === version), record);
  const engine = remembering(await context.engine());
  return bestOf(await standingsOf(context, record, states, champion), (standing) => computed(context, engine, record, policy, standing));
}

async function computed(context: AnswersContext, asks: Pick<Engine, 'query'>, record: PredictionRecord, policyName: string, { snapshots, pricing, at, day, demand: asked }: Standing): Promise<Again> {
  const demand = asked === undefined ? undefined : await demandOf(context, asks, asked);
  const { currency } = await context.shop();
  const prices = await loadPrices(pinnedTo(asks, snapshots), {
    currency, version: snapshots['gold.pricing_features'] ?? '', random: Math.random, settings: pricingSettings(pricing ?? undefined), now: { at, day },
    tables: { arms: snapshots['gold.price_arms'] !== undefined, list: snapshots[PRICE_LIST] !== undefined }, ...(demand === undefined ? {} : { demand }),
  });
  const { sku } = JSON.parse(record.entity) as { sku: string };
  const { arm, ...logged } = JSON.parse(record.features) as Record<string, unknown>;
  const situation = prices?.situationOf(sku);
  const { price, proposed, limits } = JSON.parse(record.response) as { price: number | null; proposed: number | null; limits: string[] };
  const answered = { price, proposed, limits };
  if (prices === undefined || situation === undefined || !hasPrice(situation, prices.guardrails)) {
    const nothing = { price: null, proposed: null, limits: [] };
    return { logged: price, fromLog: null, fromLake: null, snapshots, differences: differencesOf({ ...logged, ...answered }, nothing), equal: price === null, notes: ['nothing was known of this item'] };
  }
  const drawn = typeof arm === 'string' && record.unit === null ? Number(arm) : undefined;
  const policy = drawn === undefined ? prices.policies[policyName] : theArm(drawn);
  if (policy === undefined) return { logged: price, fromLog: null, fromLake: null, snapshots, differences: [], equal: false, notes: [`there is no price policy '${policyName}' any more`] };
  const again = priced(prices, policy, situation, record.unit);
  const differences = differencesOf({ ...logged, ...answered }, { ...situation, ...again });
  return {
    logged: price, fromLog: priced(prices, policy, logged as unknown as PriceSituation, record.unit).price, fromLake: again.price, snapshots, differences, equal: differences.length === 0,
    notes: drawn === undefined ? [] : [`who asked did not say who they are, so the bandit drew its arm by chance: the logged one, ${drawn}, is taken`],
  };
}

function priced({ guardrails }: Prices, policy: PricePolicy, situation: PriceSituation, unit: string | null): { price: number; proposed: number; limits: readonly string[] } {
  const { price, proposed, limits } = guardedPrice(policy, unit === null ? situation : { ...situation, unit }, guardrails);
  return { price, proposed, limits };
}

/** The bandit once more, with the arm that it drew. */
const theArm = (factor: number): PricePolicy => banditPolicy({ armsOf: () => [{ factor, shown: 0, bought: 0 }], random: () => () => 0.5 });

/** Asks once what is asked again of the same snapshots. */
function remembering(engine: Pick<Engine, 'query'>): Pick<Engine, 'query'> {
  const known = new Map<string, ReturnType<Engine['query']>>();
  return {
    query(sql, options = {}) {
      const key = JSON.stringify([sql, options.parameters, options.snapshots], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
      const result = known.get(key) ?? engine.query(sql, options);
      known.set(key, result);
      return result;
    },
  };
}
