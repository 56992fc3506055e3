// What suppliers ask of the shop, and competitors of everybody.
import { SHOP_CAUSES } from '../causes.ts';
import type { Landing } from '../core/landing.ts';
import { Random, realAt, keyOf } from '../core/random.ts';
import { DAY, dateText, dayOf, dayOfSecond } from '../core/time.ts';
import { CATEGORIES } from '../marketplace/categories.ts';
import { NO_CATEGORY, PRICE_LEVELS, priceKey, priceLevel } from '../marketplace/catalogue.ts';
import type { MarketIds } from '../marketplace/ids.ts';
import type { Marketplace } from '../marketplace/orders.ts';

const COSTS_FROM = dayOf(2016, 1, 1);
const COSTS_CHANGED = dayOf(2018, 1, 1);
const SUPPLIERS = 24;
/** Days before the end on which competitors were looked at. */
const LOOKS = [30, 16, 2];
const { suppliers, competitors } = SHOP_CAUSES;

/** The unit as the shop's silver layer spells it, and as suppliers do. */
function skuOf(product: number, category: number): string[] {
  const letters = (category === NO_CATEGORY ? 'div' : CATEGORIES[category]!.name.replaceAll('_', '').slice(0, 3)).toUpperCase();
  const number = String(product).padStart(5, '0');
  return [`${letters}-${number}`, `${letters.toLowerCase()} ${number}`, `${letters}.${number}`, `${letters}${number}`];
}

export async function writeSupplierCosts(
  landing: Landing,
  { catalogue, seed }: Marketplace,
  ids: MarketIds,
): Promise<{ rows: number }> {
  const file = await landing.file('supplier_costs', 'supplier_costs.csv', [
    'supplier_id',
    'product_id',
    'sku',
    'unit_cost',
    'min_order_quantity',
    'lead_time_days',
    'valid_from',
    'valid_to',
  ]);
  const { bytes } = file;
  const random = new Random(seed, 'supplier-costs');
  let rows = 0;
  const row = (supplier: number, product: number, cents: number, from: number, to: number) => {
    bytes.ascii(`S${String(supplier).padStart(3, '0')}`);
    bytes.comma();
    ids.product.write(bytes, product);
    bytes.comma();
    bytes.ascii(random.pick(skuOf(product, catalogue.category[product]!)));
    bytes.comma();
    bytes.cents(cents);
    bytes.comma();
    if (random.chance(0.8)) bytes.integer(random.pick([1, 5, 10, 20, 50]));
    bytes.comma();
    if (random.chance(0.9)) bytes.integer(random.between(2, 30));
    bytes.comma();
    bytes.ascii(dateText(from));
    bytes.comma();
    if (to > 0) bytes.ascii(dateText(to));
    file.endRow();
    rows++;
  };
  for (let p = 0; p < catalogue.category.length; p++) {
    const category = catalogue.category[p]!;
    const ratio = category === NO_CATEGORY ? 0.6 : CATEGORIES[category]!.costRatio;
    const cost = Math.max(1, Math.round(catalogue.basePrice[p]! * random.logNormal(ratio, suppliers.noise)));
    const supplier = 1 + random.below(SUPPLIERS);
    const changes = random.chance(suppliers.share);
    row(supplier, p, cost, COSTS_FROM, changes ? COSTS_CHANGED : 0);
    if (changes) row(supplier, p, Math.round(cost * suppliers.rise), COSTS_CHANGED, 0);
    if (random.chance(0.2))
      row(1 + ((supplier + 6) % SUPPLIERS), p, Math.round(cost * (1.02 + 0.1 * random.real())), COSTS_FROM, 0);
    if (file.full) await file.drain();
  }
  await file.close();
  return { rows };
}

export async function writeMarketPrices(
  landing: Landing,
  { catalogue, plan, seed }: Marketplace,
  ids: MarketIds,
): Promise<{ rows: number }> {
  const file = await landing.file('market_prices', 'market_prices.csv', [
    'competitor',
    'product_id',
    'observed_at',
    'price',
    'shipping_price',
    'in_stock',
  ]);
  const { bytes } = file;
  const random = new Random(seed, 'market-prices');
  const prices = priceKey(seed);
  const covered = keyOf(seed, 'coverage');
  const names = Object.entries(competitors.levels);
  let rows = 0;
  for (const back of LOOKS) {
    const day = dayOfSecond(plan.end) - back;
    for (let p = 0; p < catalogue.category.length; p++) {
      const ours = PRICE_LEVELS[priceLevel(prices, p, day)]! / 100;
      for (const [c, [name, level]] of names.entries()) {
        if (realAt(covered, p * names.length + c) >= competitors.coverage) continue;
        const price = catalogue.basePrice[p]! * level * (1 + competitors.follows * (ours - 1));
        bytes.ascii(name);
        bytes.comma();
        ids.product.write(bytes, p);
        bytes.comma();
        file.localTime('observed_at', day * DAY + 6 * 3600 + random.below(3600));
        bytes.comma();
        bytes.cents(Math.max(1, Math.round(random.logNormal(price, competitors.noise))));
        bytes.comma();
        if (random.chance(0.7)) bytes.cents(random.between(0, 35) * 100 + 90);
        bytes.comma();
        bytes.ascii(random.chance(0.93) ? 'true' : 'false');
        file.endRow();
        rows++;
      }
      if (file.full) await file.drain();
    }
  }
  await file.close();
  return { rows };
}
