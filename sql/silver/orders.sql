/*
description: One row an order of the marketplace, of every status, with its times in UTC and its business dates.
kind: full
key: order_id
owner: marketplace
sort_by: purchase_date
audits:
  - unique: order_id
  - not_null: [order_id, customer_id, order_status, is_delivered, order_purchase_timestamp, purchase_date]
  - accepted_values: { column: order_status, values: [created, approved, invoiced, processing, shipped, delivered, unavailable, canceled] }
  - warn: { relationships: { column: customer_id, to: silver.marketplace_customers } }
  - warn: { expression: delivery_days >= 0 }
columns:
  order_id: The order.
  customer_id: The customer row of this order; each order has one of its own.
  order_status: Where the order stands, as the marketplace names it.
  is_delivered: Whether the status is `delivered`. Such an order may lack a delivery date.
  order_purchase_timestamp: When it was bought (UTC).
  order_approved_at: When its payment was approved (UTC).
  order_delivered_carrier_date: When the carrier took it over (UTC).
  order_delivered_customer_date: When the customer got it (UTC).
  purchase_date: Business date of the purchase.
  approved_date: Business date of the approval.
  carrier_date: Business date on which the carrier took it over.
  delivered_date: Business date of the delivery.
  estimated_delivery_date: The date that the customer was promised.
  delivery_days: Days from purchase to delivery, between business dates. NULL without a delivery date.
  delivery_delay: Days from the promised date to the delivery; positive is late, negative early. NULL if a date is missing.
accounts:
  orders: count(*)
*/
SELECT CAST(order_id AS varchar)                                              AS order_id,
       CAST(customer_id AS varchar)                                           AS customer_id,
       CAST(order_status AS varchar)                                          AS order_status,
       CAST(order_status = 'delivered' AS boolean)                            AS is_delivered,
       CAST(order_purchase_timestamp AS timestamp(6))                         AS order_purchase_timestamp,
       CAST(order_approved_at AS timestamp(6))                                AS order_approved_at,
       CAST(order_delivered_carrier_date AS timestamp(6))                     AS order_delivered_carrier_date,
       CAST(order_delivered_customer_date AS timestamp(6))                    AS order_delivered_customer_date,
       CAST(order_purchase_timestamp__date AS date)                           AS purchase_date,
       CAST(order_approved_at__date AS date)                                  AS approved_date,
       CAST(order_delivered_carrier_date__date AS date)                       AS carrier_date,
       CAST(order_delivered_customer_date__date AS date)                      AS delivered_date,
       CAST(order_estimated_delivery_date AS date)                            AS estimated_delivery_date,
       CAST(date_diff('day', order_purchase_timestamp__date,
                             order_delivered_customer_date__date) AS bigint)  AS delivery_days,
       CAST(date_diff('day', order_estimated_delivery_date,
                             order_delivered_customer_date__date) AS bigint)  AS delivery_delay
FROM source.orders
