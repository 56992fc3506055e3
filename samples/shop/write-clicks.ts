// The clickstream's files of the shop: events, what items were at which time, the tree of categories.
import type { Landing } from '../core/landing.ts';
import { hashAt, keyOf, Random } from '../core/random.ts';
import { DAY, dayOfSecond, saoPauloToUtc } from '../core/time.ts';
import { CATEGORIES } from '../marketplace/categories.ts';
import { NO_CATEGORY, priceKey, priceLevel, priceOn } from '../marketplace/catalogue.ts';
import { Ids } from '../marketplace/ids.ts';
import type { Marketplace } from '../marketplace/orders.ts';
import { DEVICES, EVENT_NAMES, SEARCH, type Clicks } from './clicks.ts';
import { itemId, visitorId } from './roster.ts';

export interface EventsTruth {
  rows: number;
  /** Rows that repeat another one's event_id. */
  duplicateIds: number;
  /** Rows equal to another one but for the event_id, within a day. */
  repeats: number;
}

/** Redelivered events, and events that were sent twice, happen at the rate of the defects. */
export async function writeEvents(landing: Landing, market: Marketplace, { clicks }: Clicks): Promise<EventsTruth> {
  const file = await landing.file('events', 'events.csv', [
    'timestamp',
    'visitorid',
    'event',
    'itemid',
    'transactionid',
    'event_id',
    'device_type',
    'query',
  ]);
  const { bytes } = file;
  const ids = new Ids(market.seed, 'events');
  const random = new Random(market.seed, 'redeliveries');
  const truth: EventsTruth = { rows: 0, duplicateIds: 0, repeats: 0 };
  let nextId = 0;
  for (const click of clicks) {
    const id = nextId++;
    const draw = random.real() / Math.max(1e-9, landing.options.defectRate);
    const copies = draw < 1 ? [id, id] : draw < 1.25 ? [id, nextId++] : [id];
    if (draw < 1) truth.duplicateIds++;
    else if (draw < 1.25) truth.repeats++;
    for (const eventId of copies) {
      bytes.integer(click.time);
      bytes.comma();
      bytes.integer(visitorId(click.visitor));
      bytes.comma();
      bytes.ascii(EVENT_NAMES[click.kind]!);
      bytes.comma();
      if (click.kind !== SEARCH) bytes.integer(itemId(click.product));
      bytes.comma();
      if (click.transaction > 0) bytes.integer(click.transaction);
      bytes.comma();
      bytes.ascii(ids.text(eventId));
      bytes.comma();
      bytes.ascii(DEVICES[click.device]!);
      bytes.comma();
      if (click.kind === SEARCH) bytes.ascii(CATEGORIES[click.query]!.name.replaceAll('_', ' '));
      file.endRow();
      truth.rows++;
    }
    if (file.full) await file.drain();
  }
  await file.close();
  return truth;
}

/** Departments above the 73 product categories, and the number of a category in the tree. */
const DEPARTMENTS = 8;
const FIRST_CATEGORY = 100;

export function categoryId(category: number): number {
  return FIRST_CATEGORY + DEPARTMENTS + category;
}

export async function writeCategoryTree(landing: Landing): Promise<void> {
  const file = await landing.file('category_tree', 'category_tree.csv', ['categoryid', 'parentid']);
  const row = (id: number, parent: number | null) => {
    file.bytes.integer(id);
    file.bytes.comma();
    if (parent !== null) file.bytes.integer(parent);
    file.endRow();
  };
  for (let d = 0; d < DEPARTMENTS; d++) row(FIRST_CATEGORY + d, null);
  for (let c = 0; c < CATEGORIES.length; c++)
    row(categoryId(c), c < 24 ? FIRST_CATEGORY + (c % DEPARTMENTS) : categoryId(c % 24));
  await file.close();
}

/** What an item is is said at the beginning, and then whatever changes, fortnight by fortnight. */
export async function writeItemProperties(
  landing: Landing,
  { catalogue, plan, seed }: Marketplace,
  from: number,
): Promise<{ rows: number; items: number }> {
  const columns = ['timestamp', 'itemid', 'property', 'value'];
  const ids = new Ids(seed, 'products');
  const prices = priceKey(seed);
  const stock = keyOf(seed, 'stock');
  const items = catalogue.category.length;
  let file = await landing.file('item_properties', 'item_properties_part1.csv', columns);
  const row = (day: number, product: number, property: string, value: string) => {
    file.bytes.integer(saoPauloToUtc(day * DAY) * 1000);
    file.bytes.comma();
    file.bytes.integer(itemId(product));
    file.bytes.comma();
    file.bytes.ascii(property);
    file.bytes.comma();
    file.bytes.ascii(value);
    file.endRow();
    rows++;
  };
  let rows = 0;
  const last = dayOfSecond(plan.end);
  const half = from + 14 * Math.ceil((last - from) / 14 / 2);
  for (let day = from; day <= last; day += 14) {
    if (day === half) {
      await file.close();
      file = await landing.file('item_properties', 'item_properties_part2.csv', columns);
    }
    for (let p = 0; p < items; p++) {
      if (day === from) {
        const category = catalogue.category[p]!;
        row(day, p, 'product_id', ids.text(p));
        if (category !== NO_CATEGORY) row(day, p, 'categoryid', String(categoryId(category)));
        row(day, p, '888', `${hashAt(stock, p) % 1_000_000} n${hashAt(stock, p) % 480}.000`);
      }
      const isAvailable = available(stock, p, day);
      if (day === from || isAvailable !== available(stock, p, day - 14)) row(day, p, 'available', isAvailable ? '1' : '0');
      if (day === from || priceLevel(prices, p, day) !== priceLevel(prices, p, day - 14))
        row(day, p, '790', priceProperty(priceOn(catalogue, prices, p, day)));
      if (file.full) await file.drain();
    }
  }
  await file.close();
  return { rows, items };
}

function available(key: number, product: number, day: number): boolean {
  return hashAt(key, product * 4096 + Math.floor(day / 14)) % 25 !== 0;
}

/** `n129.900`: three decimals, as the clickstream writes numbers. */
function priceProperty(cents: number): string {
  return `n${Math.floor(cents / 100)}.${String((cents % 100) * 10).padStart(3, '0')}`;
}
