/*
description: One row an item that the clickstream has events of, with what models and recommendations use to know about it.
kind: full
key: itemid
owner: web
audits:
  - unique: itemid
  - not_null: [itemid, item_id, viewers_30d, buyers_30d, baskets_90d, shared_baskets_90d, anchor_product_score]
  - expression: shared_baskets_90d <= baskets_90d
  - expression: anchor_product_score >= 0 AND anchor_product_score <= 1
columns:
  itemid: The item, as the clickstream numbers items.
  item_id: The item's id in the whole shop.
  item_category_id: Its category at the beginning of the as-of date. NULL where nothing had been said of it, as are the following three.
  parent_category_id: The category above it. NULL for a root.
  available: "`1` in stock, `0` out of stock."
  price: Its price, in the currency of the clickstream.
  viewers_30d: Different visitors who viewed it in the thirty days before the as-of date.
  buyers_30d: Different visitors who bought it in these days.
  conversion_rate_30d: buyers_30d / viewers_30d. NULL without a viewer.
  baskets_90d: Purchases that hold it, in the ninety days before the as-of date.
  shared_baskets_90d: Those of them that hold another item as well.
  anchor_product_score: How much it draws other purchases, from 0 to 1. Half of it is the share of its baskets that are shared (0 without a
      basket), half the percent rank of its viewers among the items of its category, 0 for the fewest.
*/
WITH seen AS (
  SELECT itemid, event, visitorid, event_date, transactionid
  FROM silver.events_enriched
  WHERE duplicate_of IS NULL
    AND event_date < :as_of
    AND itemid IS NOT NULL
),
items AS (
  SELECT DISTINCT itemid
  FROM seen
),
recent AS (
  SELECT itemid,
         sum(CASE WHEN event = 'view' THEN 1 ELSE 0 END)         AS viewers,
         sum(CASE WHEN event = 'transaction' THEN 1 ELSE 0 END)  AS buyers
  FROM (
    SELECT DISTINCT itemid, event, visitorid
    FROM seen
    WHERE event IN ('view', 'transaction')
      AND event_date >= date_add('day', -30, :as_of)
  ) AS steps
  GROUP BY itemid
),
lines AS (
  SELECT DISTINCT transactionid, itemid
  FROM seen
  WHERE event = 'transaction'
    AND event_date >= date_add('day', -90, :as_of)
),
baskets AS (
  SELECT itemid,
         count(*)                                        AS baskets,
         sum(CASE WHEN items_in_it > 1 THEN 1 ELSE 0 END)  AS shared
  FROM (SELECT itemid, count(*) OVER (PARTITION BY transactionid) AS items_in_it FROM lines) AS sized
  GROUP BY itemid
),
states AS (                            -- the item as it stood when the as-of date began in the shop
  SELECT itemid, item_category_id, parent_category_id, available, price
  FROM silver.item_history
  WHERE valid_from_date < :as_of
    AND valid_to_date >= :as_of
),
scored AS (
  SELECT items.itemid,
         states.item_category_id,
         states.parent_category_id,
         states.available,
         states.price,
         coalesce(recent.viewers, 0)    AS viewers,
         coalesce(recent.buyers, 0)     AS buyers,
         coalesce(baskets.baskets, 0)   AS baskets,
         coalesce(baskets.shared, 0)    AS shared,
         percent_rank() OVER (PARTITION BY states.item_category_id ORDER BY coalesce(recent.viewers, 0)) AS popularity
  FROM items
  LEFT JOIN recent  ON recent.itemid = items.itemid
  LEFT JOIN baskets ON baskets.itemid = items.itemid
  LEFT JOIN states  ON states.itemid = items.itemid
)
SELECT CAST(scored.itemid AS varchar)                                                         AS itemid,
       CAST(coalesce(known.item_id, concat('item_properties:', scored.itemid)) AS varchar)    AS item_id,
       CAST(item_category_id AS varchar)                                                      AS item_category_id,
       CAST(parent_category_id AS varchar)                                                    AS parent_category_id,
       CAST(available AS varchar)                                                             AS available,
       CAST(price AS decimal(18, 4))                                                          AS price,
       CAST(viewers AS bigint)                                                                AS viewers_30d,
       CAST(buyers AS bigint)                                                                 AS buyers_30d,
       CAST(buyers AS double) / nullif(CAST(viewers AS double), 0e0)                          AS conversion_rate_30d,
       CAST(baskets AS bigint)                                                                AS baskets_90d,
       CAST(shared AS bigint)                                                                 AS shared_baskets_90d,
       CAST(0.5e0 * coalesce(CAST(shared AS double) / nullif(CAST(baskets AS double), 0e0), 0e0)
            + 0.5e0 * popularity AS double)                                                   AS anchor_product_score
FROM scored
LEFT JOIN silver.item_xref AS known ON known.source = 'item_properties' AND known.source_id = scored.itemid
