// Online is offline: whatever comes in whatever order, however often, the reducers and the SQL give the same values.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { featuresAtSql, featuresOfPointsSql, foldBatch, readFeatures, type CompiledView, type FeatureEvent, type FeatureSet, type FeatureSource } from '../../lib/features/index.ts';
import type { Session } from '../../lib/lake/duckdb/index.ts';
import { buyerView, clickSource, eventOf, featuresOf, fill, itemView, openDuckDb, pairView, purchaseSource, runFeatureSql, temporaryStore, testClock, visitorView } from './support.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 30);
const RUNS = Number(process.env['MILLRACE_PARITY_RUNS'] ?? 15);

// Many small queries: on a busy machine they take their time.
vi.setConfig({ testTimeout: 180_000 });

let duckdb: { session: Session; close(): void };
beforeAll(async () => {
  duckdb = await openDuckDb();
});
afterAll(() => duckdb.close());

interface Arrival { arrivedAt: number; shard: string; values: Record<string, string | null> }

const textOf = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ');

/** Gaps between arrivals: mostly short, some over hours and days, so that windows slide. */
const gap = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 3 * MINUTE }) }, { weight: 2, arbitrary: fc.integer({ min: 0, max: 8 * HOUR }) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 * DAY }) });
/** How long before its arrival something happened; producers' clocks may be ahead. */
const delay = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 2000 }) }, { weight: 2, arbitrary: fc.integer({ min: -14 * MINUTE, max: 0 }) }, { weight: 2, arbitrary: fc.integer({ min: 0, max: 6 * DAY }) });
/** Times on the edges of tiles, and equal ones, are what goes wrong. */
const snapped = fc.constantFrom(1, 1, 5 * MINUTE, HOUR, DAY);

const click = fc.record({
  gap, delay, snapped,
  shard: fc.constantFrom('shardId-000000000000', 'shardId-000000000001', 'shardId-000000000002'),
  visitor: fc.constantFrom('a', 'b', 'é😀'),
  item: fc.constantFrom('1', '2', '10', 'z', null),
  event: fc.constantFrom('view', 'view', 'cart', 'search'),
  amount: fc.constantFrom('1', '-7', '12345678901234', null),
  /** Comes again: the same record, the same id, the same content under another id; or is new. */
  again: fc.constantFrom('new', 'new', 'new', 'id', 'content', 'without id'),
  of: fc.nat(40),
});

function clicksOf(drawn: readonly (typeof click extends fc.Arbitrary<infer Click> ? Click : never)[]): Arrival[] {
  const arrivals: Arrival[] = [];
  let now = START;
  drawn.forEach((one, index) => {
    now += one.gap;
    const earlier = arrivals[one.of % Math.max(1, arrivals.length)];
    if (earlier !== undefined && (one.again === 'id' || one.again === 'content')) {
      const values = one.again === 'id' ? earlier.values : { ...earlier.values, event_id: `e${index}` };
      arrivals.push({ arrivedAt: now, shard: earlier.shard, values });
      return;
    }
    const time = Math.floor((now - one.delay) / one.snapped) * one.snapped;
    arrivals.push({ arrivedAt: now, shard: one.shard, values: {
      timestamp: String(time), visitorid: one.visitor, event: one.event, itemid: one.item, event_id: one.again === 'without id' ? null : `e${index}`, amount: one.amount,
    } });
  });
  return arrivals;
}

/** Silver by the definition: of an id the first by time, then arrival; then without what has the content of one that arrived within a day before. */
async function silverClicks(arrivals: readonly Arrival[], withContent: boolean): Promise<void> {
  await fill(duckdb.session, 'bronze_clicks', { arrived_at: 'BIGINT', ordinal: 'BIGINT', "\"timestamp\"": 'BIGINT', visitorid: 'VARCHAR', event: 'VARCHAR', itemid: 'VARCHAR', event_id: 'VARCHAR', amount: 'BIGINT' },
    arrivals.map(({ arrivedAt, values }, index) => [String(arrivedAt), String(index), values['timestamp']!, values['visitorid']!, values['event']!, values['itemid']!, values['event_id']!, values['amount']!]));
  const content = `"timestamp", visitorid, event, itemid, amount`;
  await duckdb.session.run(`CREATE OR REPLACE TABLE clicks AS
    SELECT make_timestamp("timestamp" * 1000) AS event_time, visitorid AS visitor_id, event, itemid AS item_id, amount FROM (
      SELECT *, lag(arrived_at) OVER (PARTITION BY ${content} ORDER BY arrived_at, ordinal) AS before FROM (
        SELECT *, row_number() OVER (PARTITION BY coalesce('id ' || event_id, concat_ws('|', ${content})) ORDER BY "timestamp", arrived_at, ordinal) AS nth FROM bronze_clicks) WHERE nth = 1)
    WHERE before IS NULL OR ${withContent ? `arrived_at - before > ${DAY}` : 'true'}`);
}

interface Replay { features: FeatureSet; source: string; arrivals: readonly Arrival[]; batch: number; repeat: number; at: number; views: readonly string[] }

/** Folds in batches, some of them twice, reads every entity, and compares with the SQL. */
async function expectParity({ features, source, arrivals, batch, repeat, at, views }: Replay): Promise<void> {
  const store = await temporaryStore();
  try {
    const events: FeatureEvent[] = arrivals.map(({ arrivedAt, shard, values }, index) => eventOf(features, source, values, { arrivedAt, shard, sequence: index + 1 }));
    const options = { clock: testClock(START), random: () => 0.5 };
    for (let from = 0, turn = 0; from < events.length; from += batch, turn++) {
      const part = events.slice(from, from + batch);
      const { done, error } = await foldBatch(store, features, part, options);
      expect([done, error]).toEqual([part.length, undefined]);
      if (turn % repeat === 0) expect((await foldBatch(store, features, part, options)).counts).toMatchObject({ folded: 0, replaced: 0 });
    }
    for (const name of views) {
      const view = features.views.get(name)!;
      const expected = await runFeatureSql(duckdb.session, view, featuresAtSql(view, at));
      const entities = [...new Set(events.flatMap(({ row }) => (view.entityAt.some((place) => row.texts[place] == null) ? [] : [JSON.stringify(view.entityAt.map((place) => row.texts[place]))])))].map((text) => JSON.parse(text) as string[]);
      const found = await readFeatures(store, view, entities, at);
      entities.forEach((entity, index) => {
        expect({ view: name, entity, ...found[index] }).toEqual({ view: name, entity, ...(expected.get(entity.join(' ')) ?? nothing(view)) });
      });
    }
  } finally {
    await store.close();
  }
}

const nothing = (view: CompiledView) => Object.fromEntries(view.features.map(({ name, aggregate, type }) => [name, aggregate.kind === 'count' || aggregate.kind === 'distinct' ? 0 : aggregate.kind === 'sum' ? (type === 'bigint' ? 0 : '0.0000') : null]));

/** When is read: at once, on the next edges of tiles, or after windows have passed. */
const later = fc.oneof(fc.constant(0), fc.constantFrom(1, 5 * MINUTE, HOUR, DAY).map((edge) => -edge), fc.integer({ min: 0, max: 2 * HOUR }), fc.integer({ min: 0, max: 40 * DAY }));
const readAt = (arrivals: readonly Arrival[], drawn: number) => {
  const newest = arrivals.at(-1)!.arrivedAt;
  return drawn >= 0 ? newest + drawn : Math.ceil(newest / -drawn) * -drawn;
};

describe('features of clicks are the same online and offline', () => {
  const features = featuresOf([visitorView, itemView, pairView]);

  it('with late, early, equal, repeated and redelivered events, at any time', async () => {
    await fc.assert(fc.asyncProperty(fc.array(click, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 4 }), later, async (drawn, batch, repeat, drawnAt) => {
      const arrivals = clicksOf(drawn);
      await silverClicks(arrivals, true);
      await expectParity({ features, source: 'clicks', arrivals, batch, repeat, at: readAt(arrivals, drawnAt), views: ['visitor', 'item', 'pair'] });
    }), { numRuns: RUNS });
  });

  it('when an id comes again with another time, another visitor, another item', async () => {
    const { sameContentWithin: _, ...options } = clickSource.options;
    const plainSource: FeatureSource = { ...clickSource, options };
    const own = featuresOf([visitorView, itemView, pairView], [plainSource, purchaseSource]);
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(click, fc.nat(8)), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 20 }), later, async (drawn, batch, drawnAt) => {
      const arrivals = clicksOf(drawn.map(([one]) => ({ ...one, again: 'new' as const }))).map((arrival, index) => ({ ...arrival, values: { ...arrival.values, event_id: `e${drawn[index]![1]}` } }));
      await silverClicks(arrivals, false);
      await expectParity({ features: own, source: 'clicks', arrivals, batch, repeat: 3, at: readAt(arrivals, drawnAt), views: ['visitor', 'item', 'pair'] });
    }), { numRuns: RUNS });
  });
});

describe('features of purchases are the same online and offline', () => {
  const features = featuresOf([buyerView]);
  const purchase = fc.record({
    gap, delay: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 6 * DAY })), snapped, id: fc.nat(25), user: fc.constantFrom('u1', 'u2'), product: fc.constantFrom('p', 'q', 'r'),
    quantity: fc.integer({ min: 1, max: 9 }), price: fc.constantFrom('9.99', '100', '0.0001', '12345678901234.5678'), status: fc.constantFrom(null, 'completed', 'refunded'),
  });

  it('when a purchase is sent again with another status, price or customer: the last that arrived counts', async () => {
    await fc.assert(fc.asyncProperty(fc.array(purchase, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 20 }), later, async (drawn, batch, drawnAt) => {
      let now = START;
      const arrivals: Arrival[] = drawn.map((one) => {
        now += one.gap + 1;
        const time = Math.floor((now - one.delay) / one.snapped) * one.snapped;
        return { arrivedAt: now, shard: 'shardId-000000000000', values: {
          purchase_id: `t${one.id}`, user_id: one.user, product_id: one.product, quantity: String(one.quantity), price: one.price, status: one.status, timestamp: `${textOf(time).replace(' ', 'T')}Z`,
        } };
      });
      await fill(duckdb.session, 'bronze_purchases', { arrived_at: 'BIGINT', happened_at: 'TIMESTAMP', purchase_id: 'VARCHAR', user_id: 'VARCHAR', product_id: 'VARCHAR', quantity: 'BIGINT', price: 'DECIMAL(18,4)', status: 'VARCHAR' },
        arrivals.map(({ arrivedAt, values }) => [String(arrivedAt), values['timestamp']!.replace('T', ' ').replace('Z', ''), values['purchase_id']!, values['user_id']!, values['product_id']!, values['quantity']!, values['price']!, values['status']!]));
      await duckdb.session.run('CREATE OR REPLACE TABLE purchases AS SELECT * FROM bronze_purchases QUALIFY row_number() OVER (PARTITION BY purchase_id ORDER BY arrived_at DESC) = 1');
      await expectParity({ features, source: 'purchases', arrivals, batch, repeat: 2, at: readAt(arrivals, drawnAt), views: ['buyer'] });
    }), { numRuns: RUNS });
  });
});

describe('features of given points', () => {
  it('are those of all entities at each point’s own time', async () => {
    const features = featuresOf([visitorView]);
    const view = features.views.get('visitor')!;
    await fc.assert(fc.asyncProperty(fc.array(click, { minLength: 1, maxLength: 60 }), fc.array(fc.tuple(fc.constantFrom('a', 'b', 'unknown'), later), { minLength: 1, maxLength: 4 }), async (drawn, points) => {
      const arrivals = clicksOf(drawn);
      await silverClicks(arrivals, true);
      const times = points.map(([visitor, at]) => ({ visitor, at: readAt(arrivals, at) - (at > 0 ? 3 * DAY : 0) }));
      await fill(duckdb.session, 'points', { visitor_id: 'VARCHAR', at_time: 'TIMESTAMP' }, times.map(({ visitor, at }) => [visitor, textOf(at)]));
      const found = await runFeatureSql(duckdb.session, view, featuresOfPointsSql(view, 'training.points'));
      for (const { visitor, at } of times) {
        const expected = (await runFeatureSql(duckdb.session, view, featuresAtSql(view, at))).get(visitor) ?? nothing(view);
        expect({ visitor, at, ...found.get(`${visitor} ${textOf(at)}000`) }).toEqual({ visitor, at, ...expected });
      }
    }), { numRuns: Math.ceil(RUNS / 2) });
  });
});
