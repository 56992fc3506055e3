// Leaks of several kinds, planted in copies of the training sets, each found by its name; the training sets as they stand have none.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
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

/** Names of what leaks in a copy of a predictor with another SELECT and one more feature. */
async function leaksOf(name: string, edits: readonly (readonly [string, string])[], feature: readonly string[] = []): Promise<string[]> {
  const declared = await predictorNamed(runtime, name);
  const sql = edits.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  }, declared.sql);
  const predictor: LoadedPredictor = { ...declared, sql, features: [...feature, ...declared.features] };
  const { data, asOf } = await prepareTraining(runtime, name);
  const snapshots = await bronzeSnapshots(runtime.lake);
  const { leaks } = await checkLeaks(await runtime.engine(), predictor, await featuresOf(runtime), await runtime.project(), {
    parameters: await runtime.parameters(asOf, sql), times: data.times, landed: (source) => snapshots[`bronze.${source}`] !== undefined, snapshots,
  });
  return leaks.map((leak) => leak.feature);
}

const SELECTED = 'SELECT known.customer_unique_id,';
const LAST_JOIN = 'LEFT JOIN later ON later.moment = known.moment';

describe('a leak is found where', () => {
  it.each([
    ['the label is there under another name', 'churn', [[SELECTED, `${SELECTED} count(later.buys) AS planted,`]], ['planted'], ['planted']],
    ['a number of a customer tells how much is still to come', 'clv', [
      [SELECTED, `${SELECTED} max(ever.place) AS planted,`],
      [LAST_JOIN, `LEFT JOIN (SELECT customer_unique_id, rank() OVER (ORDER BY count(*), customer_unique_id) AS place FROM silver.orders_master GROUP BY customer_unique_id) AS ever ON ever.customer_unique_id = known.customer_unique_id\n${LAST_JOIN}`],
    ], ['planted'], ['planted']],
    ['a mean is over all times, of rows that say of themselves not when they were', 'churn', [
      [SELECTED, `${SELECTED} max(usual.paid) AS planted,`],
      [LAST_JOIN, `LEFT JOIN (SELECT product_id, avg(CAST(price AS double)) AS paid, min(order_id) AS order_id FROM silver.order_items GROUP BY product_id) AS usual ON usual.order_id = known.order_id\n${LAST_JOIN}`],
    ], ['planted'], ['planted']],
    ['a column was filled in later', 'churn', [['avg(CAST(known_delay AS double))', 'avg(CAST(delivery_delay AS double))']], [], ['avg_delivery_delay']],
    ['the next event is looked at', 'conversion', [
      ['SELECT touched.visitorid,\n', 'SELECT touched.visitorid,\n date_diff(\'second\', touched.at_time, min(coming.event_time)) AS planted,\n'],
      ['LEFT JOIN bought', 'LEFT JOIN silver.events AS coming ON coming.visitorid = touched.visitorid AND coming.event_time > touched.at_time\nLEFT JOIN bought'],
    ], ['planted'], ['planted']],
    ['nothing was planted, it is not', 'churn', [], [], []],
  ] as const)('%s', async (_, name, edits, feature, found) => {
    expect(await leaksOf(name, edits, feature)).toEqual(found);
  });
});
