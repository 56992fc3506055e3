// Events in any order and any split into batches leave the same tables as computing them all at once; quiet files are left alone.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Shop, type Source } from './support/shop.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let shop: Shop;
beforeEach(async () => {
  shop = await Shop.open();
});
afterEach(() => shop.close());

/** Noon in São Paulo on a day counted from the first of March 2018: 1 is in March, 40 in April, 70 in May. */
const noon = (day: number) => Date.UTC(2018, 2, day, 15);
const view = (time: number, visitor: string, item: string, id = '', device = '') => `${time},${visitor},view,${item},,${id},${device},`;
const INCREMENTAL = ['silver.events', 'silver.sessions', 'silver.events_enriched'];

describe('silver.events', () => {
  beforeEach(async () => {
    await shop.land({ events: [view(noon(1), 'v1', 'i1', 'a'), view(noon(40), 'v1', 'i1', 'b'), view(noon(70), 'v1', 'i1', 'c')] });
    await shop.run('silver.events');
  });

  it('takes an event of an old day into its day, and a duplicate changes nothing', async () => {
    await shop.land({ events: [view(noon(1), 'v2', 'i1', 'd'), view(noon(40), 'v1', 'i1', 'b')] });
    expect(await shop.staysRight('silver.events')).toMatchObject({ kept: 1, before: 3 });
    expect(await shop.query('SELECT event_id FROM silver.events ORDER BY event_id')).toEqual([['a'], ['b'], ['c'], ['d']]);
  });

  it('writes a new day into a file of its own, and leaves the other days of its month alone', async () => {
    await shop.land({ events: [view(noon(71), 'v1', 'i1', 'e')] });
    await shop.run('silver.events');
    await shop.land({ events: [view(noon(71), 'v2', 'i1', 'f')] });
    expect(await shop.staysRight('silver.events')).toEqual({ kept: 3, before: 4 });
  });

  it('moves an event to the day on which its id was first used, when that is learned late', async () => {
    await shop.land({ events: [view(noon(40), 'v1', 'i2', 'c')] });
    expect(await shop.staysRight('silver.events')).toEqual({ kept: 1, before: 3 });
    expect(await shop.query("SELECT itemid, event_date FROM silver.events WHERE event_id = 'c'")).toEqual([['i2', '2018-04-09']]);
  });

  it('marks the repeat of an event that is there already', async () => {
    await shop.land({ events: [view(noon(70), 'v1', 'i1', 'z')] });
    expect(await shop.staysRight('silver.events')).toEqual({ kept: 2, before: 3 });
    expect(await shop.query("SELECT duplicate_of FROM silver.events WHERE event_id = 'z'")).toEqual([['c']]);
  });
});

describe('silver.sessions', () => {
  const minutes = (n: number) => noon(1) + n * 60_000;
  beforeEach(async () => {
    await shop.land({
      events: [view(minutes(0), 'v1', 'i1'), view(minutes(50), 'v1', 'i1'), view(minutes(0), 'v2', 'i1'), view(noon(40), 'v2', 'i1')],
      crm_customers: ['k1,,v2,Ana,,,,,,,,2018-01-01,,'],
    });
    await shop.run('silver.sessions');
  });
  const sessions = (visitor: string) => shop.query(`SELECT session_id, customer_id, events FROM silver.sessions WHERE visitorid = '${visitor}' ORDER BY session_id`);

  it('joins two sessions when the event between them arrives late', async () => {
    expect(await sessions('v1')).toEqual([[`v1:${minutes(0)}`, null, 1n], [`v1:${minutes(50)}`, null, 1n]]);
    await shop.land({ events: [view(minutes(25), 'v1', 'i2')] });
    await shop.staysRight('silver.sessions');
    expect(await sessions('v1')).toEqual([[`v1:${minutes(0)}`, null, 3n]]);
  });

  it('leaves alone the files in which the visitor has no session', async () => {
    await shop.land({ events: [view(minutes(100), 'v1', 'i2')] });
    expect(await shop.staysRight('silver.sessions')).toEqual({ kept: 1, before: 2 });
  });

  it('learns late who a visitor is, and that they are somebody else', async () => {
    await shop.land({ crm_customers: ['k2,,v1,Eva,,,,,,,,2018-01-01,,', 'k1,u9,v2,Ana,,,,,,,,2018-01-01,,'] });
    await shop.staysRight('silver.sessions');
    expect((await sessions('v1')).map(([, customer]) => customer)).toEqual(['crm_customers:k2', 'crm_customers:k2']);
    expect((await sessions('v2')).map(([, customer]) => customer)).toEqual(['u9', 'u9']);
  });
});

describe('silver.events_enriched', () => {
  beforeEach(async () => {
    await shop.land({
      events: [view(noon(1), 'v1', 'i1', 'a'), view(noon(40), 'v1', 'i1', 'b'), view(noon(70), 'v1', 'i1', 'c')],
      item_properties: [`${noon(1)},i1,790,n10.000`],
    });
    await shop.run('silver.events_enriched');
  });
  const prices = async () => (await shop.query('SELECT price FROM silver.events_enriched ORDER BY event_time, event_id')).map(([price]) => price);

  it('joins new events by their day alone', async () => {
    await shop.land({ events: [view(noon(40) - 1, 'v2', 'i1', 'd')] });
    expect(await shop.staysRight('silver.events_enriched')).toEqual({ kept: 2, before: 3 });
    expect(await prices()).toEqual(['10.0000', '10.0000', '10.0000', '10.0000']);
  });

  it('learns late what an item cost at the time', async () => {
    await shop.land({ item_properties: [`${noon(40)},i1,790,n20.000`] });
    await shop.staysRight('silver.events_enriched');
    expect(await prices()).toEqual(['10.0000', '20.0000', '20.0000']);
  });
});

describe('any split of events, properties and customers into batches', () => {
  const event = fc.record({
    time: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(0, 1, 1_799_999, 1_800_000, 1_800_001, 43_200_000)).map(([day, offset]) => noon(day) + offset),
    visitor: fc.constantFrom('v1', 'v2', 'v3'),
    kind: fc.constantFrom('view', 'addtocart', 'transaction', 'search', 'click'),
    item: fc.constantFrom('i1', 'i2'),
    id: fc.constantFrom('', '', 'a', 'b', 'c', 'd', 'e', 'f'),
    device: fc.constantFrom('', 'app', 'desktop'),
  }).map(({ time, visitor, kind, item, id, device }) =>
    ['events', `${time},${visitor},${kind},${kind === 'search' ? '' : item},${kind === 'transaction' ? 't1' : ''},${id},${device},`] as const);
  const property = fc.record({ day: fc.integer({ min: 1, max: 4 }), item: fc.constantFrom('i1', 'i2'), which: fc.constantFrom('790', 'categoryid', 'available'), value: fc.constantFrom('1', '2') })
    .map(({ day, item, which, value }) => ['item_properties', `${noon(day)},${item},${which},${value}`] as const);
  const customer = fc.record({ visitor: fc.constantFrom('v1', 'v2'), person: fc.constantFrom('', 'u1', 'u2'), crm: fc.constantFrom('k1', 'k2') })
    .map(({ visitor, person, crm }) => ['crm_customers', `${crm},${person},${visitor},Ana,,,,,,,,2018-01-01,,`] as const);
  const batch = fc.array(fc.oneof({ weight: 6, arbitrary: event }, { weight: 1, arbitrary: property }, { weight: 1, arbitrary: customer }), { minLength: 1, maxLength: 10 });

  it('leave what computing everything at once leaves', async () => {
    await fc.assert(fc.asyncProperty(fc.array(batch, { minLength: 2, maxLength: 4 }), async (batches) => {
      const one = await Shop.open();
      try {
        for (const rows of batches) {
          const bySource: Partial<Record<Source, string[]>> = {};
          for (const [source, line] of rows) (bySource[source] ??= []).push(line);
          await one.land(bySource);
          await one.run(INCREMENTAL);
        }
        const incremental = await Promise.all(INCREMENTAL.map((table) => one.rowsOf(table)));
        await one.run(INCREMENTAL, true);
        expect(incremental).toEqual(await Promise.all(INCREMENTAL.map((table) => one.rowsOf(table))));
      } finally {
        await one.close();
      }
    }), { numRuns: Number(process.env['MILLRACE_RUNS'] ?? 3), seed: 11, endOnFailure: true });
  });
});
