/*
description: One row a product with what its price is made from.
kind: full
key: product_id
partition_by: bucket(8, category)
sort_by: category
owner: pricing
audits:
  - unique: product_id
  - not_null: [product_id, category, units_90d]
  - reconciles: { this: count(*), with: silver.products_enriched, sum: count(*) }
  - expression: historical_conversion_rate >= 0
  - expression: anchor_product_score BETWEEN 0 AND 1
columns:
  product_id: The product.
  sku: Stock-keeping unit of the supplier whose cost is shown. NULL without a cost.
  category: Its category in English, else the original name, else `unknown`.
  current_price: What it cost when it was last sold, in the shop's currency. NULL if it never was.
  supplier_cost: Lowest cost of a piece then, in the shop's currency. NULL where no supplier's is known.
  profit_margin_pct: 100 × (current_price − supplier_cost) / current_price.
  competitor_price: Lowest of the competitors' latest prices of the last 30 days.
  competitor_count: How many competitors that is the lowest of.
  historical_conversion_rate: Distinct buyers of distinct viewers in the clickstream's last 30 days. Above 1 where some bought who were not seen to view it in these days. NULL
      without a viewer.
  category_conversion_rate: The same of all products of the category together.
  anchor_product_score: How much it draws other purchases, 0 to 1.
  units_90d: Pieces sold by the marketplace in the ninety days before the as-of date.
  revenue_90d: What they brought, freight apart.
  average_price_90d: revenue_90d / units_90d. NULL without a sale.
*/
WITH clicks AS (
  SELECT xref.item_id AS product_id,
         sum(item.viewers_30d) AS viewers,
         sum(item.buyers_30d)  AS buyers,
         max(item.anchor_product_score) AS anchor_product_score
  FROM gold.item_features AS item
  JOIN silver.item_xref AS xref ON xref.source = 'item_properties' AND xref.source_id = item.itemid
  GROUP BY xref.item_id
),
sold AS (
  SELECT item.product_id,
         count(*)         AS units,
         sum(item.price)  AS revenue
  FROM silver.order_items AS item
  JOIN silver.orders AS placed ON placed.order_id = item.order_id
  WHERE placed.purchase_date < :as_of
    AND placed.purchase_date >= date_add('day', -90, :as_of)
    AND placed.order_status NOT IN ('canceled', 'unavailable')
  GROUP BY item.product_id
)
SELECT CAST(product.product_id AS varchar)                                                               AS product_id,
       CAST(product.sku AS varchar)                                                                      AS sku,
       CAST(product.category AS varchar)                                                                 AS category,
       CAST(product.last_price AS decimal(18, 4))                                                        AS current_price,
       CAST(product.supplier_cost AS decimal(18, 4))                                                     AS supplier_cost,
       CAST(product.profit_margin_pct AS double)                                                         AS profit_margin_pct,
       CAST(product.competitor_price AS decimal(18, 4))                                                  AS competitor_price,
       CAST(product.competitor_count AS bigint)                                                          AS competitor_count,
       CAST(clicks.buyers AS double) / nullif(CAST(clicks.viewers AS double), 0e0)                       AS historical_conversion_rate,
       CAST(sum(clicks.buyers) OVER (PARTITION BY product.category) AS double)
         / nullif(CAST(sum(clicks.viewers) OVER (PARTITION BY product.category) AS double), 0e0)         AS category_conversion_rate,
       CAST(clicks.anchor_product_score AS double)                                                       AS anchor_product_score,
       CAST(coalesce(sold.units, 0) AS bigint)                                                           AS units_90d,
       CAST(coalesce(sold.revenue, DECIMAL '0') AS decimal(18, 4))                                       AS revenue_90d,
       CAST(sold.revenue AS double) / CAST(sold.units AS double)                                         AS average_price_90d
FROM silver.products_enriched AS product
LEFT JOIN clicks ON clicks.product_id = product.product_id
LEFT JOIN sold ON sold.product_id = product.product_id
