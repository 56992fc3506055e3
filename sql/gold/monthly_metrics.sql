/*
description: One row a month from the first order to the as-of date, without gaps; delivered orders by purchase date, compared with the
    month and the year before.
kind: full
key: order_month
owner: finance
sort_by: order_month
audits:
  - unique: order_month
  - not_null: [order_month, days, is_partial, orders_placed, orders, customers, items, revenue]
  - no_gaps: { column: order_month, grain: month }
  - non_negative: [orders_placed, orders, revenue]
  - reconciles: { this: sum(revenue), with: silver.orders_master, sum: sum(order_total_value), where: "purchase_date < :as_of" }
columns:
  order_month: First day of the month.
  days: How many days of the month the calendar has, from the first order to the day before the as-of date.
  is_partial: Whether that is not the whole month; its growth then compares unequal spans.
  orders_placed: Orders of every status.
  orders: Delivered orders; the other columns count these alone.
  customers: How many persons placed them.
  items: Items of those orders.
  revenue: Price and freight of those orders, in the currency of the marketplace.
  avg_order_value: revenue / orders. NULL in a month without orders.
  orders_mom: Growth of orders against the month before, 0.1 is 10 %. NULL if that had none or is missing.
  orders_yoy: Growth of orders against the same month of the year before.
  revenue_mom: Growth of revenue against the month before.
  revenue_yoy: Growth of revenue against the same month of the year before.
*/
WITH placed AS (
  SELECT date_trunc('month', purchase_date)  AS order_month,
         count(*)                            AS orders_placed,
         min(purchase_date)                  AS first_date
  FROM silver.orders
  WHERE purchase_date < :as_of
  GROUP BY date_trunc('month', purchase_date)
),
delivered AS (
  SELECT date_trunc('month', purchase_date)  AS order_month,
         count(*)                            AS orders,
         count(DISTINCT customer_unique_id)  AS customers,
         sum(items_count)                    AS items,
         sum(order_total_value)              AS revenue
  FROM silver.orders_master
  WHERE purchase_date < :as_of
  GROUP BY date_trunc('month', purchase_date)
),
opening AS (
  SELECT min(first_date) AS first_date
  FROM placed
),
calendar AS (
  SELECT months.order_month,
         date_add('month', 1, months.order_month)                          AS next_month,
         date_diff('day', greatest(months.order_month, opening.first_date),
                          least(date_add('month', 1, months.order_month), :as_of))  AS days
  FROM opening
  CROSS JOIN UNNEST(sequence(date_trunc('month', opening.first_date),
                             date_trunc('month', date_add('day', -1, :as_of)),
                             INTERVAL '1' MONTH)) AS months (order_month)
),
monthly AS (
  SELECT calendar.order_month,
         calendar.days,
         calendar.days < date_diff('day', calendar.order_month, calendar.next_month)  AS is_partial,
         coalesce(placed.orders_placed, 0)                                            AS orders_placed,
         coalesce(delivered.orders, 0)                                                AS orders,
         coalesce(delivered.customers, 0)                                             AS customers,
         coalesce(delivered.items, 0)                                                 AS items,
         CAST(coalesce(delivered.revenue, 0) AS decimal(18, 4))                       AS revenue
  FROM calendar
  LEFT JOIN placed    ON placed.order_month = calendar.order_month
  LEFT JOIN delivered ON delivered.order_month = calendar.order_month
),
compared AS (                          -- the calendar has no gaps, so twelve rows back is the same month a year ago, leap years and all
  SELECT order_month, days, is_partial, orders_placed, orders, customers, items, revenue,
         lag(orders, 1) OVER (ORDER BY order_month)    AS orders_month_ago,
         lag(orders, 12) OVER (ORDER BY order_month)   AS orders_year_ago,
         lag(revenue, 1) OVER (ORDER BY order_month)   AS revenue_month_ago,
         lag(revenue, 12) OVER (ORDER BY order_month)  AS revenue_year_ago
  FROM monthly
)
SELECT CAST(order_month AS date)                                                                      AS order_month,
       CAST(days AS bigint)                                                                           AS days,
       CAST(is_partial AS boolean)                                                                    AS is_partial,
       CAST(orders_placed AS bigint)                                                                  AS orders_placed,
       CAST(orders AS bigint)                                                                         AS orders,
       CAST(customers AS bigint)                                                                      AS customers,
       CAST(items AS bigint)                                                                          AS items,
       CAST(revenue AS decimal(18, 4))                                                                AS revenue,
       CAST(revenue AS double) / nullif(CAST(orders AS double), 0e0)                                  AS avg_order_value,
       CAST(orders AS double) / nullif(CAST(orders_month_ago AS double), 0e0) - 1e0                   AS orders_mom,
       CAST(orders AS double) / nullif(CAST(orders_year_ago AS double), 0e0) - 1e0                    AS orders_yoy,
       CAST(revenue AS double) / nullif(CAST(revenue_month_ago AS double), 0e0) - 1e0                 AS revenue_mom,
       CAST(revenue AS double) / nullif(CAST(revenue_year_ago AS double), 0e0) - 1e0                  AS revenue_yoy
FROM compared
