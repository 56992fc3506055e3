// Visits as they go on at the same time: each is a script of searches, views, carts and purchases, and the clock takes the next line of any of them.
import type { Random } from '../core/random.ts';
import type { LiveShop } from './shop.ts';

export interface CleanClick {
  kind: 'view' | 'addtocart' | 'transaction' | 'search';
  /** Milliseconds since 1970. */
  time: number;
  visitor: string;
  device: string;
  product: number | undefined;
  query: string | undefined;
  transaction: string | undefined;
}

const SEARCHES_FIRST = 0.35;
const LOOKS_ON = 0.68;
const PUTS_IN_CART = 0.09;
const BUYS_WHAT_IS_IN_CART = 0.36;
/** Between two clicks of a visit, in milliseconds. */
const MEDIAN_PAUSE = 14_000;
/** Events a visit, on average, as the shares above have it. */
export const EVENTS_A_VISIT = 3.8;
const DEVICES = ['desktop', 'mobile', 'mobile', 'app', 'tablet'] as const;

/** The clicks of one visit, in the order of their times. */
export function scriptOf(shop: LiveShop, start: number, random: Random, nextTransaction: () => string): CleanClick[] {
  const clicks: CleanClick[] = [];
  const who = { visitor: shop.drawVisitor(random), device: random.pick(DEVICES) };
  let time = start;
  const add = (kind: CleanClick['kind'], what: Partial<CleanClick>) => {
    clicks.push({ kind, time: Math.floor(time), ...who, product: undefined, query: undefined, transaction: undefined, ...what });
    time += random.logNormal(MEDIAN_PAUSE, 0.9);
  };
  let product = shop.drawProduct(random);
  if (random.chance(SEARCHES_FIRST)) add('search', { query: shop.query(product) });
  const cart: number[] = [];
  do {
    add('view', { product });
    if (random.chance(PUTS_IN_CART)) {
      add('addtocart', { product });
      cart.push(product);
    }
    product = shop.drawAnother(product, random);
  } while (random.chance(LOOKS_ON));
  if (cart.length > 0 && random.chance(BUYS_WHAT_IS_IN_CART)) {
    const transaction = nextTransaction();
    for (const bought of new Set(cart)) add('transaction', { product: bought, transaction });
  }
  return clicks;
}

/** What is due next, of many things that go on: a binary heap by time. */
export class Agenda<Item extends { time: number }> {
  private readonly heap: Item[] = [];

  get next(): Item | undefined {
    return this.heap[0];
  }

  add(item: Item): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.time <= item.time) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = item;
  }

  take(): Item | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.time < heap[child]!.time) child++;
      if (heap[child]!.time >= last.time) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
