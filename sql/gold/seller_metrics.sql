/*
description: One row a seller, with what they sold in delivered orders, how it was delivered and how it was liked.
kind: full
key: seller_id
owner: marketplace
audits:
  - unique: seller_id
  - not_null: [seller_id, orders, units_sold, products_sold, revenue, freight_value]
  - non_negative: [orders, units_sold, revenue, freight_value]
  - reconciles: { this: count(*), with: silver.sellers, sum: count(*) }
  - reconciles:
      this: sum(revenue)
      with: silver.order_items
      sum: sum(price)
      where: order_id IN (SELECT order_id FROM silver.orders_master WHERE purchase_date < :as_of)
             AND seller_id IN (SELECT seller_id FROM silver.sellers)
columns:
  seller_id: The seller. All are listed, also those who never sold.
  seller_city: City that they send from, lower case.
  seller_state: State that they send from.
  orders: Delivered orders with at least one item of theirs.
  units_sold: Their items in those orders.
  products_sold: How many different products those are.
  revenue: Their prices, freight apart, in the currency of the marketplace.
  freight_value: Their freight, in the same currency.
  avg_price: revenue / units_sold.
  avg_review_score: Mean of the orders' review scores, each order once, 1 to 5.
  avg_delivery_days: Mean days from purchase to delivery, each order once.
  avg_delivery_delay: Mean days between promise and delivery, each order once; positive is late.
  late_rate: Part of the orders with both dates that came after the promised date, 0 to 1.
  first_sold_date: Business date of the first of those orders.
  last_sold_date: Business date of the last of those orders.
  revenue_rank: Rank by revenue among the sellers who sold something, 1 is the greatest; equal revenues by seller_id. NULL if they never
      sold.
*/
WITH sold_items AS (
  SELECT item.seller_id,
         item.order_id,
         item.product_id,
         item.price,
         item.freight_value,
         sold.purchase_date,
         sold.delivery_days,
         sold.delivery_delay,
         sold.avg_review_score
  FROM silver.orders_master AS sold
  JOIN silver.order_items AS item ON item.order_id = sold.order_id
  WHERE sold.purchase_date < :as_of
),
items_by_order AS (
  SELECT seller_id,
         order_id,
         purchase_date,
         delivery_days,
         delivery_delay,
         avg_review_score,
         count(*)            AS units,
         sum(price)          AS revenue,
         sum(freight_value)  AS freight_value
  FROM sold_items
  GROUP BY seller_id, order_id, purchase_date, delivery_days, delivery_delay, avg_review_score
),
sales AS (
  SELECT seller_id,
         count(*)                                              AS orders,
         sum(units)                                            AS units_sold,
         sum(revenue)                                          AS revenue,
         sum(freight_value)                                    AS freight_value,
         avg(avg_review_score)                                 AS avg_review_score,
         avg(CAST(delivery_days AS double))                    AS avg_delivery_days,
         avg(CAST(delivery_delay AS double))                   AS avg_delivery_delay,
         count(delivery_delay)                                 AS timed_orders,
         sum(CASE WHEN delivery_delay > 0 THEN 1 ELSE 0 END)   AS late_orders,
         min(purchase_date)                                    AS first_sold_date,
         max(purchase_date)                                    AS last_sold_date
  FROM items_by_order
  GROUP BY seller_id
),
assortment AS (
  SELECT seller_id,
         count(DISTINCT product_id) AS products_sold
  FROM sold_items
  GROUP BY seller_id
)
SELECT CAST(seller.seller_id AS varchar)                                                    AS seller_id,
       CAST(seller.seller_city AS varchar)                                                  AS seller_city,
       CAST(seller.seller_state AS varchar)                                                 AS seller_state,
       CAST(coalesce(sale.orders, 0) AS bigint)                                             AS orders,
       CAST(coalesce(sale.units_sold, 0) AS bigint)                                         AS units_sold,
       CAST(coalesce(assortment.products_sold, 0) AS bigint)                                AS products_sold,
       CAST(coalesce(sale.revenue, 0) AS decimal(18, 4))                                    AS revenue,
       CAST(coalesce(sale.freight_value, 0) AS decimal(18, 4))                              AS freight_value,
       CAST(sale.revenue AS double) / CAST(sale.units_sold AS double)                       AS avg_price,
       CAST(sale.avg_review_score AS double)                                                AS avg_review_score,
       CAST(sale.avg_delivery_days AS double)                                               AS avg_delivery_days,
       CAST(sale.avg_delivery_delay AS double)                                              AS avg_delivery_delay,
       CAST(sale.late_orders AS double) / nullif(CAST(sale.timed_orders AS double), 0e0)    AS late_rate,
       CAST(sale.first_sold_date AS date)                                                   AS first_sold_date,
       CAST(sale.last_sold_date AS date)                                                    AS last_sold_date,
       CAST(CASE WHEN sale.orders IS NOT NULL
                 THEN row_number() OVER (ORDER BY sale.revenue DESC NULLS LAST,
                                                  seller.seller_id) END AS bigint)          AS revenue_rank
FROM silver.sellers AS seller
LEFT JOIN sales AS sale ON sale.seller_id = seller.seller_id
LEFT JOIN assortment    ON assortment.seller_id = seller.seller_id
