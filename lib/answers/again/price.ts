// A price again: what was known of the item then, by the policy of then, within the guardrails of then.
import { dayIn, type PricingConfig } from '../../base/index.ts';
import { banditPolicy, guardedPrice, hasPrice, pricingSettings, type DemandModel, type PricePolicy, type PriceSituation } from '../../pricing/index.ts';
import { demandByPrice, loadPrices, loadVersion, PRICE, PRICE_LIST, type PredictionRecord, type Prices } from '../../serving/index.ts';
import { pinnedTo, type Engine } from '../../warehouse/index.ts';
import { DEMAND, LISTS, PRICES, type AnswerState } from '../states.ts';
import { bestOf, differencesOf, type Again } from './comparison.ts';
import { readable, statesOf } from './standing.ts';
import { LOOKED_WITHIN_MS } from './champions.ts';
import type { AnswersContext } from '../context.ts';

/** In an account each scoring function finds for itself which day it is and which demand there is: a state says neither there. */
interface Facts { pricing: PricingConfig | null; at?: number; day?: string; champion?: string | null; demandAsOf?: string | null }

/** Demand by price: a version, asked as of a date. */
interface AskedDemand { champion: string; asOf: string; snapshots: AnswerState['snapshots'] }

/** How things may have stood at the answer. */
interface Standing { snapshots: AnswerState['snapshots']; pricing: PricingConfig | null; at: number; day: string; demand: AskedDemand | undefined }

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

/** `champion`: the version of the demand that the answer names. */
async function standingsOf(context: AnswersContext, record: PredictionRecord, states: readonly AnswerState[], champion: string | undefined): Promise<Standing[]> {
  const { timeZone } = await context.shop();
  const isOpen = states.some(({ facts }) => (facts as unknown as Facts).champion === undefined);
  const demands = isOpen && champion !== undefined ? await readable(context, await statesOf(context, DEMAND, record, ({ facts }) => facts['champion'] === champion), record) : [];
  return states.flatMap(({ snapshots, facts, at: since }): Standing[] => {
    const { pricing, at, day, champion: known, demandAsOf } = facts as unknown as Facts;
    if (at !== undefined && day !== undefined) return [{ snapshots, pricing, at, day, demand: typeof known === 'string' && typeof demandAsOf === 'string' ? { champion: known, asOf: demandAsOf, snapshots } : undefined }];
    // A list counts that held when the function looked: between its being made and the answer.
    const moments = [...new Set([record.predicted_at, record.predicted_at - LOOKED_WITHIN_MS])].map((then) => dayIn(timeZone, then));
    return [...new Set(moments)].flatMap((day) => [record.predicted_at, since].flatMap((at) => (demands.length === 0 ? [undefined] : demands)
      .map((state): Standing => ({ snapshots, pricing, at, day, demand: state === undefined ? undefined : { champion: champion!, asOf: String(state.facts['demandAsOf']), snapshots: state.snapshots } }))));
  });
}

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

async function demandOf(context: AnswersContext, engine: Pick<Engine, 'query'>, { champion, asOf, snapshots }: AskedDemand): Promise<DemandModel | undefined> {
  const loaded = await loadVersion(context.registry, PRICE, 'champion', champion, () => undefined);
  return loaded === undefined ? undefined : demandByPrice(context, loaded.model, asOf, pinnedTo(engine, snapshots));
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

async function listed(context: AnswersContext, record: PredictionRecord, list: string, { snapshots }: AnswerState): Promise<Again> {
  const { sku } = JSON.parse(record.entity) as { sku: string };
  const { rows: [row] } = await pinnedTo(await context.engine(), snapshots).query(`SELECT CAST(price AS double), CAST(previous_price AS double), reason FROM ${PRICE_LIST} WHERE list_id = :list AND product_id = :sku`, {
    parameters: { list: { type: 'varchar', value: list }, sku: { type: 'varchar', value: sku } },
  });
  const { price, current_price: current, reason } = JSON.parse(record.response) as { price: number; current_price: number; reason: string };
  if (row === undefined) return { logged: price, fromLog: null, fromLake: null, snapshots: {}, differences: [{ feature: 'price', logged: price, lake: null }], equal: false, notes: [`${PRICE_LIST} of then does not hold the list ${list}`] };
  const differences = differencesOf({ price, current_price: current, reason }, { price: row[0], current_price: row[1], reason: row[2] });
  return { logged: price, fromLog: price, fromLake: Number(row[0]), snapshots: { [PRICE_LIST]: snapshots[PRICE_LIST]! }, differences, equal: differences.length === 0, notes: [] };
}
