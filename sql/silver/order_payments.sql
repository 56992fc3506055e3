/*
description: One row an order that was paid for, with its payments added up.
kind: full
key: order_id
owner: marketplace
audits:
  - unique: order_id
  - not_null: [order_id, payment_value, payment_count, payment_type]
  - non_negative: payment_value
  - warn: { not_null: purchase_date }
  - reconciles: { this: sum(payment_value), with: source.order_payments, sum: sum(payment_value) }
columns:
  order_id: The order.
  purchase_date: Business date of the order's purchase. NULL while the orders file lacks the order.
  payment_value: All payments of the order together, in the currency of the marketplace.
  payment_count: How many payments it was split into.
  max_installments: The most instalments that one of them runs over.
  payment_type: How the largest payment was made; of equal ones, the first.
accounts:
  order_payments: sum(payment_count)
*/
WITH ranked AS (
  SELECT order_id,
         payment_type,
         payment_value,
         payment_installments,
         row_number() OVER (PARTITION BY order_id ORDER BY payment_value DESC, payment_sequential) AS by_size
  FROM source.order_payments
),
paid AS (
  SELECT order_id,
         sum(payment_value)                                 AS payment_value,
         count(*)                                           AS payment_count,
         max(payment_installments)                          AS max_installments,
         max(CASE WHEN by_size = 1 THEN payment_type END)   AS payment_type
  FROM ranked
  GROUP BY order_id
)
SELECT CAST(paid.order_id AS varchar)                AS order_id,
       CAST(placed.purchase_date AS date)            AS purchase_date,
       CAST(paid.payment_value AS decimal(18, 4))    AS payment_value,
       CAST(paid.payment_count AS bigint)            AS payment_count,
       CAST(paid.max_installments AS bigint)         AS max_installments,
       CAST(paid.payment_type AS varchar)            AS payment_type
FROM paid
LEFT JOIN silver.orders AS placed ON placed.order_id = paid.order_id
