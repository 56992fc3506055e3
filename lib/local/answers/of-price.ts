// A price again: what was known of the item then, by the policy of then, within the guardrails of then.
import type { PricingConfig } from '../../base/index.ts';
import { banditPolicy, guardedPrice, pricingSettings, type PricePolicy, type PriceSituation } from '../../pricing/index.ts';
import type { PredictionRecord, Prices } from '../../serving/index.ts';
import { loadVersion, registryOf } from '../learning/index.ts';
import { homeDemand, loadPrices, PRICE, PRICE_LIST } from '../serving/index.ts';
import type { Runtime } from '../runtime.ts';
import { bestOf, differencesOf, readable, statesOf, type Again } from './again.ts';
import { pinnedTo } from '../pinned-engine.ts';
import { PRICES, type AnswerState } from '../answer-states.ts';

interface Facts { at: number; day: string; pricing: PricingConfig | null; champion: string | null; demandAsOf: string | null }

const LIST = 'list';

/** @throws `not_found` that says what is not kept any more. */
export async function priceAgain(runtime: Runtime, record: PredictionRecord): Promise<Again> {
  const [version = '', by = ''] = record.version.split(':');
  if (by === LIST) return bestOf(await readable(runtime, await statesOf(runtime, PRICES, record, ({ snapshots }) => snapshots[PRICE_LIST] !== undefined), record), (state) => listed(runtime, record, version, state));
  const states = await readable(runtime, await statesOf(runtime, PRICES, record, ({ snapshots }) => snapshots['gold.pricing_features'] === version), record);
  return bestOf(states, (state) => computed(runtime, record, by.split(' ')[0] ?? '', state));
}

async function computed(runtime: Runtime, record: PredictionRecord, policyName: string, { snapshots, facts }: AnswerState): Promise<Again> {
  const { champion, demandAsOf, pricing, at, day } = facts as unknown as Facts;
  const engine = pinnedTo(await runtime.engine(), snapshots);
  const model = champion === null ? undefined : await loadVersion(registryOf(runtime), PRICE, 'champion', champion, () => undefined);
  const demand = model === undefined || demandAsOf === null ? undefined : await homeDemand(runtime, model.model, demandAsOf, engine);
  const { shop: { currency } } = (await runtime.project()).config;
  const prices = await loadPrices(engine, {
    currency, version: snapshots['gold.pricing_features'] ?? '', random: Math.random, settings: pricingSettings(pricing ?? undefined), now: { at, day },
    tables: { arms: snapshots['gold.price_arms'] !== undefined, list: snapshots[PRICE_LIST] !== undefined }, ...(demand === undefined ? {} : { demand }),
  });
  const { sku } = JSON.parse(record.entity) as { sku: string };
  const { arm, ...logged } = JSON.parse(record.features) as Record<string, unknown>;
  const situation = prices?.situationOf(sku);
  const { price, proposed, limits } = JSON.parse(record.response) as { price: number | null; proposed: number | null; limits: string[] };
  const answered = { price, proposed, limits };
  if (prices === undefined || situation === undefined) {
    const nothing = { price: null, proposed: null, limits: [] };
    return { logged: price, fromLog: null, fromLake: null, snapshots, differences: differencesOf({ ...logged, ...answered }, nothing), equal: price === null, notes: ['nothing was known of this item'] };
  }
  const drawn = typeof arm === 'string' && record.unit === null ? Number(arm) : undefined;
  const policy = drawn === undefined ? prices.policies[policyName] : theArm(drawn);
  if (policy === undefined) return { logged: price, fromLog: null, fromLake: null, snapshots, differences: [], equal: false, notes: [`there is no price policy '${policyName}' any more`] };
  const again = asked(prices, policy, situation, record.unit);
  const differences = differencesOf({ ...logged, ...answered }, { ...situation, ...again });
  return {
    logged: price, fromLog: asked(prices, policy, logged as unknown as PriceSituation, record.unit).price, fromLake: again.price, snapshots, differences, equal: differences.length === 0,
    notes: drawn === undefined ? [] : [`who asked did not say who they are, so the bandit drew its arm by chance: the logged one, ${drawn}, is taken`],
  };
}

function asked({ guardrails }: Prices, policy: PricePolicy, situation: PriceSituation, unit: string | null): { price: number; proposed: number; limits: readonly string[] } {
  const { price, proposed, limits } = guardedPrice(policy, unit === null ? situation : { ...situation, unit }, guardrails);
  return { price, proposed, limits };
}

/** The bandit once more, with the arm that it drew. */
const theArm = (factor: number): PricePolicy => banditPolicy({ armsOf: () => [{ factor, shown: 0, bought: 0 }], random: () => () => 0.5 });

async function listed(runtime: Runtime, record: PredictionRecord, list: string, { snapshots }: AnswerState): Promise<Again> {
  const { sku } = JSON.parse(record.entity) as { sku: string };
  const { rows: [row] } = await pinnedTo(await runtime.engine(), snapshots).query(`SELECT CAST(price AS double), CAST(previous_price AS double), reason FROM ${PRICE_LIST} WHERE list_id = :list AND product_id = :sku`, {
    parameters: { list: { type: 'varchar', value: list }, sku: { type: 'varchar', value: sku } },
  });
  const { price, current_price: current, reason } = JSON.parse(record.response) as { price: number; current_price: number; reason: string };
  if (row === undefined) return { logged: price, fromLog: null, fromLake: null, snapshots: {}, differences: [{ feature: 'price', logged: price, lake: null }], equal: false, notes: [`${PRICE_LIST} of then does not hold the list ${list}`] };
  const differences = differencesOf({ price, current_price: current, reason }, { price: row[0], current_price: row[1], reason: row[2] });
  return { logged: price, fromLog: price, fromLake: Number(row[0]), snapshots: { [PRICE_LIST]: snapshots[PRICE_LIST]! }, differences, equal: differences.length === 0, notes: [] };
}
