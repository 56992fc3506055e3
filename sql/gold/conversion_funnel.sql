/*
description: One row an item of the clickstream, with how many visitors looked at it, put it into the cart and bought it.
kind: full
key: itemid
owner: web
audits:
  - unique: itemid
  - not_null: [itemid, unique_views, unique_addtocarts, unique_purchases]
  - expression: unique_views + unique_addtocarts + unique_purchases >= 1
columns:
  itemid: The item, as the clickstream numbers items. Listed is every item that was looked at, put into a cart or bought.
  unique_views: Different visitors who viewed it.
  unique_addtocarts: Different visitors who put it into the cart, whether or not they were seen to view it.
  unique_purchases: Different visitors who bought it, whether or not they were seen to put it into the cart.
  view_to_cart_rate: unique_addtocarts / unique_views. NULL without a view. Above 1 where carts were seen whose views were not.
  cart_to_purchase_rate: unique_purchases / unique_addtocarts. NULL without a cart.
  overall_conversion_rate: unique_purchases / unique_views. NULL without a view.
*/
WITH steps AS (                        -- each visitor once per item and step: the counts below are then plain
  SELECT DISTINCT itemid, event, visitorid
  FROM silver.events_enriched
  WHERE duplicate_of IS NULL
    AND event_date < :as_of
    AND itemid IS NOT NULL
    AND event IN ('view', 'addtocart', 'transaction')
),
visitors AS (
  SELECT itemid,
         sum(CASE WHEN event = 'view' THEN 1 ELSE 0 END)         AS views,
         sum(CASE WHEN event = 'addtocart' THEN 1 ELSE 0 END)    AS carts,
         sum(CASE WHEN event = 'transaction' THEN 1 ELSE 0 END)  AS purchases
  FROM steps
  GROUP BY itemid
)
SELECT CAST(itemid AS varchar)                                              AS itemid,
       CAST(views AS bigint)                                                AS unique_views,
       CAST(carts AS bigint)                                                AS unique_addtocarts,
       CAST(purchases AS bigint)                                            AS unique_purchases,
       CAST(carts AS double) / nullif(CAST(views AS double), 0e0)           AS view_to_cart_rate,
       CAST(purchases AS double) / nullif(CAST(carts AS double), 0e0)       AS cart_to_purchase_rate,
       CAST(purchases AS double) / nullif(CAST(views AS double), 0e0)       AS overall_conversion_rate
FROM visitors
