// A home with a few products, made without a batch: what prices are made from, written as it would stand in gold and silver.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { overwriteRows } from '../../../lib/lake/duckdb/index.ts';
import type { TableDefinition } from '../../../lib/lake/index.ts';
import { openRuntime, type Runtime } from '../../../lib/local/index.ts';
import { rowsAsSelect, type OpsRow } from '../../../lib/quality/index.ts';

const PROJECT = path.resolve(import.meta.dirname, '../../..');
const text = (name: string) => ({ name, type: 'string' as const });
const double = (name: string) => ({ name, type: 'double' as const });

const TABLES: Readonly<Record<string, TableDefinition>> = {
  'gold.pricing_features': {
    columns: [text('product_id'), text('category'), double('current_price'), double('supplier_cost'), double('competitor_price'), double('historical_conversion_rate'), double('anchor_product_score'), double('average_price_90d')],
  },
  'silver.events_enriched': { columns: [text('event'), text('itemid'), text('duplicate_of'), double('price')] },
  'silver.item_xref': { columns: [text('source'), text('source_id'), text('item_id')] },
  'gold.price_arms': { columns: [text('product_id'), double('arm'), { name: 'shown', type: 'long' }, { name: 'bought', type: 'long' }] },
};

export interface PricedShop {
  runtime: Runtime;
  clock: { at: number };
  /** What the prices are made from, anew. */
  put(table: string, rows: readonly OpsRow[]): Promise<void>;
  dispose(): Promise<void>;
}

/** Of four products: one cheap to buy, one dear, one whose cost nobody knows, one never sold. */
export const PRODUCTS: readonly OpsRow[] = [
  { product_id: 'cheap', category: 'toys', current_price: 50, supplier_cost: 20, competitor_price: 60, historical_conversion_rate: 0.05, anchor_product_score: 0, average_price_90d: 50 },
  { product_id: 'dear', category: 'toys', current_price: 50, supplier_cost: 48, competitor_price: null, historical_conversion_rate: null, anchor_product_score: null, average_price_90d: null },
  { product_id: 'unknown', category: 'books', current_price: 19.9, supplier_cost: null, competitor_price: 10, historical_conversion_rate: null, anchor_product_score: null, average_price_90d: null },
  { product_id: 'unsold', category: 'books', current_price: null, supplier_cost: 5, competitor_price: null, historical_conversion_rate: null, anchor_product_score: null, average_price_90d: null },
];

export async function openPricedShop(): Promise<PricedShop> {
  const root = await mkdtemp(path.join(tmpdir(), 'millrace-prices-'));
  const clock = { at: Date.parse('2026-03-02T12:00:00Z') };
  const runtime = await openRuntime({ home: path.join(root, 'home'), project: PROJECT, create: true, clock: { now: () => clock.at, sleep: async () => {} } });
  const put = async (name: string, rows: readonly OpsRow[]): Promise<void> => {
    const [namespace = '', table = ''] = name.split('.');
    const made = await runtime.lake.findTable({ namespace, name: table }) ?? await runtime.lake.createTable({ namespace, name: table }, TABLES[name]!);
    await (await runtime.database()).use((session) => overwriteRows(session, made, { sql: 'TRUE' }, rowsAsSelect(made, rows), { temporaryFolder: runtime.home.temporary }));
  };
  await put('gold.pricing_features', PRODUCTS);
  await put('silver.events_enriched', [50, 50, 48, 52].flatMap((price) => [...Array.from({ length: 10 }, () => ({ event: 'view', itemid: 'i1', duplicate_of: null, price })), { event: 'transaction', itemid: 'i1', duplicate_of: null, price }]));
  await put('silver.item_xref', [{ source: 'item_properties', source_id: 'i1', item_id: 'cheap' }]);
  return {
    runtime, clock, put,
    async dispose() {
      await runtime.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
