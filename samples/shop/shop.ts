// The whole shop: the marketplace, and around it the clickstream, the CRM, support, the till, prices, shipping, invoices.
import type { Landing } from '../core/landing.ts';
import { QualityMeter, type Quality } from '../core/quality.ts';
import type { MarketIds } from '../marketplace/ids.ts';
import type { Marketplace } from '../marketplace/orders.ts';
import { EVENT_NAMES, makeClicks, SEARCH, type Clicks } from './clicks.ts';
import { makeRoster, writeCrm, type Roster } from './roster.ts';
import { sessionsOf, type SessionsTruth } from './sessions.ts';
import { writeCategoryTree, writeEvents, writeItemProperties, type EventsTruth } from './write-clicks.ts';
import { writeInvoices, type InvoicesTruth } from './write-invoices.ts';
import { writeMarketPrices, writeSupplierCosts } from './write-pricing.ts';
import { writeShippingRates, writeShippingZones } from './write-shipping.ts';
import { writeInteractions, type InteractionsTruth } from './write-support.ts';
import { writeTransactions, type TillTruth } from './write-till.ts';

export interface ShopTruth {
  crm_customers: { rows: number; known_at_marketplace: number; known_in_clickstream: number; crm_only: number };
  events: {
    rows: number;
    duplicate_ids: number;
    repeats_under_another_id: number;
    /** Without duplicate ids and repeats. */
    distinct: number;
    by_type: Record<string, number>;
    visitors: number;
    items: number;
    /** transactionids, each of which is an order: order_id = md5(transactionid). */
    transactions: number;
    sessions: SessionsTruth;
  };
  item_properties: { rows: number; items: number };
  interactions: InteractionsTruth;
  /** Amounts in the shop's currency; what was undone is cancelled or refunded, and no revenue. */
  transactions: Omit<TillTruth, 'amount' | 'undone'> & { amount: number; undone: number };
  supplier_costs: { rows: number };
  market_prices: { rows: number };
  shipping_zones: { rows: number };
  shipping_rates: { rows: number };
  /** Amounts in pounds; revenue is without adjustments. */
  online_retail: Omit<InvoicesTruth, 'amount' | 'adjustments' | 'by_country' | 'by_day' | 'amount_of_customers'> & {
    amount: number;
    adjustments: number;
    revenue: number;
    amount_of_customers: number;
    by_country: Record<string, number>;
    by_day: Record<string, number>;
  };
  /** Customers of the whole shop: marketplace, CRM alone, invoices. */
  customers: number;
  /** Rows that tables must have. */
  table_rows: Record<string, number>;
}

export interface ShopParts {
  roster: Roster;
  clicks: Clicks;
}

/** Who is who and who clicked what; to be made before the marketplace is written, because web orders get their ids from it. */
export function makeShop(market: Marketplace, ids: MarketIds): ShopParts {
  const roster = makeRoster(market);
  const clicks = makeClicks(market, roster);
  for (const [transaction, order] of clicks.orderOf) ids.order.giveMd5(order, String(transaction));
  return { roster, clicks };
}

export async function writeShop(
  landing: Landing,
  market: Marketplace,
  ids: MarketIds,
  { roster, clicks }: ShopParts,
  scale: number,
): Promise<ShopTruth> {
  await writeCrm(landing, market, ids, roster);
  const events = await writeEvents(landing, market, clicks);
  const itemProperties = await writeItemProperties(landing, market, clicks.from);
  await writeCategoryTree(landing);
  const interactions = await writeInteractions(landing, market, ids, roster);
  const till = await writeTransactions(landing, market, ids, roster);
  const supplierCosts = await writeSupplierCosts(landing, market, ids);
  const marketPrices = await writeMarketPrices(landing, market, ids);
  const zones = await writeShippingZones(landing);
  const rates = await writeShippingRates(landing);
  const invoices = await writeInvoices(landing, market.seed, scale);
  const pounds = (sums: Record<string, number>) =>
    Object.fromEntries(Object.entries(sums).map(([key, pence]) => [key, pence / 100]));
  const persons = roster.person.reduce((count, person) => count + (person >= 0 ? 1 : 0), 0);
  const customers = market.plan.customers + roster.count - persons + invoices.customers;
  return {
    crm_customers: {
      rows: roster.count,
      known_at_marketplace: persons,
      known_in_clickstream: roster.visitors,
      crm_only: roster.count - persons,
    },
    events: eventsTruth(events, clicks),
    item_properties: itemProperties,
    interactions,
    transactions: { ...till, amount: till.amount / 100, undone: till.undone / 100 },
    supplier_costs: supplierCosts,
    market_prices: marketPrices,
    shipping_zones: zones,
    shipping_rates: rates,
    online_retail: {
      ...invoices,
      amount: invoices.amount / 100,
      adjustments: invoices.adjustments / 100,
      revenue: (invoices.amount - invoices.adjustments) / 100,
      amount_of_customers: invoices.amount_of_customers / 100,
      by_country: pounds(invoices.by_country),
      by_day: pounds(invoices.by_day),
    },
    customers,
    table_rows: {
      'silver.customers': customers,
      'silver.crm_customers': roster.count,
      'silver.interactions': interactions.rows,
      'silver.transactions': till.rows + invoices.rows,
      'silver.supplier_costs': supplierCosts.rows,
      'silver.market_prices': marketPrices.rows,
      'silver.delivery_zones': zones.rows,
      'silver.shipping_rates': rates.rows,
      'silver.products_enriched': market.catalogue.category.length,
      'gold.user_features': customers,
    },
  };
}

function eventsTruth({ rows, duplicateIds, repeats }: EventsTruth, { clicks, orderOf }: Clicks): ShopTruth['events'] {
  const byType = new Array<number>(EVENT_NAMES.length).fill(0);
  for (const { kind } of clicks) byType[kind]!++;
  return {
    rows,
    duplicate_ids: duplicateIds,
    repeats_under_another_id: repeats,
    distinct: clicks.length,
    by_type: Object.fromEntries(EVENT_NAMES.map((name, kind) => [name, byType[kind]!])),
    visitors: new Set(clicks.map(({ visitor }) => visitor)).size,
    items: new Set(clicks.filter(({ kind }) => kind !== SEARCH).map(({ product }) => product)).size,
    transactions: orderOf.size,
    sessions: sessionsOf(clicks),
  };
}

export function conversionOracle({ pairs }: Clicks): Quality & { about: string } {
  const meter = new QualityMeter();
  for (const { odds, bought } of pairs) meter.add(odds / (1 + odds), bought);
  return {
    about:
      "P(a product is bought in the visit in which it was viewed | whose visit it is, how the price stands): odds = odds of " +
      "a customer's view * (level / 100)^-elasticity / its mean, 0 for strangers; " +
      'a row a visit and product viewed. Models that also see carts and earlier visits do better.',
    ...meter.result(),
  };
}
