/*
description: One row a business date from the first order to the day before the as-of date, without gaps; delivered orders by purchase
    date, with moving averages.
kind: full
key: order_date
owner: finance
sort_by: order_date
audits:
  - unique: order_date
  - not_null: [order_date, orders_placed, orders, customers, items, revenue, revenue_7d_avg, revenue_30d_avg]
  - no_gaps: { column: order_date, grain: day }
  - non_negative: [orders_placed, orders, revenue]
  - reconciles: { this: sum(revenue), with: silver.orders_master, sum: sum(order_total_value), where: "purchase_date < :as_of" }
  - reconciles: { this: sum(orders_placed), with: silver.orders, sum: count(*), where: "purchase_date < :as_of" }
columns:
  order_date: Business date of the purchase.
  orders_placed: Orders of every status.
  orders: Delivered orders; the other columns count these alone.
  customers: How many persons placed them.
  items: Items of those orders.
  revenue: Price and freight of those orders, in the currency of the marketplace.
  avg_order_value: revenue / orders. NULL on a day without orders.
  orders_7d_avg: Mean orders a day over this and the six days before, as far as the calendar reaches.
  orders_30d_avg: The same over thirty days.
  revenue_7d_avg: Mean revenue a day over this and the six days before, as far as the calendar reaches.
  revenue_30d_avg: The same over thirty days.
*/
WITH placed AS (
  SELECT purchase_date,
         count(*) AS orders_placed
  FROM silver.orders
  WHERE purchase_date < :as_of
  GROUP BY purchase_date
),
delivered AS (
  SELECT purchase_date,
         count(*)                            AS orders,
         count(DISTINCT customer_unique_id)  AS customers,
         sum(items_count)                    AS items,
         sum(order_total_value)              AS revenue
  FROM silver.orders_master
  WHERE purchase_date < :as_of
  GROUP BY purchase_date
),
opening AS (
  SELECT min(purchase_date) AS first_date
  FROM placed
),
calendar AS (
  SELECT days.order_date
  FROM opening
  CROSS JOIN UNNEST(sequence(opening.first_date, date_add('day', -1, :as_of))) AS days (order_date)
),
daily AS (
  SELECT calendar.order_date,
         coalesce(placed.orders_placed, 0)                       AS orders_placed,
         coalesce(delivered.orders, 0)                           AS orders,
         coalesce(delivered.customers, 0)                        AS customers,
         coalesce(delivered.items, 0)                            AS items,
         CAST(coalesce(delivered.revenue, 0) AS decimal(18, 4))  AS revenue
  FROM calendar
  LEFT JOIN placed    ON placed.purchase_date = calendar.order_date
  LEFT JOIN delivered ON delivered.purchase_date = calendar.order_date
),
windowed AS (                          -- exact sums first, one division last: no engine's summing order shows
  SELECT order_date, orders_placed, orders, customers, items, revenue,
         sum(orders) OVER (ORDER BY order_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)     AS orders_7d,
         sum(orders) OVER (ORDER BY order_date ROWS BETWEEN 29 PRECEDING AND CURRENT ROW)    AS orders_30d,
         sum(revenue) OVER (ORDER BY order_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)    AS revenue_7d,
         sum(revenue) OVER (ORDER BY order_date ROWS BETWEEN 29 PRECEDING AND CURRENT ROW)   AS revenue_30d,
         row_number() OVER (ORDER BY order_date)                                             AS day_number
  FROM daily
)
SELECT CAST(order_date AS date)                                                         AS order_date,
       CAST(orders_placed AS bigint)                                                    AS orders_placed,
       CAST(orders AS bigint)                                                           AS orders,
       CAST(customers AS bigint)                                                        AS customers,
       CAST(items AS bigint)                                                            AS items,
       CAST(revenue AS decimal(18, 4))                                                  AS revenue,
       CAST(revenue AS double) / nullif(CAST(orders AS double), 0e0)                    AS avg_order_value,
       CAST(orders_7d AS double) / CAST(least(day_number, 7) AS double)                 AS orders_7d_avg,
       CAST(orders_30d AS double) / CAST(least(day_number, 30) AS double)               AS orders_30d_avg,
       CAST(revenue_7d AS double) / CAST(least(day_number, 7) AS double)                AS revenue_7d_avg,
       CAST(revenue_30d AS double) / CAST(least(day_number, 30) AS double)              AS revenue_30d_avg
FROM windowed
