// Prices of a shop: what gold says of each product, how its demand answers to its price, and what was tried before.
import { seededRandom } from '../../learning/index.ts';
import {
  armsOfItems, banditPolicy, elasticities, fractionDigitsOf, modelPolicy, pricingSettings, rulePolicy, since, type ArmFeedback, type DemandModel, type EarlierPrice, type PricePoint, type PriceSituation, type PricingSettings,
} from '../../pricing/index.ts';
import type { Prices } from '../context.ts';
import { tablesNamedIn, type Engine } from '../../warehouse/index.ts';

/** Prices at which an item was seen and bought, from the clickstream, with the item's id in the whole shop. */
const POINTS = `
SELECT coalesce(xref.item_id, happened.itemid) AS sku, coalesce(product.category, 'unknown') AS category, CAST(happened.price AS double) AS price,
       count_if(happened.event = 'view') AS views, count_if(happened.event = 'transaction') AS units
FROM silver.events_enriched AS happened
LEFT JOIN silver.item_xref AS xref ON xref.source = 'item_properties' AND xref.source_id = happened.itemid
LEFT JOIN gold.pricing_features AS product ON product.product_id = xref.item_id
WHERE happened.price > 0 AND happened.duplicate_of IS NULL AND happened.event IN ('view', 'transaction')
GROUP BY 1, 2, 3
ORDER BY 1, 3`;

const SITUATIONS = `
SELECT product_id, category, CAST(current_price AS double) AS price, CAST(supplier_cost AS double) AS cost, CAST(competitor_price AS double) AS competitor,
       historical_conversion_rate, anchor_product_score, average_price_90d
FROM gold.pricing_features
WHERE current_price > 0
ORDER BY product_id`;

const FEEDBACK = `
SELECT product_id, arm, shown, bought
FROM gold.price_arms
ORDER BY product_id, arm`;

/** The list that `millrace prices compute` made last. */
export const PRICE_LIST = 'gold.prices';

const LISTED = `
SELECT product_id, CAST(price AS double) AS price, CAST(previous_price AS double) AS previous_price, CAST(business_date AS varchar) AS day, CAST(valid_to AS varchar) AS valid_to
FROM ${PRICE_LIST}
ORDER BY product_id`;

/** The tables that prices are made from. */
export const TABLES_OF_PRICES: readonly string[] = tablesNamedIn([POINTS, SITUATIONS, FEEDBACK, LISTED].join('\n'));

export interface PriceSources {
  currency: string;
  /** Of the features: names the prices in the log. */
  version: string;
  /** Uniform on [0, 1), for askers who do not say who they are. */
  random: () => number;
  /** Default: those of a project that sets nothing. */
  settings?: PricingSettings;
  /** From the champion of the `price` predictor; where there is none, the model-based policy goes by elasticities. */
  demand?: DemandModel;
  /** Which of the tables that are not always there may be read. */
  tables?: { arms: boolean; list: boolean };
  /** The moment, and the business date of it in the shop; default: no list is looked at. */
  now?: { at: number; day: string };
  /** Prices of the list that was handed over. */
  listed?: Prices['listed'];
}

type Situation = [string, string, number, number | null, number | null, number | null, number | null, number | null];

/** undefined where gold has no prices yet. */
export async function loadPrices(engine: Pick<Engine, 'query'>, sources: PriceSources): Promise<Prices | undefined> {
  const { currency, version, random, settings = pricingSettings(undefined), demand, tables = { arms: false, list: false }, now, listed } = sources;
  const guardrails = { ...settings.guardrails, fractionDigits: fractionDigitsOf(currency) };
  // What costs less than the smallest coin has no price.
  const rows = ((await engine.query(SITUATIONS)).rows as Situation[]).filter(([, , price]) => Math.round(price * 10 ** guardrails.fractionDigits) >= 1);
  if (rows.length === 0) return undefined;
  const history = ((await engine.query(POINTS)).rows as [string, string, number, number | bigint, number | bigint][])
    .map(([sku, category, price, views, units]): PricePoint => ({ sku, category, price, views: Number(views), units: Number(units) }));
  const feedback = tables.arms
    ? ((await engine.query(FEEDBACK)).rows as [string, number, number | bigint, number | bigint][]).map(([sku, arm, shown, bought]): ArmFeedback => ({ sku, arm, shown: Number(shown), bought: Number(bought) }))
    : [];
  const earlier = tables.list && now !== undefined ? await earlierPrices(engine, now.at) : new Map<string, EarlierPrice>();
  const found = new Map(elasticities(history).map(({ sku, elasticity }) => [sku, elasticity]));
  const situations = new Map(rows.map((row): [string, PriceSituation] => [row[0], since(situationOf(row, found.get(row[0])), earlier.get(row[0]), now?.day ?? '')]));
  const arms = armsOfItems({
    factors: settings.bandit.arms, historyWeight: settings.bandit.historyWeight, feedback, history,
    basePrices: new Map([...situations].map(([sku, { usualPrice, currentPrice }]) => [sku, usualPrice ?? currentPrice])),
  });
  return {
    version, currency, policy: settings.policy, guardrails,
    policies: {
      rule: rulePolicy(settings.rule), model: modelPolicy(settings.model, demand),
      bandit: banditPolicy({ armsOf: (sku) => arms.get(sku) ?? [], random: ({ unit, sku }) => (unit === undefined ? random : seededRandom(seedOf(`${unit}\u0000${sku}`)).uniform) }),
    },
    situationOf: (sku) => situations.get(sku), situations: () => situations.values(), ...(listed === undefined ? {} : { listed }),
  };
}

function situationOf([sku, category, currentPrice, cost, competitorPrice, conversion, anchor, usual]: Situation, elasticity: number | undefined): PriceSituation {
  return {
    sku, category, currentPrice,
    ...(cost === null ? {} : { cost }), ...(competitorPrice === null ? {} : { competitorPrice }), ...(elasticity === undefined ? {} : { elasticity }),
    ...(conversion === null ? {} : { historicalConversionRate: conversion }), ...(anchor === null ? {} : { anchorScore: anchor }), ...(usual === null ? {} : { usualPrice: usual }),
  };
}

/** Of the list, if it still holds. */
async function earlierPrices(engine: Pick<Engine, 'query'>, at: number): Promise<Map<string, EarlierPrice>> {
  const rows = (await engine.query(LISTED)).rows as [string, number, number, string, string][];
  return new Map(rows.filter(([, , , , validTo]) => at < Date.parse(`${validTo.replace(' ', 'T')}Z`)).map(([sku, price, previousPrice, day]) => [sku, { price, previousPrice, day }]));
}

/** FNV-1a. */
function seedOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  return hash | 0;
}
