/*
description: One row a product of the catalogue, with what it sold in delivered orders and its rank within its category.
kind: full
key: product_id
owner: catalogue
audits:
  - unique: product_id
  - not_null: [product_id, category, orders, units_sold, revenue, freight_value]
  - non_negative: [orders, units_sold, revenue, freight_value]
  - reconciles: { this: count(*), with: silver.products, sum: count(*) }
  - reconciles:
      this: sum(revenue)
      with: silver.order_items
      sum: sum(price)
      where: order_id IN (SELECT order_id FROM silver.orders_master WHERE purchase_date < :as_of)
             AND product_id IN (SELECT product_id FROM silver.products)
columns:
  product_id: The product. All of the catalogue are listed, also those never sold.
  category: Its category in English, else the original name, else `unknown`.
  orders: Delivered orders that it is in.
  units_sold: Items of those orders.
  revenue: Their prices, freight apart, in the currency of the marketplace.
  freight_value: Their freight, in the same currency.
  avg_price: revenue / units_sold.
  avg_freight_value: freight_value / units_sold.
  avg_review_score: Mean of the orders' review scores, each order once, 1 to 5.
  first_sold_date: Business date of the first of those orders.
  last_sold_date: Business date of the last of those orders.
  category_revenue_rank: Rank by revenue among the sold products of the category, 1 is the greatest; equal revenues by product_id. NULL if
      never sold.
  category_revenue_share: Its part of the category's revenue, 0 to 1. NULL if the category has none.
*/
WITH items_by_order AS (               -- an order that holds a product twice is one order and one review
  SELECT item.product_id,
         item.order_id,
         sold.purchase_date,
         sold.avg_review_score,
         count(*)                 AS units,
         sum(item.price)          AS revenue,
         sum(item.freight_value)  AS freight_value
  FROM silver.orders_master AS sold
  JOIN silver.order_items AS item ON item.order_id = sold.order_id
  WHERE sold.purchase_date < :as_of
  GROUP BY item.product_id, item.order_id, sold.purchase_date, sold.avg_review_score
),
sales AS (
  SELECT product_id,
         count(*)               AS orders,
         sum(units)             AS units_sold,
         sum(revenue)           AS revenue,
         sum(freight_value)     AS freight_value,
         avg(avg_review_score)  AS avg_review_score,
         min(purchase_date)     AS first_sold_date,
         max(purchase_date)     AS last_sold_date
  FROM items_by_order
  GROUP BY product_id
),
ranked AS (
  SELECT product.product_id,
         product.category,
         sale.orders,
         sale.units_sold,
         sale.revenue,
         sale.freight_value,
         sale.avg_review_score,
         sale.first_sold_date,
         sale.last_sold_date,
         row_number() OVER (PARTITION BY product.category
                            ORDER BY sale.revenue DESC NULLS LAST, product.product_id)  AS revenue_rank,
         sum(sale.revenue) OVER (PARTITION BY product.category)                         AS category_revenue
  FROM silver.products AS product
  LEFT JOIN sales AS sale ON sale.product_id = product.product_id
)
SELECT CAST(product_id AS varchar)                                                            AS product_id,
       CAST(category AS varchar)                                                              AS category,
       CAST(coalesce(orders, 0) AS bigint)                                                    AS orders,
       CAST(coalesce(units_sold, 0) AS bigint)                                                AS units_sold,
       CAST(coalesce(revenue, 0) AS decimal(18, 4))                                           AS revenue,
       CAST(coalesce(freight_value, 0) AS decimal(18, 4))                                     AS freight_value,
       CAST(revenue AS double) / CAST(units_sold AS double)                                   AS avg_price,
       CAST(freight_value AS double) / CAST(units_sold AS double)                             AS avg_freight_value,
       CAST(avg_review_score AS double)                                                       AS avg_review_score,
       CAST(first_sold_date AS date)                                                          AS first_sold_date,
       CAST(last_sold_date AS date)                                                           AS last_sold_date,
       CAST(CASE WHEN orders IS NOT NULL THEN revenue_rank END AS bigint)                     AS category_revenue_rank,
       CAST(coalesce(revenue, 0) AS double) / nullif(CAST(category_revenue AS double), 0e0)   AS category_revenue_share
FROM ranked
