// The nine files of a marketplace, in one go.
import type { Landing } from '../core/landing.ts';
import { Random } from '../core/random.ts';
import type { MarketIds } from './ids.ts';
import type { Marketplace } from './orders.ts';
import type { WrittenTruth } from './truth.ts';
import { writeProducts, writeTranslation } from './write-catalogue.ts';
import { writeItems, writeOrders } from './write-orders.ts';
import { writePayments } from './write-payments.ts';
import { writeCustomers, writeGeolocation, writeSellers } from './write-people.ts';
import { writeReviews } from './write-reviews.ts';

export async function writeMarketplace(landing: Landing, market: Marketplace, ids: MarketIds): Promise<WrittenTruth> {
  // Exports come in no order that means anything.
  const sequence = new Random(market.seed, 'sequence').shuffle(Uint32Array.from({ length: market.orders.count }, (_, o) => o));
  const { customersWithoutPlace } = await writeCustomers(landing, market, ids, sequence);
  await writeOrders(landing, market, ids, sequence);
  await writeItems(landing, market, ids, sequence);
  const payments = await writePayments(landing, market, ids, sequence);
  const reviews = await writeReviews(landing, market, ids, sequence);
  await writeProducts(landing, market, ids);
  await writeSellers(landing, market, ids);
  await writeTranslation(landing);
  const places = await writeGeolocation(landing, market);
  return { people: { customersWithoutPlace, ...places }, payments, reviews };
}
