/*
description: One row a delivered order with everything that is known of it, its customer, place, payment, review, items and delivery.
kind: partitions
key: order_id
partition_by: [delivery_zone, month(purchase_date)]
time: { column: purchase_date, grain: month }
changes:                               # whatever changes about an order, its month is what is computed again
  silver.orders: purchase_date
  silver.order_items: purchase_date
  silver.order_payments: purchase_date
  silver.order_reviews: purchase_date
owner: marketplace
audits:
  - unique: order_id
  - not_null: [order_id, customer_id, purchase_date, delivery_zone, items_count, items_value, freight_value, order_total_value]
  - non_negative: [items_count, items_value, freight_value, order_total_value]
  - reconciles: { this: count(*), with: silver.orders, sum: count(*), where: is_delivered }
  - warn: { not_null: [customer_unique_id, delivered_date] }
  - warn: { expression: items_count > 0 }
columns:
  order_id: The order. Its status is `delivered`.
  customer_id: The customer of this one order.
  customer_unique_id: The person. NULL where the customers file lacks the customer, as are postcode, city and state.
  customer_zip_code_prefix: First digits of the postcode that it went to.
  customer_city: City that it went to, lower case.
  customer_state: State that it went to.
  delivery_zone: Zone that it went to, `unknown` where no postcode prefix fits.
  order_purchase_timestamp: When it was bought (UTC).
  purchase_date: Business date of the purchase.
  carrier_date: Business date on which the carrier took it over.
  delivered_date: Business date of the delivery. NULL where the marketplace did not note it.
  estimated_delivery_date: The date that the customer was promised.
  delivery_days: Days from purchase to delivery, between business dates.
  delivery_delay: Days from the promised date to the delivery; positive is late, negative early.
  items_count: How many items it has; 0 where the items file lacks the order.
  items_value: Prices of its items together, freight apart, in the currency of the marketplace.
  freight_value: Freight of its items together.
  order_total_value: Price and freight of its items together.
  payment_value: All its payments together. NULL where the payments file lacks the order, as are the other payment columns.
  payment_count: How many payments it was split into.
  payment_type: How the largest payment was made.
  max_installments: The most instalments that one of its payments runs over.
  avg_review_score: Mean of its reviews' scores, 1 to 5. NULL without a review.
  review_count: How many reviews it has.
  first_review_score: Score of its first review, which stands whatever others follow.
  first_review_answered_at: When its first review was answered (UTC).
  last_review_answered_at: When its last review was answered (UTC).
*/
WITH baskets AS (
  SELECT order_id,
         count(*)            AS items_count,
         sum(price)          AS items_value,
         sum(freight_value)  AS freight_value
  FROM silver.order_items
  GROUP BY order_id
)
SELECT CAST(placed.order_id AS varchar)                                                                 AS order_id,
       CAST(placed.customer_id AS varchar)                                                              AS customer_id,
       CAST(placed.customer_unique_id AS varchar)                                                       AS customer_unique_id,
       CAST(placed.customer_zip_code_prefix AS varchar)                                                 AS customer_zip_code_prefix,
       CAST(placed.customer_city AS varchar)                                                            AS customer_city,
       CAST(placed.customer_state AS varchar)                                                           AS customer_state,
       CAST(placed.delivery_zone AS varchar)                                                            AS delivery_zone,
       CAST(placed.order_purchase_timestamp AS timestamp(6))                                            AS order_purchase_timestamp,
       CAST(placed.purchase_date AS date)                                                               AS purchase_date,
       CAST(placed.carrier_date AS date)                                                                AS carrier_date,
       CAST(placed.delivered_date AS date)                                                              AS delivered_date,
       CAST(placed.estimated_delivery_date AS date)                                                     AS estimated_delivery_date,
       CAST(placed.delivery_days AS bigint)                                                             AS delivery_days,
       CAST(placed.delivery_delay AS bigint)                                                            AS delivery_delay,
       CAST(coalesce(basket.items_count, 0) AS bigint)                                                  AS items_count,
       CAST(coalesce(basket.items_value, 0) AS decimal(18, 4))                                          AS items_value,
       CAST(coalesce(basket.freight_value, 0) AS decimal(18, 4))                                        AS freight_value,
       CAST(coalesce(basket.items_value + basket.freight_value, 0) AS decimal(18, 4))                   AS order_total_value,
       CAST(payment.payment_value AS decimal(18, 4))                                                    AS payment_value,
       CAST(payment.payment_count AS bigint)                                                            AS payment_count,
       CAST(payment.payment_type AS varchar)                                                            AS payment_type,
       CAST(payment.max_installments AS bigint)                                                         AS max_installments,
       CAST(review.avg_review_score AS double)                                                          AS avg_review_score,
       CAST(coalesce(review.review_count, 0) AS bigint)                                                 AS review_count,
       CAST(review.first_review_score AS bigint)                                                        AS first_review_score,
       CAST(review.first_review_answered_at AS timestamp(6))                                            AS first_review_answered_at,
       CAST(review.last_review_answered_at AS timestamp(6))                                             AS last_review_answered_at
FROM silver.orders AS placed
LEFT JOIN baskets               AS basket  ON basket.order_id = placed.order_id
LEFT JOIN silver.order_payments AS payment ON payment.order_id = placed.order_id
LEFT JOIN silver.order_reviews  AS review  ON review.order_id = placed.order_id
WHERE placed.is_delivered
