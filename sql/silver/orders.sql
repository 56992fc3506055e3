/*
description: One row an order of the marketplace, of every status, with its times, its business dates and the place it goes to.
kind: full
key: order_id
owner: marketplace
audits:
  - unique: order_id
  - not_null: [order_id, customer_id, delivery_zone, order_status, is_delivered, order_purchase_timestamp, purchase_date,
      estimated_delivery_date]
  - accepted_values: { column: order_status, values: [created, approved, invoiced, processing, shipped, delivered, unavailable, canceled] }
  - warn: { not_null: customer_unique_id }
  - warn: { expression: delivery_days >= 0 }
  - warn: { expression: NOT is_delivered OR delivered_date IS NOT NULL }
columns:
  order_id: The order.
  customer_id: The customer of this one order.
  customer_unique_id: The person. NULL where the customers file lacks the customer, as are postcode, city and state.
  customer_zip_code_prefix: First digits of the postcode that it goes to.
  customer_city: City that it goes to, lower case.
  customer_state: State that it goes to.
  delivery_zone: Zone that it goes to, `unknown` where no postcode prefix fits.
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
SELECT CAST(placed.order_id AS varchar)                                              AS order_id,
       CAST(placed.customer_id AS varchar)                                           AS customer_id,
       CAST(customer.customer_unique_id AS varchar)                                  AS customer_unique_id,
       CAST(customer.customer_zip_code_prefix AS varchar)                            AS customer_zip_code_prefix,
       CAST(customer.customer_city AS varchar)                                       AS customer_city,
       CAST(customer.customer_state AS varchar)                                      AS customer_state,
       CAST(coalesce(customer.delivery_zone, 'unknown') AS varchar)                  AS delivery_zone,
       CAST(placed.order_status AS varchar)                                          AS order_status,
       CAST(placed.order_status = 'delivered' AS boolean)                            AS is_delivered,
       CAST(placed.order_purchase_timestamp AS timestamp(6))                         AS order_purchase_timestamp,
       CAST(placed.order_approved_at AS timestamp(6))                                AS order_approved_at,
       CAST(placed.order_delivered_carrier_date AS timestamp(6))                     AS order_delivered_carrier_date,
       CAST(placed.order_delivered_customer_date AS timestamp(6))                    AS order_delivered_customer_date,
       CAST(placed.order_purchase_timestamp__date AS date)                           AS purchase_date,
       CAST(placed.order_approved_at__date AS date)                                  AS approved_date,
       CAST(placed.order_delivered_carrier_date__date AS date)                       AS carrier_date,
       CAST(placed.order_delivered_customer_date__date AS date)                      AS delivered_date,
       CAST(placed.order_estimated_delivery_date AS date)                            AS estimated_delivery_date,
       CAST(date_diff('day', placed.order_purchase_timestamp__date,
                             placed.order_delivered_customer_date__date) AS bigint)  AS delivery_days,
       CAST(date_diff('day', placed.order_estimated_delivery_date,
                             placed.order_delivered_customer_date__date) AS bigint)  AS delivery_delay
FROM source.orders AS placed
LEFT JOIN silver.marketplace_customers AS customer ON customer.customer_id = placed.customer_id
