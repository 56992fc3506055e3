/*
description: One row a product with what pricing and shipping need to know of it; its stock-keeping unit, size, cost, margin and the
    market's price.
kind: full
key: product_id
owner: pricing
audits:
  - unique: product_id
  - not_null: [product_id, category]
  - reconciles: { this: count(*), with: silver.products, sum: count(*) }
  - expression: profit_margin_pct <= 100
  - warn: { not_null: supplier_cost }
  - warn: { expression: profit_margin_pct >= 0 }
columns:
  product_id: The product.
  sku: Stock-keeping unit of the supplier whose cost is shown, letters and digits only, upper case. NULL without a cost.
  category: Category in English, else the original name, else `unknown`.
  length_cm: Length in centimetres.
  height_cm: Height in centimetres.
  width_cm: Width in centimetres.
  weight_kg: Weight in kilograms.
  volumetric_weight_kg: Length × width × height in cubic centimetres, divided by 5000, in kilograms. NULL if a dimension is missing.
  chargeable_weight_kg: The greater of both weights, or the one that is known, in kilograms.
  last_sold_date: Business date of the last order before the as-of date that was neither canceled nor unavailable.
  last_price: What the product cost in that order, in the shop's currency.
  supplier_id: The supplier whose cost is shown.
  supplier_cost: Lowest cost of a piece on last_sold_date, in the shop's currency; for a product never sold, on the day before the as-of
      date.
  profit_margin_pct: 100 × (last_price − supplier_cost) / last_price. NULL if one is missing or the price is 0.
  competitor_price: Lowest of the competitors' latest prices of the last 30 days, in the shop's currency.
  competitor_count: How many competitors that price is the lowest of.
*/
WITH settings AS (
  SELECT CAST(5000 AS double) AS cubic_cm_per_kg      -- what most carriers divide by
),
sales AS (
  SELECT item.product_id,
         item.price,
         placed.purchase_date,
         row_number() OVER (PARTITION BY item.product_id
                            ORDER BY placed.order_purchase_timestamp DESC, item.order_id, item.order_item_id) AS newest
  FROM silver.order_items AS item
  JOIN silver.orders AS placed ON placed.order_id = item.order_id
  WHERE placed.purchase_date < :as_of
    AND placed.order_status NOT IN ('canceled', 'unavailable')
),
priced AS (
  SELECT product.product_id,
         sale.purchase_date                                          AS last_sold_date,
         sale.price                                                  AS last_price,
         coalesce(sale.purchase_date, date_add('day', -1, :as_of))   AS cost_date
  FROM silver.products AS product
  LEFT JOIN sales AS sale ON sale.product_id = product.product_id AND sale.newest = 1
),
valid_costs AS (                       -- of one supplier's costs the newest that had begun counts, if it had not ended
  SELECT priced.product_id,
         cost.supplier_id,
         cost.sku,
         cost.unit_cost,
         cost.valid_to IS NULL OR cost.valid_to > priced.cost_date   AS still_holds,
         row_number() OVER (PARTITION BY priced.product_id, cost.supplier_id
                            ORDER BY cost.valid_from DESC)           AS newest
  FROM priced
  JOIN silver.supplier_costs AS cost
    ON cost.product_id = priced.product_id
   AND cost.valid_from <= priced.cost_date
),
costs AS (
  SELECT product_id,
         supplier_id,
         sku,
         unit_cost,
         row_number() OVER (PARTITION BY product_id ORDER BY unit_cost, supplier_id) AS cheapest
  FROM valid_costs
  WHERE newest = 1 AND still_holds
),
seen_prices AS (
  SELECT product_id,
         price,
         row_number() OVER (PARTITION BY product_id, competitor ORDER BY observed_at DESC) AS newest
  FROM silver.market_prices
  WHERE observed_date >= date_add('day', -30, :as_of)
    AND observed_date < :as_of
),
market AS (
  SELECT product_id,
         min(price)  AS competitor_price,
         count(*)    AS competitor_count
  FROM seen_prices
  WHERE newest = 1
  GROUP BY product_id
),
weighed AS (
  SELECT product.product_id,
         product.weight_g / 1e3                                                                                AS weight_kg,
         product.length_cm * product.width_cm * product.height_cm / settings.cubic_cm_per_kg                   AS volumetric_weight_kg
  FROM silver.products AS product
  CROSS JOIN settings
)
SELECT CAST(product.product_id AS varchar)                                                                     AS product_id,
       CAST(cost.sku AS varchar)                                                                               AS sku,
       CAST(product.category AS varchar)                                                                       AS category,
       CAST(product.length_cm AS double)                                                                       AS length_cm,
       CAST(product.height_cm AS double)                                                                       AS height_cm,
       CAST(product.width_cm AS double)                                                                        AS width_cm,
       CAST(weighed.weight_kg AS double)                                                                       AS weight_kg,
       CAST(weighed.volumetric_weight_kg AS double)                                                            AS volumetric_weight_kg,
       CAST(greatest(coalesce(weighed.weight_kg, weighed.volumetric_weight_kg),
                     coalesce(weighed.volumetric_weight_kg, weighed.weight_kg)) AS double)                     AS chargeable_weight_kg,
       CAST(priced.last_sold_date AS date)                                                                     AS last_sold_date,
       CAST(priced.last_price AS decimal(18, 4))                                                               AS last_price,
       CAST(cost.supplier_id AS varchar)                                                                       AS supplier_id,
       CAST(cost.unit_cost AS decimal(18, 4))                                                                  AS supplier_cost,
       100e0 * CAST(priced.last_price - cost.unit_cost AS double)
             / nullif(CAST(priced.last_price AS double), 0e0)                                                  AS profit_margin_pct,
       CAST(market.competitor_price AS decimal(18, 4))                                                         AS competitor_price,
       CAST(coalesce(market.competitor_count, 0) AS bigint)                                                    AS competitor_count
FROM silver.products AS product
JOIN priced       ON priced.product_id = product.product_id
JOIN weighed      ON weighed.product_id = product.product_id
LEFT JOIN costs   AS cost ON cost.product_id = product.product_id AND cost.cheapest = 1
LEFT JOIN market  ON market.product_id = product.product_id
