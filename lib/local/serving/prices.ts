// Prices of a home: what gold says of each product, and how its demand answers to its price.
import { banditPolicy, checkGuardrails, elasticities, modelPolicy, rulePolicy, type Arm, type PricePoint, type PriceSituation } from '../../pricing/index.ts';
import type { Prices } from '../../serving/index.ts';
import type { Engine } from '../../warehouse/index.ts';

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
       historical_conversion_rate, anchor_product_score
FROM gold.pricing_features
WHERE current_price > 0
ORDER BY product_id`;

/** How the arms of the bandit lie around the base price. */
const ARMS = [0.94, 0.97, 1, 1.03, 1.06];

/** undefined where gold has no prices yet. `asOf` names the version. */
export async function loadPrices(engine: Engine, { currency, version, random }: { currency: string; version: string; random: () => number }): Promise<Prices | undefined> {
  const rows = (await engine.query(SITUATIONS)).rows as [string, string, number, number | null, number | null, number | null, number | null][];
  if (rows.length === 0) return undefined;
  const points = ((await engine.query(POINTS)).rows as [string, string, number, number | bigint, number | bigint][])
    .map(([sku, category, price, views, units]): PricePoint => ({ sku, category, price, views: Number(views), units: Number(units) }));
  const found = new Map(elasticities(points).map(({ sku, elasticity }) => [sku, elasticity]));
  const situations = new Map(rows.map(([sku, category, currentPrice, cost, competitorPrice, conversion, anchor]): [string, PriceSituation] => [sku, {
    sku, category, currentPrice,
    ...(cost === null ? {} : { cost }), ...(competitorPrice === null ? {} : { competitorPrice }), ...(found.has(sku) ? { elasticity: found.get(sku)! } : {}),
    ...(conversion === null ? {} : { historicalConversionRate: conversion }), ...(anchor === null ? {} : { anchorScore: anchor }),
  }]));
  const arms = armsOf(points, situations);
  return {
    version, currency, policy: 'rule',
    guardrails: checkGuardrails({ marginFloorPercent: 10, dailyChangePercent: 10, endings: [90, 99], blocked: new Set() }),
    policies: {
      rule: rulePolicy({ targetMarginPercent: 40, undercutPercent: 1, anchorDiscountPercent: 3 }),
      model: modelPolicy(),
      bandit: banditPolicy({ basePrice: ({ currentPrice }) => currentPrice, armsOf: (sku) => arms.get(sku) ?? [], random }),
    },
    situationOf: (sku) => situations.get(sku),
  };
}

/** What is known of each arm: the events at prices nearest to it. */
function armsOf(points: readonly PricePoint[], situations: ReadonlyMap<string, PriceSituation>): Map<string, Arm[]> {
  const all = new Map([...situations.keys()].map((sku) => [sku, ARMS.map((factor): Arm => ({ factor, shown: 0, bought: 0 }))]));
  for (const { sku, price, views, units } of points) {
    const [arms, situation] = [all.get(sku), situations.get(sku)];
    if (arms === undefined || situation === undefined) continue;
    const factor = price / situation.currentPrice;
    if (factor < 0.92 || factor > 1.08) continue;
    const nearest = arms.reduce((best, arm) => (Math.abs(arm.factor - factor) < Math.abs(best.factor - factor) ? arm : best));
    nearest.shown += views;
    nearest.bought += Math.min(units, views);
  }
  return all;
}
