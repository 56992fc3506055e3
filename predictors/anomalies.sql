-- One row a figure and a business date. Revenue counts delivered orders only, so that it is not whole until a month has passed. What an order, or its freight, comes to
-- is NULL on days with fewer than five: such a mean says what was in them rather than how the day went.
WITH daily AS (
  SELECT order_date, orders_placed, orders, revenue, avg_order_value
  FROM gold.daily_metrics
  WHERE order_date < :as_of
),
freight AS (
  SELECT purchase_date,
         delivery_zone,
         count(*)                                AS orders,
         sum(freight_value)                      AS freight_value
  FROM silver.orders_master
  WHERE purchase_date < :as_of
  GROUP BY purchase_date, delivery_zone
)
SELECT 'orders_placed'                           AS metric,
       'shop'                                    AS slice,
       CAST(order_date AS timestamp(6))          AS at_time,
       CAST(orders_placed AS double)             AS figure
FROM daily
UNION ALL
SELECT 'revenue'                                 AS metric,
       'shop'                                    AS slice,
       CAST(order_date AS timestamp(6))          AS at_time,
       CAST(revenue AS double)                   AS figure
FROM daily
WHERE order_date < date_add('day', -30, :as_of)
UNION ALL
SELECT 'avg_order_value'                         AS metric,
       'shop'                                    AS slice,
       CAST(order_date AS timestamp(6))          AS at_time,
       CASE WHEN orders >= 5 THEN avg_order_value END AS figure
FROM daily
UNION ALL
SELECT 'freight_per_order'                       AS metric,
       'shop'                                    AS slice,
       CAST(purchase_date AS timestamp(6))       AS at_time,
       CAST(sum(freight_value) AS double) / CAST(sum(orders) AS double) AS figure
FROM freight
GROUP BY purchase_date
HAVING sum(orders) >= 5
UNION ALL
SELECT 'freight_per_order'                       AS metric,
       concat('zone ', delivery_zone)            AS slice,
       CAST(purchase_date AS timestamp(6))       AS at_time,
       CAST(freight_value AS double) / CAST(orders AS double) AS figure
FROM freight
WHERE orders >= 5
