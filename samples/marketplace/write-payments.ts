// How orders are paid: one payment or several, by card in instalments, by boleto, with vouchers.
import type { Landing } from '../core/landing.ts';
import { spread } from '../core/quota.ts';
import { Random, WeightedChoice } from '../core/random.ts';
import type { MarketIds } from './ids.ts';
import { boletoKey, paysByBoleto } from './journey.ts';
import { totalOf, type Marketplace } from './orders.ts';
import { CANCELED, DELIVERED } from './plan.ts';

export interface PaymentsTruth {
  rows: number;
  orders: number;
  /** Cents. */
  total: number;
  byType: Record<string, { rows: number; cents: number }>;
  zeroPayments: number;
  zeroInstalments: number;
}

const INSTALMENTS = new WeightedChoice([
  0, 33, 16, 13.6, 9.2, 6.8, 5.1, 2.1, 5.5, 0.85, 6.9, 0.03, 0.17, 0.02, 0.02, 0.1, 0.01, 0.01, 0.04, 0, 0.02, 0.01, 0, 0, 0.02,
]);

export async function writePayments(
  landing: Landing,
  market: Marketplace,
  ids: MarketIds,
  sequence: Uint32Array,
): Promise<PaymentsTruth> {
  const { orders, plan, seed } = market;
  const file = await landing.file(
    'order_payments',
    'olist_order_payments_dataset.csv',
    ['order_id', 'payment_sequential', 'payment_type', 'payment_installments', 'payment_value'],
    { quotedHeader: true },
  );
  const { bytes } = file;
  const random = new Random(seed, 'payments');
  const boleto = boletoKey(seed);
  const unpaid = unpaidOrders(market, sequence);
  const extras = spread(random, plan.extraPayments, orders.count - unpaid.size, 0.45, 28);
  const undefinedOrders = undefinedPayments(market, sequence, extras, unpaid);
  let zeroVouchers = plan.zeroPayments - undefinedOrders.size;
  let zeroInstalments = plan.zeroInstalments;
  const truth: PaymentsTruth = { rows: 0, orders: 0, total: 0, byType: {}, zeroPayments: 0, zeroInstalments: 0 };

  const row = (o: number, sequential: number, type: string, instalments: number, cents: number) => {
    ids.order.write(bytes, o);
    bytes.comma();
    bytes.integer(sequential);
    bytes.comma();
    bytes.ascii(type);
    bytes.comma();
    bytes.integer(instalments);
    bytes.comma();
    bytes.cents(cents);
    file.endRow();
    truth.rows++;
    truth.total += cents;
    const kind = (truth.byType[type] ??= { rows: 0, cents: 0 });
    kind.rows++;
    kind.cents += cents;
    if (cents === 0) truth.zeroPayments++;
    if (instalments === 0) truth.zeroInstalments++;
  };

  let nth = 0;
  for (const o of sequence) {
    if (unpaid.has(o)) continue;
    const more = extras[nth++]!;
    truth.orders++;
    if (undefinedOrders.has(o)) {
      row(o, 1, 'not_defined', 1, 0);
      continue;
    }
    let left = totalOf(orders, o) || Math.round(random.logNormal(11_000, 0.7));
    // A few orders start counting at 2: their first payment was taken back.
    const first = more > 0 && random.chance(0.025) ? 2 : 1;
    const isZero = more > 0 && zeroVouchers > 0;
    if (isZero) zeroVouchers--;
    for (let i = 0; i < more; i++) {
      const part =
        i === 0 && isZero ? 0 : Math.max(1, Math.min(left - (more - i), Math.round(left * (0.15 + 0.6 * random.real()))));
      row(o, first + 1 + i, 'voucher', 1, part);
      left -= part;
    }
    const draw = random.real();
    if (paysByBoleto(boleto, o)) row(o, first, 'boleto', 1, left);
    else if (draw < 0.018) row(o, first, 'debit_card', 1, left);
    else if (draw < 0.05) row(o, first, 'voucher', 1, left);
    else if (zeroInstalments > 0 && draw > 0.9) {
      zeroInstalments--;
      row(o, first, 'credit_card', 0, left);
    } else row(o, first, 'credit_card', INSTALMENTS.draw(random), left);
    if (file.full) await file.drain();
  }
  await file.close();
  return truth;
}

/** Delivered orders that nobody paid for. */
function unpaidOrders({ orders, plan }: Marketplace, sequence: Uint32Array): Set<number> {
  const unpaid = new Set<number>();
  for (const o of sequence) {
    if (unpaid.size === plan.withoutPayment) break;
    if (orders.status[o] === DELIVERED) unpaid.add(o);
  }
  return unpaid;
}

/** Cancelled orders without items, whose only payment is of no kind and no value: a third of the payments of 0. */
function undefinedPayments(
  { orders, plan }: Marketplace,
  sequence: Uint32Array,
  extras: Uint8Array,
  unpaid: ReadonlySet<number>,
): Set<number> {
  const found = new Set<number>();
  let nth = 0;
  for (const o of sequence) {
    if (unpaid.has(o)) continue;
    const more = extras[nth++]!;
    if (
      found.size < Math.floor(plan.zeroPayments / 3) &&
      more === 0 &&
      orders.status[o] === CANCELED &&
      orders.firstItem[o] === orders.firstItem[o + 1]
    )
      found.add(o);
  }
  return found;
}
