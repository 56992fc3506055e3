/*
description: One row a product category, with what it holds and what it sold in delivered orders.
kind: full
key: category
owner: catalogue
audits:
  - unique: category
  - not_null: [category, products, products_sold, orders, units_sold, revenue, freight_value]
  - non_negative: [products, products_sold, orders, units_sold, revenue, freight_value]
  - reconciles: { this: sum(revenue), with: silver.orders_master, sum: sum(items_value), where: "purchase_date < :as_of" }
columns:
  category: The category in English, else the original name, else `unknown`, which also holds items of products that the catalogue lacks.
  products: Products of the catalogue.
  products_sold: How many different products were sold.
  orders: Delivered orders with at least one item of the category.
  units_sold: Items of the category in those orders.
  revenue: Their prices, freight apart, in the currency of the marketplace.
  freight_value: Their freight, in the same currency.
  avg_price: revenue / units_sold.
  avg_freight_value: freight_value / units_sold.
  avg_review_score: Mean of the orders' review scores, each order once, 1 to 5.
  revenue_rank: Rank by revenue among the categories that sold something, 1 is the greatest; equal revenues by name. NULL if nothing was
      sold.
  revenue_share: Part of all revenue, 0 to 1. NULL if there is none.
*/
WITH catalogue AS (
  SELECT category,
         count(*) AS products
  FROM silver.products
  GROUP BY category
),
sold_items AS (
  SELECT item.category,
         item.order_id,
         item.product_id,
         item.price,
         item.freight_value,
         sold.avg_review_score
  FROM silver.orders_master AS sold
  JOIN silver.order_items AS item ON item.order_id = sold.order_id
  WHERE sold.purchase_date < :as_of
),
items_by_order AS (                    -- an order with three items of a category is one order and one review
  SELECT category,
         order_id,
         avg_review_score,
         count(*)            AS units,
         sum(price)          AS revenue,
         sum(freight_value)  AS freight_value
  FROM sold_items
  GROUP BY category, order_id, avg_review_score
),
sales AS (
  SELECT category,
         count(*)               AS orders,
         sum(units)             AS units_sold,
         sum(revenue)           AS revenue,
         sum(freight_value)     AS freight_value,
         avg(avg_review_score)  AS avg_review_score
  FROM items_by_order
  GROUP BY category
),
assortment AS (
  SELECT category,
         count(DISTINCT product_id) AS products_sold
  FROM sold_items
  GROUP BY category
),
ranked AS (
  SELECT coalesce(catalogue.category, sale.category)                          AS category,
         catalogue.products,
         assortment.products_sold,
         sale.orders,
         sale.units_sold,
         sale.revenue,
         sale.freight_value,
         sale.avg_review_score,
         row_number() OVER (ORDER BY sale.revenue DESC NULLS LAST,
                                     coalesce(catalogue.category, sale.category))  AS revenue_rank,
         sum(sale.revenue) OVER ()                                            AS all_revenue
  FROM catalogue
  FULL JOIN sales AS sale ON sale.category = catalogue.category
  LEFT JOIN assortment    ON assortment.category = sale.category
)
SELECT CAST(category AS varchar)                                                          AS category,
       CAST(coalesce(products, 0) AS bigint)                                              AS products,
       CAST(coalesce(products_sold, 0) AS bigint)                                         AS products_sold,
       CAST(coalesce(orders, 0) AS bigint)                                                AS orders,
       CAST(coalesce(units_sold, 0) AS bigint)                                            AS units_sold,
       CAST(coalesce(revenue, 0) AS decimal(18, 4))                                       AS revenue,
       CAST(coalesce(freight_value, 0) AS decimal(18, 4))                                 AS freight_value,
       CAST(revenue AS double) / CAST(units_sold AS double)                               AS avg_price,
       CAST(freight_value AS double) / CAST(units_sold AS double)                         AS avg_freight_value,
       CAST(avg_review_score AS double)                                                   AS avg_review_score,
       CAST(CASE WHEN orders IS NOT NULL THEN revenue_rank END AS bigint)                 AS revenue_rank,
       CAST(coalesce(revenue, 0) AS double) / nullif(CAST(all_revenue AS double), 0e0)    AS revenue_share
FROM ranked
