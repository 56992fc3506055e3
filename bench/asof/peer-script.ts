// The peer: what somebody writes who has DuckDB, the three kinds of files and a free afternoon. The same tables with the same columns, a Parquet
// file each, by DuckDB's own means (ASOF JOIN, QUALIFY, GROUP BY ALL); it proves, audits and remembers nothing.
import { readdirSync } from 'node:fs';
import path from 'node:path';

/** SQL over the files in `landing`; tables go to `out` as Parquet. `asOf` is the day after the last event's. */
export function peerScript(landing: string, out: string, zone: string, asOf: string): string {
  const parquet = (table: string) => `'${path.join(out, `${table}.parquet`)}'`;
  const csv = (source: string) =>
    `read_csv([${readdirSync(path.join(landing, source)).sort().map((file) => `'${path.join(landing, source, file)}'`).join(', ')}], all_varchar = true, header = true, filename = true)`;
  const copy = (table: string, select: string) => `COPY (${select}) TO ${parquet(table)} (FORMAT parquet, COMPRESSION zstd)`;
  const local = (ms: string) => `(make_timestamptz((${ms}) * 1000) AT TIME ZONE '${zone}')::DATE`;
  return [
    "SET TimeZone = 'UTC'",
    ...['events', 'item_properties', 'category_tree'].map((source) =>
      copy(`bronze.${source}`, `SELECT *, row_number() OVER () AS _row, TIMESTAMP '2026-01-01' AS _ingested_at FROM ${csv(source)}`)),

    copy('silver.category_tree', `SELECT categoryid, parentid, parentid IS NULL AS is_root FROM ${parquet('bronze.category_tree')}`),
    copy('silver.item_history', `
      WITH said AS (
        SELECT itemid, "timestamp"::BIGINT AS ms, max(value) FILTER (property = 'categoryid') AS category, max(value) FILTER (property = 'available') AS available, max(value) FILTER (property = '790') AS price
        FROM ${parquet('bronze.item_properties')} WHERE property IN ('categoryid', 'available', '790') GROUP BY ALL
      ), states AS (
        SELECT itemid, ms, lead(ms) OVER w AS next_ms, last_value(category IGNORE NULLS) OVER f AS category, last_value(available IGNORE NULLS) OVER f AS available, last_value(price IGNORE NULLS) OVER f AS price
        FROM said WINDOW w AS (PARTITION BY itemid ORDER BY ms), f AS (PARTITION BY itemid ORDER BY ms ROWS UNBOUNDED PRECEDING)
      )
      SELECT itemid, make_timestamp(ms * 1000) AS valid_from, coalesce(make_timestamp(next_ms * 1000), TIMESTAMP '9999-12-31') AS valid_to, ${local('ms')} AS valid_from_date,
             coalesce(${local('next_ms')}, DATE '9999-12-31') AS valid_to_date, category AS item_category_id, t.parentid AS parent_category_id, available, price AS price_property,
             try_cast(ltrim(price, 'n') AS DECIMAL(18, 4)) AS price
      FROM states LEFT JOIN ${parquet('silver.category_tree')} AS t ON t.categoryid = category ORDER BY itemid, valid_from`),
    copy('silver.events', `
      SELECT md5(concat_ws('|', "timestamp", visitorid, event, itemid, coalesce(transactionid, ''))) AS event_id, "timestamp"::BIGINT AS "timestamp", visitorid, event, itemid, transactionid,
             make_timestamp("timestamp"::BIGINT * 1000) AS event_time, ${local('"timestamp"::BIGINT')} AS event_date, _ingested_at AS arrived_at
      FROM ${parquet('bronze.events')} QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY _row) = 1`),
    copy('silver.events_enriched', `SELECT ${ENRICHED} FROM ${parquet('silver.events')} AS e ${asofJoin(parquet('silver.item_history'))}`),
    copy('silver.sessions', `
      WITH steps AS (SELECT *, lag("timestamp") OVER (PARTITION BY visitorid ORDER BY "timestamp", event_id) AS previous FROM ${parquet('silver.events')}),
      numbered AS (SELECT *, sum(CASE WHEN "timestamp" - previous <= 1800000 THEN 0 ELSE 1 END) OVER (PARTITION BY visitorid ORDER BY "timestamp", event_id) AS n FROM steps)
      SELECT visitorid || ':' || min("timestamp") AS session_id, visitorid, min(event_time) AS session_start, max(event_time) AS session_end, min(event_date) AS session_date,
             (max("timestamp") - min("timestamp")) / 1000 AS session_duration, count(*) AS events, count(*) FILTER (event = 'view') AS views, count(*) FILTER (event = 'addtocart') AS addtocarts,
             count(DISTINCT transactionid) AS transactions,
             CASE WHEN count(transactionid) > 0 THEN NULL WHEN bool_or(event = 'addtocart') THEN 'addtocart' ELSE 'view' END AS drop_off_step
      FROM numbered GROUP BY visitorid, n`),

    copy('gold.fact_sales_transactions', `SELECT transactionid, event_date AS date, price, visitorid, itemid, item_category_id, parent_category_id, available, price_property, 1 AS quantity, event_time, event_id
      FROM ${parquet('silver.events_enriched')} WHERE event = 'transaction' AND event_date < DATE '${asOf}'`),
    copy('gold.daily_sales', `SELECT date, count(DISTINCT transactionid) AS transactions, count(*) AS lines, count(DISTINCT visitorid) AS buyers, coalesce(sum(price), 0) AS revenue,
      count(*) FILTER (price IS NULL) AS unpriced_lines FROM ${parquet('gold.fact_sales_transactions')} GROUP BY date`),
    copy('gold.conversion_funnel', `
      WITH steps AS (SELECT DISTINCT itemid, event, visitorid FROM ${parquet('silver.events_enriched')} WHERE event_date < DATE '${asOf}')
      SELECT itemid, count(*) FILTER (event = 'view') AS v, count(*) FILTER (event = 'addtocart') AS c, count(*) FILTER (event = 'transaction') AS p, c / nullif(v, 0) AS view_to_cart_rate,
             p / nullif(c, 0) AS cart_to_purchase_rate, p / nullif(v, 0) AS overall_conversion_rate FROM steps GROUP BY itemid`),
    copy('gold.visitor_segments', `
      WITH seen AS (SELECT visitorid, count(*) AS events, count(*) FILTER (event = 'view') AS views, count(*) FILTER (event = 'addtocart') AS addtocarts, min(event_date) AS first_date, max(event_date) AS last_date
        FROM ${parquet('silver.events_enriched')} WHERE event_date < DATE '${asOf}' GROUP BY visitorid),
      bought AS (SELECT visitorid, count(DISTINCT transactionid) AS transactions FROM ${parquet('gold.fact_sales_transactions')} GROUP BY visitorid),
      visits AS (SELECT visitorid, count(*) AS sessions FROM ${parquet('silver.sessions')} WHERE session_date < DATE '${asOf}' GROUP BY visitorid)
      SELECT seen.*, coalesce(transactions, 0) AS transactions, sessions, CASE WHEN transactions >= 2 THEN 'Repeat buyer' WHEN transactions = 1 THEN 'Buyer' WHEN addtocarts > 0 THEN 'Cart abandoner'
        WHEN views >= 5 OR sessions >= 2 THEN 'Engaged' ELSE 'Browser' END AS segment FROM seen LEFT JOIN bought USING (visitorid) LEFT JOIN visits USING (visitorid)`),
    copy('gold.item_features', `
      WITH items AS (SELECT itemid, count(DISTINCT visitorid) FILTER (event = 'view' AND event_date >= DATE '${asOf}' - 30) AS viewers, count(DISTINCT visitorid) FILTER (event = 'transaction' AND event_date >= DATE '${asOf}' - 30) AS buyers
        FROM ${parquet('silver.events_enriched')} WHERE event_date < DATE '${asOf}' GROUP BY itemid),
      lines AS (SELECT DISTINCT transactionid, itemid FROM ${parquet('gold.fact_sales_transactions')} WHERE date >= DATE '${asOf}' - 90),
      baskets AS (SELECT itemid, count(*) AS baskets, count(*) FILTER (n > 1) AS shared FROM (SELECT itemid, count(*) OVER (PARTITION BY transactionid) AS n FROM lines) GROUP BY itemid),
      states AS (SELECT itemid, item_category_id, parent_category_id, available, price FROM ${parquet('silver.item_history')} WHERE valid_from_date < DATE '${asOf}' AND valid_to_date >= DATE '${asOf}')
      SELECT itemid, item_category_id, parent_category_id, available, price, viewers, buyers, buyers / nullif(viewers, 0) AS conversion_rate_30d, coalesce(baskets, 0) AS baskets, coalesce(shared, 0) AS shared,
        0.5 * coalesce(shared / nullif(baskets, 0), 0) + 0.5 * percent_rank() OVER (PARTITION BY item_category_id ORDER BY viewers) AS anchor_product_score
      FROM items LEFT JOIN baskets USING (itemid) LEFT JOIN states USING (itemid)`),
    copy('gold.session_metrics', `SELECT session_date, count(*) AS sessions, count(DISTINCT visitorid) AS visitors, sum(events) AS events, avg(session_duration) AS avg_session_duration,
      count(*) FILTER (drop_off_step IS NULL) AS converted, count(*) FILTER (drop_off_step = 'view') AS dropped_at_view, count(*) FILTER (drop_off_step = 'addtocart') AS dropped_at_addtocart
      FROM ${parquet('silver.sessions')} WHERE session_date < DATE '${asOf}' GROUP BY session_date`),
  ].join(';\n');
}

const ENRICHED = `e."timestamp", e.visitorid, e.event, e.itemid, e.transactionid, h.item_category_id, h.parent_category_id, h.available, h.price_property, h.price, e.event_id, e.event_time, e.event_date`;

/** DuckDB's own as-of join of events `e` with what was last said of their item. */
export function asofJoin(history: string): string {
  return `ASOF LEFT JOIN ${history} AS h ON h.itemid = e.itemid AND h.valid_from <= e.event_time`;
}

/** The join alone, over the peer's own silver tables. */
export function peerJoin(out: string): string {
  return `SELECT ${ENRICHED} FROM '${path.join(out, 'silver.events.parquet')}' AS e ${asofJoin(`'${path.join(out, 'silver.item_history.parquet')}'`)}`;
}
