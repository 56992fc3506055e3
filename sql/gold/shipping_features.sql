/*
description: One row a delivery zone with what shipping there cost and how long it took, over delivered orders.
kind: full
key: delivery_zone
owner: logistics
audits:
  - unique: delivery_zone
  - not_null: [delivery_zone, orders, freight_value, orders_90d]
  - expression: orders_90d <= orders AND timed_orders <= orders
  - reconciles: { this: sum(freight_value), with: silver.orders_master, sum: sum(freight_value), where: "purchase_date < :as_of" }
columns:
  delivery_zone: The zone, `unknown` where no postcode prefix fits.
  orders: Delivered orders that went there.
  orders_90d: Those of the ninety days before the as-of date.
  freight_value: What their customers paid for freight, in the currency of the marketplace.
  avg_freight_value: freight_value / orders.
  avg_freight_share: Mean share of freight in what an order comes to.
  timed_orders: Orders that say both when the carrier took them and when they were delivered.
  avg_handling_days: Mean days from purchase to hand-over.
  avg_transit_days: Mean days from hand-over to delivery.
  stddev_transit_days: How far these lie apart; NULL with fewer than two.
  avg_delivery_delay: Mean days between promise and delivery; positive is late.
  on_time_rate: Part of the orders with both dates that came when promised or before, 0 to 1.
*/
SELECT CAST(delivery_zone AS varchar)                                                                            AS delivery_zone,
       CAST(count(*) AS bigint)                                                                                  AS orders,
       CAST(count_if(purchase_date >= date_add('day', -90, :as_of)) AS bigint)                                   AS orders_90d,
       CAST(sum(freight_value) AS decimal(18, 4))                                                                AS freight_value,
       CAST(sum(freight_value) AS double) / CAST(count(*) AS double)                                             AS avg_freight_value,
       avg(CAST(freight_value AS double) / nullif(CAST(order_total_value AS double), 0e0))                       AS avg_freight_share,
       CAST(count_if(carrier_date IS NOT NULL AND delivered_date IS NOT NULL) AS bigint)                         AS timed_orders,
       avg(CAST(date_diff('day', purchase_date, carrier_date) AS double))                                        AS avg_handling_days,
       avg(CAST(date_diff('day', carrier_date, delivered_date) AS double))                                       AS avg_transit_days,
       stddev_samp(CAST(date_diff('day', carrier_date, delivered_date) AS double))                               AS stddev_transit_days,
       avg(CAST(delivery_delay AS double))                                                                       AS avg_delivery_delay,
       CAST(count_if(delivery_delay <= 0) AS double) / nullif(CAST(count(delivery_delay) AS double), 0e0)        AS on_time_rate
FROM silver.orders_master
WHERE purchase_date < :as_of
GROUP BY delivery_zone
