// A shop's contracts and features for tests, a store in a folder of its own, and the SQL of features run by DuckDB.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { columnsOf, epochMs, id, integer, money, source, text, timestamp, type Contract } from '../../lib/contracts/index.ts';
import {
  compileFeatures, count, definitionOf, distinct, featureSource, featureView, first, last, max, min, ratio, sum,
  fromSql, type CompiledView, type FeatureEvent, type FeatureSet, type FeatureValues, type FeatureView,
} from '../../lib/features/index.ts';
import { openLmdbStore, type LmdbStore } from '../../lib/features/lmdb/store.ts';
import { Database, type Session } from '../../lib/lake/duckdb/index.ts';
import { analyse } from '../../lib/warehouse/dialect/index.ts';
import { DUCKDB_PRELUDE } from '../../lib/warehouse/index.ts';

export const clicks = source('clicks', {
  description: 'Clicks.', owner: 'web', version: '1.0', timeZone: 'America/Sao_Paulo', key: ['event_id'], duplicates: 'first', eventTime: 'timestamp',
  stream: { partitionKey: 'visitorid' },
  columns: {
    timestamp: epochMs(), visitorid: id(), event: text(), itemid: id({ nullable: true }), event_id: id({ nullable: true }), amount: integer({ nullable: true }),
  },
});

export const purchases = source('purchases', {
  description: 'Purchases.', owner: 'shop', version: '1.0', timeZone: 'America/Sao_Paulo', currency: 'BRL', key: ['purchase_id'], eventTime: 'timestamp',
  stream: { partitionKey: 'user_id' },
  columns: { purchase_id: id(), user_id: id(), product_id: id(), quantity: integer(), price: money(), timestamp: timestamp(), status: text({ nullable: true }) },
});

export const CONTRACTS: ReadonlyMap<string, Contract> = new Map([[clicks.name, clicks], [purchases.name, purchases]]);

export const clickSource = featureSource('clicks', {
  table: 'silver.clicks', columns: { event_time: 'timestamp', visitor_id: 'visitorid', event: 'event', item_id: 'itemid', amount: 'amount' }, sameContentWithin: '24h',
});
export const purchaseSource = featureSource('purchases', {
  table: 'silver.purchases', columns: { happened_at: 'timestamp', user_id: 'user_id', product_id: 'product_id', quantity: 'quantity', price: 'price', status: 'status' },
});

/** Every kind of aggregate over every kind of tile. */
const clickFeatures = {
  views_1h: count({ where: "event = 'view'", within: '1h' }),
  events_12h: count({ within: '12h' }),
  carts_7d: count({ where: "event = 'cart'", within: '7d' }),
  events_30d: count({ within: '30d' }),
  events_ever: count(),
  amount_7d: sum('amount', { within: '7d' }),
  score_30d: sum("CASE event WHEN 'view' THEN 1 WHEN 'cart' THEN 3 ELSE 0 END", { within: '30d' }),
  items_1h: distinct('item_id', { within: '1h' }),
  items_30d: distinct('item_id', { where: "event <> 'search'", within: '30d' }),
  items_ever: distinct('item_id'),
  least_7d: min('amount', { within: '7d' }),
  greatest_30d: max('amount', { within: '30d' }),
  first_item_7d: first('item_id', { within: '7d' }),
  last_item: last('item_id', { where: "event = 'view'" }),
  last_amount_1h: last('amount', { within: '1h' }),
  last_seen_at: last('event_time'),
  cart_rate: ratio('carts_7d', 'events_30d'),
  rate_of_rate: ratio('cart_rate', 'events_ever'),
};
export const visitorView = featureView('visitor', { from: 'clicks', entity: 'visitor_id', time: 'event_time' }, clickFeatures);
export const itemView = featureView('item', { from: 'clicks', entity: 'item_id', time: 'event_time', spread: 3 }, {
  views_1h: clickFeatures.views_1h, events_30d: clickFeatures.events_30d, visitors_7d: distinct('visitor_id', { within: '7d' }), last_visitor: last('visitor_id', { within: '30d' }),
  amount_12h: sum('amount', { within: '12h' }), greatest: max('amount'),
});
export const pairView = featureView('pair', { from: 'clicks', entity: ['visitor_id', 'item_id'], time: 'event_time' }, { events_7d: count({ within: '7d' }), last_at: last('event_time', { within: '7d' }) });
export const buyerView = featureView('buyer', { from: 'purchases', entity: 'user_id', time: 'happened_at' }, {
  purchases_30d: count({ where: "coalesce(status, '') <> 'refunded'", within: '30d' }),
  spend_30d: sum('quantity * price', { where: "coalesce(status, '') <> 'refunded'", within: '30d' }),
  refunds: count({ where: "status = 'refunded'" }),
  dearest: max('price', { where: "coalesce(status, '') <> 'refunded'" }),
  cheapest_7d: min('price', { within: '7d' }),
  last_at: last('happened_at', { where: "coalesce(status, '') <> 'refunded'" }),
  first_product: first('product_id'),
  products_30d: distinct('product_id', { where: "coalesce(status, '') <> 'refunded'", within: '30d' }),
  average: ratio('spend_30d', 'purchases_30d'),
});

export function featuresOf(views: readonly FeatureView[], sources = [clickSource, purchaseSource], contracts = CONTRACTS): FeatureSet {
  return compileFeatures({ sources: sources.map((one) => ({ file: 'features/sources.ts', source: one })), views: views.map((view) => ({ file: 'features/views.ts', view: definitionOf(view) })) }, contracts);
}

export const testClock = (start = 1_800_000_000_000) => {
  let now = start;
  return { now: () => now, sleep: async (milliseconds: number) => void (now += milliseconds), set: (to: number) => void (now = to) };
};

/** A store in a folder that goes with it. */
export async function temporaryStore(): Promise<LmdbStore & { folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-online-'));
  const store = await openLmdbStore({ folder, clock: testClock() });
  return { ...store, folder, close: async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  } };
}

/** An event of a source as the stream gives it: texts by the contract's column. */
export function eventOf(features: FeatureSet, name: string, values: Readonly<Record<string, string | null>>, { arrivedAt, shard = 'shardId-000000000000', sequence, partitionKey, stream = name }: { arrivedAt: number; shard?: string; sequence: number; partitionKey?: string; stream?: string }): FeatureEvent {
  const source = features.sources.get(name)!;
  return {
    source, row: source.row(columnsOf(source.contract).map((column) => values[column.name] ?? null))!, arrivedAt: arrivedAt * 1000,
    place: { stream, shard, sequence: String(sequence), subsequence: 0 },
    partitionKey: partitionKey ?? values[source.contract.stream!.partitionKey] ?? undefined,
  };
}

/** DuckDB with the dialect's macros. */
export async function openDuckDb(): Promise<{ session: Session; close(): void }> {
  const database = await Database.open({ temporaryFolder: tmpdir() });
  const session = await database.connect();
  for (const statement of DUCKDB_PRELUDE) await session.run(statement);
  return { session, close: () => {
    session.close();
    database.close();
  } };
}

/** Runs a features' SELECT over DuckDB's tables `clicks` and `purchases` (and `points`), by entity. */
export async function runFeatureSql(session: Session, view: CompiledView, sql: string): Promise<Map<string, FeatureValues>> {
  const { sql: text, columns } = analyse(sql, {
    columns: (table) => COLUMNS[table.name.split('.').at(-1)!],
    relation: (table) => table.name.split('.').at(-1)!,
  });
  checkTypes(view, columns);
  const { rows } = await session.table(text);
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  const keys = [...view.entity, ...(at('at_time') < 0 ? [] : ['at_time'])].map(at);
  return new Map(rows.map((row) => [keys.map((key, index) => (index === view.entity.length ? fromSql(row[key], 'timestamp(6)') : row[key])).join(' '), Object.fromEntries(view.features.map(({ name, type }) => [name, fromSql(row[at(name)], type)]))]));
}

function checkTypes(view: CompiledView, columns: readonly { name: string; type: string }[]): void {
  for (const { name, type } of view.features) {
    const found = columns.find((column) => column.name === name)?.type;
    if (found?.replaceAll(' ', '') !== type) throw new Error(`${view.name}.${name} is ${String(found)} in SQL, and declared as ${type}`);
  }
}

const COLUMNS: Readonly<Record<string, { name: string; type: string }[]>> = {
  clicks: [{ name: 'event_time', type: 'timestamp(6)' }, { name: 'visitor_id', type: 'varchar' }, { name: 'event', type: 'varchar' }, { name: 'item_id', type: 'varchar' }, { name: 'amount', type: 'bigint' }],
  purchases: [{ name: 'happened_at', type: 'timestamp(6)' }, { name: 'user_id', type: 'varchar' }, { name: 'product_id', type: 'varchar' }, { name: 'quantity', type: 'bigint' }, { name: 'price', type: 'decimal(18,4)' }, { name: 'status', type: 'varchar' }],
  points: [{ name: 'visitor_id', type: 'varchar' }, { name: 'at_time', type: 'timestamp(6)' }],
};

/** Rows of text into a table of DuckDB, made anew. */
export async function fill(session: Session, table: string, columns: Readonly<Record<string, string>>, rows: readonly (string | null)[][]): Promise<void> {
  const quote = (value: string | null) => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);
  await session.run(`CREATE OR REPLACE TABLE ${table} (${Object.entries(columns).map(([name, type]) => `${name} ${type}`).join(', ')})`);
  if (rows.length > 0) await session.run(`INSERT INTO ${table} VALUES ${rows.map((row) => `(${row.map(quote).join(', ')})`).join(', ')}`);
}
