// Purchases at the shop's own till.
import { SHOP_CAUSES } from '../causes.ts';
import { exp } from '../core/numbers.ts';
import type { Landing } from '../core/landing.ts';
import { Random, WeightedChoice } from '../core/random.ts';
import { DAY, dayOf, dayOfSecond } from '../core/time.ts';
import { drawProduct } from '../marketplace/baskets.ts';
import { priceKey, priceOn } from '../marketplace/catalogue.ts';
import { secondOn, seasonOf } from '../marketplace/demand.ts';
import type { MarketIds } from '../marketplace/ids.ts';
import type { Marketplace } from '../marketplace/orders.ts';
import { poisson } from './clicks.ts';
import { crmId, type Roster } from './roster.ts';

export interface TillTruth {
  rows: number;
  customers: number;
  quantity: number;
  /** Cents: of all rows, and of those that were cancelled or refunded. */
  amount: number;
  undone: number;
  undone_rows: number;
  by_status: Record<string, number>;
}

const TILL_FROM = dayOf(2018, 1, 2);
const PAYMENT_METHODS = ['credit_card', 'debit_card', 'cash', 'voucher', 'boleto', 'other'];
const { till } = SHOP_CAUSES;

export async function writeTransactions(
  landing: Landing,
  market: Marketplace,
  ids: MarketIds,
  roster: Roster,
): Promise<TillTruth> {
  const { catalogue, plan, seed } = market;
  const random = new Random(seed, 'till');
  const prices = priceKey(seed);
  const days = dayOfSecond(plan.end) - TILL_FROM + 1;
  const dayChoice = new WeightedChoice(Array.from({ length: days }, (_, i) => seasonOf(TILL_FROM + i)));
  const purchases: { crm: number; time: number }[] = [];
  for (let crm = 0; crm < roster.count; crm++) {
    if (!random.chance(till.share)) continue;
    const some = poisson(random, till.mean * exp(till.spread * random.normal()));
    for (let k = 0; k < some; k++) purchases.push({ crm, time: secondOn(TILL_FROM + dayChoice.draw(random), random) });
  }
  purchases.sort((a, b) => a.time - b.time || a.crm - b.crm);

  const file = await landing.file('transactions', 'transactions.csv', [
    'transaction_id',
    'user_id',
    'product_id',
    'quantity',
    'price',
    'timestamp',
    'payment_method',
    'transaction_status',
  ]);
  const { bytes } = file;
  const truth: TillTruth = {
    rows: 0,
    customers: new Set(purchases.map(({ crm }) => crm)).size,
    quantity: 0,
    amount: 0,
    undone: 0,
    undone_rows: 0,
    by_status: {},
  };
  for (const { crm, time } of purchases) {
    const product = drawProduct(catalogue, prices, dayOfSecond(time), random);
    const price = priceOn(catalogue, prices, product, dayOfSecond(time));
    let quantity = 1;
    while (quantity < 9 && random.chance(0.22)) quantity++;
    const draw = random.real();
    const status =
      draw < 0.025 ? 'refunded' : draw < 0.05 ? 'cancelled' : plan.end - time < 2 * DAY && draw < 0.4 ? 'pending' : 'completed';
    bytes.ascii(`T${String(++truth.rows).padStart(7, '0')}`);
    bytes.comma();
    bytes.ascii(crmId(crm));
    bytes.comma();
    ids.product.write(bytes, product);
    bytes.comma();
    bytes.integer(quantity);
    bytes.comma();
    bytes.cents(price);
    bytes.comma();
    file.localTime('timestamp', time);
    bytes.comma();
    bytes.ascii(PAYMENT_METHODS[Math.min(random.below(6), random.below(6))]!);
    bytes.comma();
    bytes.ascii(status);
    file.endRow();
    truth.quantity += quantity;
    truth.amount += quantity * price;
    truth.by_status[status] = (truth.by_status[status] ?? 0) + 1;
    if (status === 'refunded' || status === 'cancelled') {
      truth.undone += quantity * price;
      truth.undone_rows++;
    }
    if (file.full) await file.drain();
  }
  await file.close();
  return truth;
}
