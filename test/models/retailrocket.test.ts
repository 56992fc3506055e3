// RetailRocket's files at a hundredth of the published size, over the published tree of categories where it is at hand: the counts are those
// published, in proportion, and the join of the item as it stood finds the prices that the generator sold at.
// MILLRACE_REAL_DATA names a folder with retailrocket/category_tree.csv.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localFileIngest, openRuntime, runBatch, type Runtime } from '../../lib/local/index.ts';
import { generateSample, type Truth } from '../../samples/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const real = process.env['MILLRACE_REAL_DATA'];
/** 1 gives RetailRocket's own size: 2,756,101 events. */
const scale = Number(process.env['MILLRACE_RETAILROCKET_SCALE'] ?? '0.01');

let folder: string;
let runtime: Runtime;
let truth: Truth;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-retailrocket-'));
  runtime = await openRuntime({ home: join(folder, 'home'), project: ROOT, create: true });
  truth = await generateSample({ profile: 'retailrocket', scale, defectRate: 0, out: runtime.home.landing });
  if (real !== undefined) await cp(join(real, 'retailrocket/category_tree.csv'), join(runtime.home.landing, 'category_tree/category_tree.csv'));
  const select = ['conversion_funnel', 'daily_sales', 'visitor_segments', 'item_features', 'session_metrics'].map((name) => `+gold.${name}`);
  const { outcome } = await runBatch(runtime, { options: { select }, files: await localFileIngest(runtime) });
  expect(outcome).toMatchObject({ status: 'succeeded' });
}, 600_000);
afterAll(async () => {
  await runtime?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The first row, all of it as numbers. */
async function numbers(sql: string): Promise<number[]> {
  return ((await (await runtime.engine()).query(sql)).rows[0] ?? []).map(Number);
}

const clickstream = () => truth.totals.retailrocket!;

describe('a clickstream of the published shape', () => {
  it('keeps every event but exact duplicates', async () => {
    const { rows, duplicates, distinct, visitors, items } = clickstream().events;
    expect(await numbers('SELECT count(*) FROM bronze.events')).toEqual([rows]);
    expect(await numbers('SELECT count(*), count(DISTINCT visitorid), count(DISTINCT itemid), count(duplicate_of) FROM silver.events')).toEqual([distinct, visitors, items, 0]);
    expect(rows - distinct).toBe(duplicates);
    if (scale === 1) expect([rows, distinct, visitors, items]).toEqual([2_756_101, 2_755_641, 1_407_580, 235_061]);
  });

  it('has the item as it stood at each event', async () => {
    const { events, item_properties: properties } = clickstream();
    expect(await numbers('SELECT sum(lines), sum(transactions), sum(revenue), sum(unpriced_lines) FROM gold.daily_sales'))
      .toEqual([events.by_type['transaction'], events.transactions, events.revenue, events.unpriced]);
    expect(await numbers('SELECT count(DISTINCT itemid) FROM silver.item_history')).toEqual([properties.items]);
  });

  it('joins each event with the last that was said before it, and with nothing else', async () => {
    const engine = await runtime.engine();
    const asOf = `SELECT count(*) FROM silver.events AS e
      JOIN (SELECT happened.event_id, max(item.valid_from) AS valid_from FROM silver.events AS happened
            JOIN silver.item_history AS item ON item.itemid = happened.itemid AND item.valid_from <= happened.event_time GROUP BY happened.event_id) AS latest ON latest.event_id = e.event_id
      JOIN silver.item_history AS h ON h.itemid = e.itemid AND h.valid_from = latest.valid_from
      JOIN silver.events_enriched AS joined ON joined.event_id = e.event_id AND joined.price IS NOT DISTINCT FROM h.price AND joined.item_category_id IS NOT DISTINCT FROM h.item_category_id
        AND joined.available IS NOT DISTINCT FROM h.available AND joined.parent_category_id IS NOT DISTINCT FROM h.parent_category_id`;
    const [agreeing] = (await engine.query(asOf)).rows[0] ?? [];
    expect([Number(agreeing)]).toEqual(await numbers("SELECT count(*) FROM silver.events_enriched WHERE item_category_id IS NOT NULL OR price IS NOT NULL OR available IS NOT NULL"));
  });

  it('has the tree of categories', async () => {
    const { rows, roots } = clickstream().category_tree;
    expect(await numbers('SELECT count(*), sum(CASE WHEN is_root THEN 1 ELSE 0 END) FROM silver.category_tree')).toEqual([rows, roots]);
  });

  it('counts the funnel as counting by hand does', async () => {
    const { by_type: events } = clickstream().events;
    const [views = 0, carts = 0, purchases = 0] = await numbers('SELECT sum(unique_views), sum(unique_addtocarts), sum(unique_purchases) FROM gold.conversion_funnel');
    expect([views <= events['view']!, carts <= events['addtocart']!, purchases <= events['transaction']!]).toEqual([true, true, true]);
    const distinct = (event: string) => `count(DISTINCT CASE WHEN event = '${event}' THEN concat(visitorid, ' ', itemid) END)`;
    expect([views, carts, purchases]).toEqual(await numbers(`SELECT ${['view', 'addtocart', 'transaction'].map(distinct).join(', ')} FROM silver.events`));
  });
});
