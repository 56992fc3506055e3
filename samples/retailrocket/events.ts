// RetailRocket's events at the published cardinalities: day after day, in bounded memory.
import { CLICKSTREAM_CAUSES } from '../causes.ts';
import { exp, normalQuantile } from '../core/numbers.ts';
import type { Landing } from '../core/landing.ts';
import { QualityMeter, type Quality } from '../core/quality.ts';
import { Quota, spread } from '../core/quota.ts';
import { hashAt, keyOf, Random, WeightedChoice } from '../core/random.ts';
import { DAY, saoPauloToUtc, weekdayOf } from '../core/time.ts';
import { HOURS, WEEKDAYS } from '../marketplace/demand.ts';
import { FIRST_DAY, FIRST_SNAPSHOT, LAST_DAY, type ClickstreamSize, type Items } from './items.ts';
import { Likings } from './likings.ts';

export interface RetailRocketTruth {
  events: {
    rows: number;
    by_type: Record<string, number>;
    duplicates: number;
    distinct: number;
    visitors: number;
    items: number;
    transactions: number;
    first_ms: number;
    last_ms: number;
    /** Of transaction events: Σ price as it stood, and those without a known price. */
    revenue: number;
    unpriced: number;
  };
  item_properties: { rows: number; items: number };
  category_tree: { rows: number; roots: number };
}

const { cart, purchase, browsing } = CLICKSTREAM_CAUSES;
/** Means of the weights below, which quotas want to be 1 on average. */
const MEAN_CART = exp((cart.intent * cart.intent + cart.appeal * cart.appeal) / 2) * 1.19;
const MEAN_PURCHASE = 1.35;
const NAMES = ['view', 'addtocart', 'transaction'] as const;
const hours = new WeightedChoice(HOURS);

/** Column by column, the events of one day. */
class DayOfEvents {
  count = 0;
  time = new Float64Array(4096);
  visitor = new Uint32Array(4096);
  item = new Uint32Array(4096);
  kind = new Uint8Array(4096);
  transaction = new Uint32Array(4096);

  add(time: number, visitor: number, item: number, kind: number, transaction: number): void {
    if (this.count === this.time.length) this.#grow();
    const i = this.count++;
    this.time[i] = time;
    this.visitor[i] = visitor;
    this.item[i] = item;
    this.kind[i] = kind;
    this.transaction[i] = transaction;
  }

  #grow(): void {
    for (const column of ['time', 'visitor', 'item', 'kind', 'transaction'] as const) {
      const old = this[column];
      const bigger = new (old.constructor as { new (n: number): typeof old })(old.length * 2);
      bigger.set(old);
      Object.assign(this, { [column]: bigger });
    }
  }

  /** Indices in the order of time. */
  inOrder(): Float64Array {
    const keys = new Float64Array(this.count);
    for (let i = 0; i < this.count; i++) keys[i] = this.time[i]! * 16_777_216 + i;
    keys.sort();
    for (let i = 0; i < this.count; i++) keys[i] = keys[i]! % 16_777_216;
    return keys;
  }
}

/** Share of a total that falls on each day, whole and exact. */
function byDay(total: number): number[] {
  const weights: number[] = [];
  for (let day = FIRST_DAY; day <= LAST_DAY; day++)
    weights.push(WEEKDAYS[weekdayOf(day)]! * (0.85 + (0.3 * (day - FIRST_DAY)) / (LAST_DAY - FIRST_DAY)));
  const sum = weights.reduce((a, b) => a + b, 0);
  let cumulated = 0;
  let given = 0;
  return weights.map((weight) => {
    cumulated += weight;
    const upTo = Math.round((total * cumulated) / sum);
    const part = upTo - given;
    given = upTo;
    return part;
  });
}

export async function writeRetailRocketEvents(
  landing: Landing,
  seed: number,
  size: ClickstreamSize,
  items: Items,
): Promise<{ events: RetailRocketTruth['events']; conversion: Quality }> {
  const file = await landing.file('events', 'events.csv', ['timestamp', 'visitorid', 'event', 'itemid', 'transactionid']);
  const { bytes } = file;
  const maker = new EventMaker(seed, size, items);
  const truth: RetailRocketTruth['events'] = {
    rows: 0,
    by_type: { view: 0, addtocart: 0, transaction: 0 },
    duplicates: 0,
    distinct: 0,
    visitors: 0,
    items: 0,
    transactions: 0,
    first_ms: 0,
    last_ms: 0,
    revenue: 0,
    unpriced: 0,
  };
  const repeats = new Quota(size.duplicates, size.views - size.duplicates);
  const random = new Random(seed, 'clickstream.duplicates');
  for (const day of maker.days()) {
    let last = -1;
    const midnight = saoPauloToUtc(day.day * DAY) * 1000;
    for (const i of day.events.inOrder()) {
      // Every event has a millisecond of its own: what is equal is a duplicate on purpose.
      last = Math.max(last + 1, day.events.time[i]!);
      const kind = day.events.kind[i]!;
      const copies = kind === 0 && repeats.take(random) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        bytes.integer(midnight + last);
        bytes.comma();
        bytes.integer(maker.visitorId(day.events.visitor[i]!));
        bytes.comma();
        bytes.ascii(NAMES[kind]!);
        bytes.comma();
        bytes.integer(items.id(day.events.item[i]!));
        bytes.comma();
        if (kind === 2) bytes.integer(day.events.transaction[i]!);
        file.endRow();
        truth.by_type[NAMES[kind]!]!++;
        truth.rows++;
      }
      truth.duplicates += copies - 1;
      if (truth.first_ms === 0) truth.first_ms = midnight + last;
      truth.last_ms = midnight + last;
      if (kind === 2) {
        if (day.day >= FIRST_SNAPSHOT && items.isDescribed(day.events.item[i]!))
          truth.revenue += items.price(day.events.item[i]!, day.day);
        else truth.unpriced++;
      }
      if (file.full) await file.drain();
    }
  }
  await file.close();
  truth.distinct = truth.rows - truth.duplicates;
  return { events: { ...truth, ...maker.totals() }, conversion: maker.conversion.result() };
}

class EventMaker {
  readonly conversion = new QualityMeter();
  readonly #size: ClickstreamSize;
  readonly #items: Items;
  readonly #likings: Likings;
  readonly #random: Random;
  readonly #intent: number;
  readonly #newcomers: Quota;
  readonly #cover: Quota;
  readonly #carts: Quota;
  readonly #purchases: Quota;
  readonly #viewsLeft: { carts: number; purchases: number };
  #visitors = 0;
  #covered = 0;
  #transactions = 0;

  constructor(seed: number, size: ClickstreamSize, items: Items) {
    this.#size = size;
    this.#items = items;
    this.#likings = new Likings(seed, size.items);
    this.#random = new Random(seed, 'clickstream.events');
    this.#intent = keyOf(seed, 'clickstream.intent');
    const views = size.views - size.duplicates;
    this.#newcomers = new Quota(size.visitors, size.visits);
    this.#cover = new Quota(size.items, views);
    this.#carts = new Quota(size.carts, views);
    this.#purchases = new Quota(size.purchases, size.carts);
    this.#viewsLeft = { carts: views, purchases: size.carts };
  }

  totals(): { visitors: number; items: number; transactions: number } {
    return { visitors: this.#visitors, items: this.#covered, transactions: this.#transactions };
  }

  visitorId(visitor: number): number {
    return (visitor * 499_979 + 7) % 15_485_863;
  }

  *days(): Generator<{ day: number; events: DayOfEvents }> {
    const { views, duplicates, visits } = this.#size;
    const visitsOf = byDay(visits);
    const extrasOf = byDay(views - duplicates - visits);
    for (const [d, some] of visitsOf.entries()) {
      const events = new DayOfEvents();
      const lengths = spread(this.#random, extrasOf[d]!, some, 0.62, 60);
      for (let v = 0; v < some; v++) this.#visit(events, FIRST_DAY + d, 1 + lengths[v]!);
      yield { day: FIRST_DAY + d, events };
    }
  }

  #visit(events: DayOfEvents, day: number, views: number): void {
    const random = this.#random;
    const isNew = this.#newcomers.take(random, this.#visitors === 0 ? 1e9 : 1);
    const visitor = isNew ? this.#visitors++ : this.#returning();
    const intent = normalQuantile((hashAt(this.#intent, visitor) + 0.5) / 4_294_967_296);
    const intentWeight = exp(cart.intent * intent) * (isNew ? 1 : cart.back);
    // Nobody browses over midnight: what would start in the last two hours starts two hours earlier.
    const hour = hours.draw(random);
    let time = (hour >= 22 ? hour - 2 : hour) * 3_600_000 + random.below(3_600_000);
    let item = 0;
    let transaction = 0;
    for (let k = 0; k < views; k++) {
      const draw = random.real();
      if (this.#cover.take(random)) item = this.#uncovered();
      else if (k === 0) item = isNew || draw < browsing.again ? this.#likings.first(visitor) : this.#likings.next(random, visitor);
      else if (draw >= browsing.same) item = this.#likings.next(random, visitor);
      events.add(time, visitor, item, 0, 0);
      const weight =
        (intentWeight * exp(cart.appeal * this.#items.appeal(item)) * this.#items.priceEffect(item, day, 1)) / MEAN_CART;
      const chance = Math.min(1, (weight * this.#carts.left) / this.#viewsLeft.carts--);
      const buyWeight = (exp(purchase.intent * intent) * this.#items.priceEffect(item, day, 0.5)) / MEAN_PURCHASE;
      const buyChance = Math.min(1, (buyWeight * this.#purchases.left) / Math.max(1, this.#viewsLeft.purchases));
      let bought = false;
      if (this.#carts.take(random, weight)) {
        time += 1_000 + random.below(9_000);
        events.add(time, visitor, item, 1, 0);
        this.#viewsLeft.purchases--;
        if (this.#purchases.take(random, buyWeight)) {
          bought = true;
          time += 1_000 + random.below(9_000);
          if (transaction === 0) transaction = ++this.#transactions;
          events.add(time, visitor, item, 2, transaction);
        }
      }
      this.conversion.add(chance * buyChance, bought);
      time += 3_000 + random.below(96_000);
    }
  }

  /** Somebody who was here before, rather lately. */
  #returning(): number {
    const draw = this.#random.real();
    return this.#visitors - 1 - Math.floor(this.#visitors * draw * draw);
  }

  /** The next item that has to have an event, in an order that is not that of popularity. */
  #uncovered(): number {
    return this.#size.items - 1 - this.#covered++;
  }
}
