-- One row a product of the catalogue and a week in which it sold, in orders of the marketplace or at the shop's own till; and one for each of the eight weeks to
-- come, whose units are NULL. Weeks are counted back from the as-of date, so that the last one is whole; weeks without a row sold nothing.
WITH sold AS (
  SELECT product_id, purchase_date AS sold_date, 1 AS pieces
  FROM silver.order_items
  WHERE purchase_date < :as_of
  UNION ALL
  SELECT item_id AS product_id, transaction_date AS sold_date, quantity AS pieces
  FROM silver.transactions
  WHERE transaction_date < :as_of
    AND transaction_kind = 'sale'
),
weekly AS (
  SELECT product_id,
         (date_diff('day', sold_date, :as_of) + 6) / 7 AS weeks_ago,
         sum(pieces)                                   AS units
  FROM sold
  GROUP BY product_id, (date_diff('day', sold_date, :as_of) + 6) / 7
),
goods AS (                             -- of a shop without a catalogue, whatever it sold
  SELECT product_id, category
  FROM silver.products
  UNION ALL
  SELECT DISTINCT sold.product_id, 'unknown' AS category
  FROM sold
  CROSS JOIN (SELECT count(*) AS products FROM silver.products) AS catalogue
  WHERE catalogue.products = 0
    AND sold.product_id IS NOT NULL
)
SELECT products.category,
       products.product_id,
       CAST(date_add('day', -7 * weekly.weeks_ago, :as_of) AS timestamp(6))  AS at_time,
       CAST(weekly.units AS double)                                          AS units
FROM weekly
JOIN goods AS products ON products.product_id = weekly.product_id
WHERE weekly.weeks_ago <= 156
UNION ALL
SELECT products.category,
       products.product_id,
       CAST(date_add('day', 7 * ahead.week, :as_of) AS timestamp(6))         AS at_time,
       CAST(NULL AS double)                                                  AS units
FROM goods AS products
CROSS JOIN UNNEST(sequence(0, 7)) AS ahead (week)
