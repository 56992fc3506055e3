// Who visits the live shop and what there is to buy: the same visitors, customers and products as in the sample's files of that seed and scale.
import type { Catalogue } from '../marketplace/catalogue.ts';
import { priceKey, priceOn } from '../marketplace/catalogue.ts';
import { CATEGORIES } from '../marketplace/categories.ts';
import { drawAnother, drawProduct } from '../marketplace/baskets.ts';
import { makeMarketplace } from '../marketplace/history.ts';
import { MarketIds } from '../marketplace/ids.ts';
import { shopPlan } from '../marketplace/plan.ts';
import type { Random } from '../core/random.ts';
import { dayOfSecond } from '../core/time.ts';
import { crmId, itemId, makeRoster, visitorId } from '../shop/roster.ts';

/** Of the visits, how many are a customer's. */
const CUSTOMERS_SHARE = 0.4;
/** Strangers are as many as this a customer on the web. */
const STRANGERS = 12;

export class LiveShop {
  private readonly catalogue: Catalogue;
  private readonly ids: MarketIds;
  private readonly prices: number;
  private readonly day: number;
  private readonly customers: number;
  private readonly webCustomers: number;

  constructor(seed: number, scale: number) {
    const market = makeMarketplace(seed, shopPlan(scale));
    const roster = makeRoster(market);
    this.catalogue = market.catalogue;
    this.ids = new MarketIds(seed);
    this.prices = priceKey(seed);
    // The last day of the files: prices and assortment go on as they stood there.
    this.day = dayOfSecond(market.plan.end);
    this.customers = roster.count;
    this.webCustomers = roster.visitors;
  }

  /** The number that the clickstream knows a visitor by: a customer's, or a stranger's. */
  drawVisitor(random: Random): string {
    const visitor = random.chance(CUSTOMERS_SHARE) ? random.below(this.webCustomers) : this.webCustomers + random.below(this.webCustomers * STRANGERS);
    return String(visitorId(visitor));
  }

  drawCustomer(random: Random): string {
    return crmId(random.below(this.customers));
  }

  drawProduct(random: Random): number {
    return drawProduct(this.catalogue, this.prices, this.day, random);
  }

  /** One that goes with a product that is looked at. */
  drawAnother(product: number, random: Random): number {
    return drawAnother(this.catalogue, this.prices, product, this.day, random);
  }

  /** Its number in the clickstream. */
  item(product: number): string {
    return String(itemId(product));
  }

  /** Its id at the till. */
  productId(product: number): string {
    return this.ids.product.text(product);
  }

  cents(product: number): number {
    return priceOn(this.catalogue, this.prices, product, this.day);
  }

  /** Words that lead to a product. */
  query(product: number): string {
    return (CATEGORIES[this.catalogue.category[product]!]?.name ?? 'presente').replaceAll('_', ' ');
  }
}
