// Leaks of several kinds, planted in copies of the training sets, each found by its name; the training sets as they stand have none.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../lib/base/index.ts';
import type { LoadedPredictor } from '../../../lib/learning/index.ts';
import { featuresOf, openRuntime, predictorNamed, prepareTraining, type Runtime } from '../../../lib/local/index.ts';
import { bronzeSnapshots, checkLeaks } from '../../../lib/local/learning/leak-check.ts';
import { PROJECT, trainingHome, type TrainingHome } from './home.ts';

// A busy machine takes several times as long.
vi.setConfig({ testTimeout: 120_000 });

let shop: TrainingHome;
let runtime: Runtime;
beforeAll(async () => {
  shop = await trainingHome();
  runtime = await openRuntime({ home: shop.home, project: PROJECT });
}, 120_000);
afterAll(async () => {
  await runtime?.close();
  shop?.remove();
});

/** Moments of a predictor's rows: those of its own training set serve all copies of it. */
const timesOf = new Map<string, Promise<{ times: Float64Array; asOf: string }>>();
const momentsOf = (name: string): Promise<{ times: Float64Array; asOf: string }> => {
  const known = timesOf.get(name) ?? prepareTraining(runtime, name).then(({ data, asOf }) => ({ times: data.times, asOf }));
  timesOf.set(name, known);
  return known;
};

interface Planted { edits?: readonly (readonly [from: string, to: string])[]; feature?: string; isTableByTable?: boolean }

/** Names of what leaks in a copy of a predictor with another SELECT and perhaps one more feature. */
async function leaksOf(name: string, { edits = [], feature, isTableByTable = false }: Planted): Promise<string[]> {
  const declared = await predictorNamed(runtime, name);
  const sql = edits.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  }, declared.sql);
  const predictor: LoadedPredictor = { ...declared, sql, features: [...(feature === undefined ? [] : [feature]), ...declared.features] };
  const { times, asOf } = await momentsOf(name);
  const snapshots = await bronzeSnapshots(runtime.lake);
  const [engine, features, project] = [await runtime.engine(), await featuresOf(runtime), await runtime.project()];
  const options = { parameters: await runtime.parameters(asOf, sql), times, landed: (source: string) => snapshots[`bronze.${source}`] !== undefined, snapshots };
  const found = await checkLeaks(engine, predictor, features, project, options);
  // As it is done where one statement would be too large: the same is found, and nothing stays behind.
  if (isTableByTable) {
    expect(await checkLeaks(engine, predictor, features, project, { ...options, tableByTable: { clock: systemClock, runId: 'leaks' } })).toEqual(found);
    expect(await engine.listStagings('leaks')).toEqual([]);
  }
  return found.leaks.map((leak) => leak.feature);
}

const SELECTED = 'SELECT known.customer_unique_id,';
const LAST_JOIN = 'LEFT JOIN later ON later.moment = known.moment';

describe('a leak is found where', () => {
  it.each<[what: string, predictor: string, planted: Planted, found: string[]]>([
    ['the label is there under another name', 'churn', { edits: [[SELECTED, `${SELECTED} count(later.buys) AS planted,`]], feature: 'planted' }, ['planted']],
    ['a number of a customer tells how much is still to come', 'clv', {
      edits: [
        [SELECTED, `${SELECTED} max(ever.place) AS planted,`],
        [LAST_JOIN, `LEFT JOIN (SELECT customer_unique_id, rank() OVER (ORDER BY count(*), customer_unique_id) AS place FROM silver.orders_master GROUP BY customer_unique_id) AS ever ON ever.customer_unique_id = known.customer_unique_id\n${LAST_JOIN}`],
      ],
      feature: 'planted',
    }, ['planted']],
    ['a mean is over all times, of rows that say of themselves not when they were', 'churn', {
      edits: [
        [SELECTED, `${SELECTED} max(usual.paid) AS planted,`],
        [LAST_JOIN, `LEFT JOIN (SELECT product_id, avg(CAST(price AS double)) AS paid, min(order_id) AS order_id FROM silver.order_items GROUP BY product_id) AS usual ON usual.order_id = known.order_id\n${LAST_JOIN}`],
      ],
      feature: 'planted',
    }, ['planted']],
    ['a column was filled in later', 'churn', { edits: [['avg(CAST(known_delay AS double))', 'avg(CAST(delivery_delay AS double))']] }, ['avg_delivery_delay']],
    ['a delivery had not happened yet', 'churn', { edits: [['CASE WHEN delivered_date < moments.moment THEN delivery_days END', 'delivery_days']] }, ['avg_delivery_days']],
    ['purchases of afterwards count', 'churn', { edits: [['orders.purchase_date < moments.moment', 'orders.purchase_date < date_add(\'day\', 60, moments.moment)']], isTableByTable: true }, expect.arrayContaining(['frequency', 'monetary_value']) as string[]],
    ['a table is read as of today', 'churn', { edits: [['sum(items_count)', 'max((SELECT count(*) FROM silver.orders_master AS every WHERE every.customer_unique_id = known.customer_unique_id))']] }, ['total_items_purchased']],
    ['the next event is looked at', 'conversion', {
      edits: [
        ['SELECT touched.visitorid,\n', 'SELECT touched.visitorid,\n date_diff(\'second\', touched.at_time, min(coming.event_time)) AS planted,\n'],
        ['LEFT JOIN bought', 'LEFT JOIN silver.events AS coming ON coming.visitorid = touched.visitorid AND coming.event_time > touched.at_time\nLEFT JOIN bought'],
      ],
      feature: 'planted',
    }, ['planted']],
    ['nothing was planted, it is not', 'churn', {}, []],
  ])('%s', async (_, name, planted, found) => {
    expect(await leaksOf(name, planted)).toEqual(found);
  });
});
