/*
description: One row a city of a state that customers live in, with how many they are, what they bought, and how it was delivered.
kind: full
key: [customer_state, customer_city]
owner: growth
audits:
  - unique: [customer_state, customer_city]
  - not_null: [customer_state, customer_city, customers, orders, revenue, freight_value]
  - non_negative: [customers, buyers, orders, units_sold, revenue, freight_value]
  - reconciles:
      this: sum(revenue)
      with: silver.orders_master
      sum: sum(items_value)
      where: purchase_date < :as_of AND customer_unique_id IS NOT NULL
columns:
  customer_state: State, two letters.
  customer_city: City, lower case. Cities of all customers are listed, also without a delivered order.
  customers: Persons whom the customers file has there.
  buyers: Persons with a delivered order that went there.
  orders: Delivered orders.
  units_sold: Items of those orders.
  revenue: Their prices, freight apart, in the currency of the marketplace.
  freight_value: Their freight, in the same currency.
  avg_order_value: Mean of price and freight of an order.
  avg_delivery_days: Mean days from purchase to delivery.
  avg_delivery_delay: Mean days between promise and delivery; positive is late.
  late_rate: Part of the orders with both dates that came after the promised date, 0 to 1.
  avg_review_score: Mean of the orders' review scores, 1 to 5.
*/
WITH places AS (
  SELECT customer_state,
         customer_city,
         count(DISTINCT customer_unique_id) AS customers
  FROM silver.marketplace_customers
  GROUP BY customer_state, customer_city
),
sales AS (
  SELECT customer_state,
         customer_city,
         count(DISTINCT customer_unique_id)                        AS buyers,
         count(*)                                                  AS orders,
         sum(items_count)                                          AS units_sold,
         sum(items_value)                                          AS revenue,
         sum(freight_value)                                        AS freight_value,
         sum(order_total_value)                                    AS order_value,
         avg(CAST(delivery_days AS double))                        AS avg_delivery_days,
         avg(CAST(delivery_delay AS double))                       AS avg_delivery_delay,
         count(delivery_delay)                                     AS timed_orders,
         sum(CASE WHEN delivery_delay > 0 THEN 1 ELSE 0 END)       AS late_orders,
         avg(avg_review_score)                                     AS avg_review_score
  FROM silver.orders_master
  WHERE purchase_date < :as_of
    AND customer_unique_id IS NOT NULL
  GROUP BY customer_state, customer_city
)
SELECT CAST(place.customer_state AS varchar)                                                     AS customer_state,
       CAST(place.customer_city AS varchar)                                                      AS customer_city,
       CAST(place.customers AS bigint)                                                           AS customers,
       CAST(coalesce(sale.buyers, 0) AS bigint)                                                  AS buyers,
       CAST(coalesce(sale.orders, 0) AS bigint)                                                  AS orders,
       CAST(coalesce(sale.units_sold, 0) AS bigint)                                              AS units_sold,
       CAST(coalesce(sale.revenue, 0) AS decimal(18, 4))                                         AS revenue,
       CAST(coalesce(sale.freight_value, 0) AS decimal(18, 4))                                   AS freight_value,
       CAST(sale.order_value AS double) / CAST(sale.orders AS double)                            AS avg_order_value,
       CAST(sale.avg_delivery_days AS double)                                                    AS avg_delivery_days,
       CAST(sale.avg_delivery_delay AS double)                                                   AS avg_delivery_delay,
       CAST(sale.late_orders AS double) / nullif(CAST(sale.timed_orders AS double), 0e0)         AS late_rate,
       CAST(sale.avg_review_score AS double)                                                     AS avg_review_score
FROM places AS place
LEFT JOIN sales AS sale
       ON sale.customer_state = place.customer_state
      AND sale.customer_city = place.customer_city
