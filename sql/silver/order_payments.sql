/*
description: One row an order that was paid for, with its payments added up.
kind: full
key: order_id
owner: marketplace
audits:
  - unique: order_id
  - not_null: [order_id, payment_value, payment_count, payment_type]
  - non_negative: payment_value
  - warn: { relationships: { column: order_id, to: silver.orders } }
  - reconciles: { this: sum(payment_value), with: source.order_payments, sum: sum(payment_value) }
columns:
  order_id: The order.
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
)
SELECT CAST(order_id AS varchar)                                             AS order_id,
       CAST(sum(payment_value) AS decimal(18, 4))                            AS payment_value,
       CAST(count(*) AS bigint)                                              AS payment_count,
       CAST(max(payment_installments) AS bigint)                             AS max_installments,
       CAST(max(CASE WHEN by_size = 1 THEN payment_type END) AS varchar)     AS payment_type
FROM ranked
GROUP BY order_id
