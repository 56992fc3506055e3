// The retailrocket profile: published cardinalities in proportion, every duplicate on purpose.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csv, duck, makeSample, type Sample } from './support.ts';

let sample: Sample;
let db: Awaited<ReturnType<typeof duck>>;
beforeAll(async () => {
  sample = await makeSample({ profile: 'retailrocket', scale: 0.05, defectRate: 0 });
  db = await duck();
  for (const [source, { files }] of Object.entries(sample.truth.sources)) {
    await db.all(
      `CREATE TABLE ${source} AS ${files.map(({ file }) => `SELECT * FROM ${csv(sample, file)}`).join(' UNION ALL ')}`,
    );
  }
}, 60_000);
afterAll(() => {
  db.close();
  sample.dispose();
});

const one = async (sql: string) => Object.values((await db.all(sql))[0]!).map(Number);

describe('retailrocket', () => {
  it('has a twentieth of the published rows, visitors and items at a scale of a twentieth', async () => {
    expect(
      await one(
        `SELECT count(*) FILTER (event = 'view'), count(*) FILTER (event = 'addtocart'), count(*) FILTER (event = 'transaction'), count(DISTINCT visitorid), count(DISTINCT itemid) FROM events`,
      ),
    ).toEqual([133_216, 3_467, 1_123, 70_379, 11_753]);
    expect(await one('SELECT count(*) - count(DISTINCT events) FROM events')).toEqual([23]);
    expect(
      await one('SELECT count(*), count(DISTINCT itemid), count(DISTINCT (itemid, property, "timestamp")) FROM item_properties'),
    ).toEqual([1_013_795, 20_853, 1_013_795]);
    expect(
      await one('SELECT count(*), count(DISTINCT categoryid), count(*) FILTER (parentid IS NULL) FROM category_tree'),
    ).toEqual([1_669, 1_669, 25]);
    expect(await one('SELECT count(DISTINCT itemid) FROM events SEMI JOIN item_properties USING (itemid)')).toEqual([9_262]);
  });

  it('runs from 3 May to 17 September 2015 in São Paulo', async () => {
    expect(
      (
        await db.all(
          `SELECT min(epoch_ms("timestamp"::BIGINT) - INTERVAL 3 HOURS)::DATE::VARCHAR AS a, max(epoch_ms("timestamp"::BIGINT) - INTERVAL 3 HOURS)::DATE::VARCHAR AS b FROM events`,
        )
      )[0],
    ).toEqual({ a: '2015-05-03', b: '2015-09-17' });
    expect(sample.truth.as_of).toBe('2015-09-18');
  });

  it('has trees without loops, and categories that are in them', async () => {
    expect(
      await one(`WITH RECURSIVE reached AS (
      SELECT categoryid FROM category_tree WHERE parentid IS NULL UNION ALL SELECT t.categoryid FROM category_tree AS t JOIN reached AS r ON t.parentid = r.categoryid) SELECT count(*) FROM reached`),
    ).toEqual([1_669]);
    expect(
      await one(
        `SELECT count(*) FROM item_properties WHERE property = 'categoryid' AND value NOT IN (SELECT categoryid FROM category_tree)`,
      ),
    ).toEqual([0]);
  });

  it('prices transactions as it says', async () => {
    const { revenue, unpriced } = sample.truth.totals.retailrocket!.events;
    expect(
      await one(`WITH priced AS (
        SELECT substr(arg_max(p.value, p."timestamp"::BIGINT), 2)::DOUBLE AS price FROM (SELECT row_number() OVER () AS n, * FROM events WHERE event = 'transaction') AS e
        LEFT JOIN item_properties AS p ON p.itemid = e.itemid AND p.property = '790' AND p."timestamp"::BIGINT <= e."timestamp"::BIGINT GROUP BY e.n)
      SELECT sum(price), count(*) FILTER (price IS NULL) FROM priced`),
    ).toEqual([revenue, unpriced]);
  });

  it('sells what is cheap more often', async () => {
    const [low, high] = await one(`WITH prices AS (
        SELECT itemid, "timestamp"::BIGINT AS since, lead("timestamp"::BIGINT, 1, 1e15::BIGINT) OVER (PARTITION BY itemid ORDER BY "timestamp"::BIGINT) AS until,
               substr(value, 2)::DOUBLE / max(substr(value, 2)::DOUBLE) OVER (PARTITION BY itemid) AS level FROM item_properties WHERE property = '790')
      SELECT avg((event = 'addtocart')::INT) FILTER (level < 0.8), avg((event = 'addtocart')::INT) FILTER (level > 0.95)
      FROM events JOIN prices ON prices.itemid = events.itemid AND "timestamp"::BIGINT >= since AND "timestamp"::BIGINT < until WHERE event <> 'transaction'`);
    expect(low!).toBeGreaterThan(high! * 1.2);
    expect(sample.truth.oracles.conversion!.auc).toBeGreaterThan(0.75);
  });
});
