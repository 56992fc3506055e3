// RetailRocket's item properties and category tree: twenty million rows, item after item.
import { exp, normalQuantile } from '../core/numbers.ts';
import type { Landing, LandingFile } from '../core/landing.ts';
import { hashAt, keyOf } from '../core/random.ts';
import { DAY, saoPauloToUtc } from '../core/time.ts';
import { CATEGORY_ROWS, FIRST_SNAPSHOT, SNAPSHOTS, type ClickstreamSize, type Items } from './items.ts';

export const CATEGORY_ROOTS = 25;
const CATEGORY_IDS = 1699;
const COLUMNS = ['timestamp', 'itemid', 'property', 'value'];
/** Enough for all that changes: category, availability, every price. */
const LEAST_ROWS = 14;
const OTHER_PROPERTIES = 1100;

const snapshotMs = Array.from({ length: SNAPSHOTS }, (_, week) => saoPauloToUtc((FIRST_SNAPSHOT + week * 7) * DAY) * 1000);

/** Distinct numbers below 1,699, a prime. */
function categoryId(nth: number): number {
  return (nth * 37 + 11) % CATEGORY_IDS;
}

export async function writeTree(landing: Landing, seed: number): Promise<{ rows: number; roots: number }> {
  const file = await landing.file('category_tree', 'category_tree.csv', ['categoryid', 'parentid']);
  const parents = keyOf(seed, 'clickstream.tree');
  for (let c = 0; c < CATEGORY_ROWS; c++) {
    file.bytes.integer(categoryId(c));
    file.bytes.comma();
    if (c >= CATEGORY_ROOTS)
      file.bytes.integer(categoryId(Math.floor((hashAt(parents, c) / 4_294_967_296) * Math.max(CATEGORY_ROOTS, c / 4))));
    file.endRow();
  }
  await file.close();
  return { rows: CATEGORY_ROWS, roots: CATEGORY_ROOTS };
}

export async function writeProperties(
  landing: Landing,
  seed: number,
  size: ClickstreamSize,
  items: Items,
): Promise<{ rows: number; items: number }> {
  const weights = keyOf(seed, 'clickstream.properties');
  const weightOf = (n: number) => exp(0.55 * normalQuantile((hashAt(weights, n) + 0.5) / 4_294_967_296));
  let sum = 0;
  for (let n = 0; n < size.propertyItems; n++) sum += weightOf(n);
  const surplus = size.propertyRows - LEAST_ROWS * size.propertyItems;
  let cumulated = 0;
  let given = 0;
  let rows = 0;
  let described = 0;
  let beyond = size.items;
  let file = await landing.file('item_properties', 'item_properties_part1.csv', COLUMNS);
  let isFirst = true;
  for (let n = 0, candidate = 0; n < size.propertyItems; n++) {
    while (candidate < size.items && !items.isDescribed(candidate)) candidate++;
    const item = candidate < size.items ? candidate++ : beyond++;
    if (item < size.items) described++;
    cumulated += weightOf(n);
    const upTo = n === size.propertyItems - 1 ? surplus : Math.floor((surplus * cumulated) / sum);
    const some = LEAST_ROWS + upTo - given;
    given = upTo;
    writeItem(file, items, item, some, weights);
    rows += some;
    if (file.full) await file.drain();
    if (isFirst && rows >= size.firstPart) {
      isFirst = false;
      await file.close();
      file = await landing.file('item_properties', 'item_properties_part2.csv', COLUMNS);
    }
  }
  await file.close();
  return { rows, items: described + beyond - size.items };
}

function writeItem(file: LandingFile, items: Items, item: number, rows: number, key: number): void {
  const { bytes } = file;
  const id = items.id(item);
  const hash = hashAt(key, item * 2 + 1_000_003);
  const begin = (week: number) => {
    bytes.integer(snapshotMs[week]!);
    bytes.comma();
    bytes.integer(id);
    bytes.comma();
  };
  begin(0);
  bytes.ascii('categoryid,');
  bytes.integer(categoryId(items.category(item)));
  file.endRow();
  begin(0);
  bytes.ascii(hash % 5 === 0 ? 'available,0' : 'available,1');
  file.endRow();
  let left = rows - 2;
  let level = -1;
  for (let week = 0; week < SNAPSHOTS && left > 0; week++) {
    const day = FIRST_SNAPSHOT + week * 7;
    if (items.level(item, day) === level) continue;
    level = items.level(item, day);
    begin(week);
    bytes.ascii('790,n');
    bytes.integer(items.price(item, day));
    bytes.ascii('.000');
    file.endRow();
    left--;
  }
  if (left > 0 && hash % 3 === 0) {
    begin(1 + (hash % (SNAPSHOTS - 1)));
    bytes.ascii(hash % 5 === 0 ? 'available,1' : 'available,0');
    file.endRow();
    left--;
  }
  for (let j = 0; left > 0; j++, left--) {
    const word = hashAt(key, item * 1024 + j);
    begin(j % 3 === 0 ? word % SNAPSHOTS : 0);
    bytes.integer(1 + ((hash + j * 7) % OTHER_PROPERTIES) + ((hash + j * 7) % OTHER_PROPERTIES >= 789 ? 1 : 0));
    bytes.comma();
    if (word % 4 === 0) {
      bytes.byte(110);
      bytes.integer(word % 480);
      bytes.ascii('.000 ');
    }
    bytes.integer(Math.floor(word / 4096) % 1_319_721);
    if (word % 3 === 0) {
      bytes.byte(32);
      bytes.integer(word % 1_319_721);
    }
    file.endRow();
  }
}
