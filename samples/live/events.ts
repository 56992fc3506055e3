// The live shop's events, in the order in which they happen, without end: what a producer sends, and what a right pipeline makes of each.
import { createHash } from 'node:crypto';
import { MillraceError } from '../../lib/base/index.ts';
import { Random } from '../core/random.ts';
import { DEFECTS, type Members } from './defects.ts';
import { LiveShop } from './shop.ts';
import { Agenda, EVENTS_A_VISIT, scriptOf, type CleanClick } from './visits.ts';

export type LiveSource = 'events' | 'transactions';

export interface LiveEvent {
  /** The stream it goes to, and the contract it is for. */
  source: LiveSource;
  partitionKey: string;
  data: Uint8Array;
  /** When it happens, milliseconds since 1970; never before that of the event before. */
  time: number;
  /** The producer's id; two events that bear the same are one. Empty where the record is damaged. */
  id: string;
  /** `view`, `addtocart`, `transaction`, `search`; `purchase` at the till. */
  kind: string;
  /** `accepted`: counts. `duplicate`: accepted, and dropped in silver since its id was there before. `repeat`: accepted, the same content under another id. */
  fate: 'accepted' | 'duplicate' | 'repeat' | 'rejected';
  /** Of a rejected one: the reason that its check has to give. */
  reason?: string;
  /** Of an accepted purchase at the till. */
  cents?: number;
}

export interface LiveOptions {
  /** The shop's, as of `millrace sample`. */
  seed?: number;
  scale?: number;
  /** Milliseconds since 1970. The same seed and start give the same events; another start gives others with other ids. */
  startAt: number;
  /** Events a second, on average. */
  rate?: number;
  /** Share of records that are planted defects, and of the others half as many again that are sent twice. */
  defects?: number;
}

/** Of all events, how many are purchases at the till. */
const TILL_SHARE = 0.04;
const REPEATS = 0.2;
const PAYMENT_METHODS = ['credit_card', 'debit_card', 'pix', 'cash', 'voucher'] as const;

/** Throws `usage` for options out of range. */
export function* liveEvents({ seed = 7, scale = 1, startAt, rate = 10, defects = 0.02 }: LiveOptions): Generator<LiveEvent, never, undefined> {
  if (!(rate > 0 && rate <= 1_000_000)) throw new MillraceError('usage', `the rate ${rate} is not between 0 and 1,000,000 events a second`);
  if (!(defects >= 0 && defects <= 0.5)) throw new MillraceError('usage', `the share of defects ${defects} is not between 0 and 0.5`);
  const shop = new LiveShop(seed, scale);
  const random = new Random(seed, `live ${startAt}`);
  const run = createHash('sha256').update(`${seed} ${startAt}`).digest('hex').slice(0, 10);
  let numbers = 0;
  const nextId = (prefix: string): string => `${prefix}${run}-${(++numbers).toString(36)}`;
  const agenda = new Agenda<CleanClick | { kind: 'visit' | 'till'; time: number }>();
  const visitEvery = (1000 * EVENTS_A_VISIT) / (rate * (1 - TILL_SHARE));
  const tillEvery = 1000 / (rate * TILL_SHARE);
  agenda.add({ kind: 'visit', time: startAt });
  agenda.add({ kind: 'till', time: startAt + tillEvery * random.exponential() });
  for (;;) {
    const due = agenda.take()!;
    if (due.kind === 'visit') {
      for (const click of scriptOf(shop, due.time, random, () => nextId('W'))) agenda.add(click);
      agenda.add({ kind: 'visit', time: due.time + visitEvery * random.exponential() });
    } else if (due.kind === 'till') {
      yield* sent('transactions', purchase(shop, due.time, nextId('T'), random), due.time, 'purchase');
      agenda.add({ kind: 'till', time: due.time + tillEvery * random.exponential() });
    } else {
      yield* sent('events', clickMembers(shop, due as CleanClick, nextId('e')), due.time, due.kind);
    }
  }

  /** The record, with a defect, or twice, or as it is. */
  function* sent(source: LiveSource, members: Members, time: number, kind: string): Generator<LiveEvent, void, undefined> {
    const isClick = source === 'events';
    const base = { source, time: Math.floor(time), kind, partitionKey: String(members[isClick ? 'visitorid' : 'user_id']) };
    const id = String(members[isClick ? 'event_id' : 'transaction_id']);
    if (random.chance(defects)) {
      const fitting = DEFECTS.filter((defect) => (defect.of ?? source) === source && (defect.wants?.(members) ?? true));
      const defect = random.pick(fitting);
      yield { ...base, id: '', data: Buffer.from(defect.plant(members, random)), fate: 'rejected', reason: `${source}.${defect.reason}` };
      return;
    }
    const cents = isClick ? {} : { cents: Math.round(Number(members['price']) * 100) * Number(members['quantity']) };
    const data = Buffer.from(JSON.stringify(members));
    yield { ...base, id, data, fate: 'accepted', ...cents };
    if (!random.chance(defects / 2)) return;
    if (isClick && random.chance(REPEATS)) {
      const other = nextId('e');
      yield { ...base, id: other, data: Buffer.from(JSON.stringify({ ...members, event_id: other })), fate: 'repeat' };
    } else {
      yield { ...base, id, data, fate: 'duplicate', ...cents };
    }
  }
}

function clickMembers(shop: LiveShop, { kind, time, visitor, device, product, query, transaction }: CleanClick, id: string): Members {
  return {
    type: 'events', event_id: id, timestamp: time, visitorid: visitor, event: kind,
    ...(product === undefined ? {} : { itemid: shop.item(product) }), ...(transaction === undefined ? {} : { transactionid: transaction }),
    device_type: device, ...(query === undefined ? {} : { query }),
  };
}

function purchase(shop: LiveShop, time: number, id: string, random: Random): Members {
  const product = shop.drawProduct(random);
  let quantity = 1;
  while (quantity < 9 && random.chance(0.2)) quantity++;
  return {
    type: 'transactions', transaction_id: id, user_id: shop.drawCustomer(random), product_id: shop.productId(product), quantity, price: (shop.cents(product) / 100).toFixed(2),
    timestamp: new Date(time).toISOString(), payment_method: random.pick(PAYMENT_METHODS), transaction_status: 'completed',
  };
}
