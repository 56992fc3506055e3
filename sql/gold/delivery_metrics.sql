/*
description: One row a route between two states and a month of purchase, with how far, how fast and how punctually delivered orders
    travelled.
kind: full
key: [order_month, origin_state, destination_state]
owner: logistics
sort_by: order_month
audits:
  - unique: [order_month, origin_state, destination_state]
  - not_null: [order_month, origin_state, destination_state, orders, units, freight_value, timed_orders, late_orders]
  - non_negative: [orders, units, freight_value, avg_distance_km]
  - expression: late_orders <= timed_orders AND timed_orders <= orders
  - reconciles: { this: sum(freight_value), with: silver.orders_master, sum: sum(freight_value), where: "purchase_date < :as_of" }
columns:
  order_month: First day of the month of the purchase.
  origin_state: State of the seller, `unknown` for a seller that the sellers file lacks.
  destination_state: State of the customer, `unknown` for a customer that the customers file lacks.
  orders: Delivered orders with at least one item on the route; an order of sellers in two states is on two routes.
  units: Items on the route.
  freight_value: Their freight, in the currency of the marketplace.
  avg_freight_value: freight_value / units.
  avg_distance_km: Mean great-circle distance of the items between the postcodes' mean coordinates, in kilometres. NULL if no pair of
      postcodes is known.
  timed_orders: Orders with both a promised and a delivery date.
  late_orders: Orders that came after the promised date.
  on_time_rate: Part of timed_orders that came on the promised date or before, 0 to 1.
  avg_delivery_days: Mean days from purchase to delivery.
  avg_delivery_delay: Mean days between promise and delivery; positive is late.
*/
WITH shipments AS (
  SELECT date_trunc('month', sold.purchase_date)      AS order_month,
         coalesce(item.seller_state, 'unknown')       AS origin_state,
         coalesce(sold.customer_state, 'unknown')     AS destination_state,
         item.seller_zip_code_prefix                  AS origin_prefix,
         sold.customer_zip_code_prefix                AS destination_prefix,
         sold.order_id,
         sold.delivery_days,
         sold.delivery_delay,
         count(*)                                     AS units,
         sum(item.freight_value)                      AS freight_value
  FROM silver.orders_master AS sold
  JOIN silver.order_items AS item ON item.order_id = sold.order_id
  WHERE sold.purchase_date < :as_of
  GROUP BY date_trunc('month', sold.purchase_date), coalesce(item.seller_state, 'unknown'), coalesce(sold.customer_state, 'unknown'),
           item.seller_zip_code_prefix, sold.customer_zip_code_prefix, sold.order_id, sold.delivery_days, sold.delivery_delay
),
points AS (
  SELECT zip_code_prefix,
         radians(latitude)   AS latitude,
         radians(longitude)  AS longitude
  FROM silver.geolocation
),
measured AS (                          -- haversine, on a sphere of the earth's mean radius
  SELECT shipment.order_month, shipment.origin_state, shipment.destination_state,
         shipment.order_id, shipment.delivery_days, shipment.delivery_delay, shipment.units, shipment.freight_value,
         2e0 * 6371.0088e0 * asin(least(1e0, sqrt(
             power(sin((destination.latitude - origin.latitude) / 2e0), 2e0)
             + cos(origin.latitude) * cos(destination.latitude)
               * power(sin((destination.longitude - origin.longitude) / 2e0), 2e0))))  AS distance_km
  FROM shipments AS shipment
  LEFT JOIN points AS origin      ON origin.zip_code_prefix = shipment.origin_prefix
  LEFT JOIN points AS destination ON destination.zip_code_prefix = shipment.destination_prefix
),
routed AS (                            -- one row an order and route, so that an order of two sellers in one state counts once
  SELECT order_month, origin_state, destination_state, order_id, delivery_days, delivery_delay,
         sum(units)                                                                AS units,
         sum(freight_value)                                                        AS freight_value,
         sum(CASE WHEN distance_km IS NOT NULL THEN units ELSE 0 END)              AS measured_units,
         sum(distance_km * CAST(units AS double))                                  AS unit_km
  FROM measured
  GROUP BY order_month, origin_state, destination_state, order_id, delivery_days, delivery_delay
)
SELECT CAST(order_month AS date)                                                                              AS order_month,
       CAST(origin_state AS varchar)                                                                          AS origin_state,
       CAST(destination_state AS varchar)                                                                     AS destination_state,
       CAST(count(*) AS bigint)                                                                               AS orders,
       CAST(sum(units) AS bigint)                                                                             AS units,
       CAST(sum(freight_value) AS decimal(18, 4))                                                             AS freight_value,
       CAST(sum(freight_value) AS double) / CAST(sum(units) AS double)                                        AS avg_freight_value,
       CAST(sum(unit_km) AS double) / nullif(CAST(sum(measured_units) AS double), 0e0)                        AS avg_distance_km,
       CAST(count(delivery_delay) AS bigint)                                                                  AS timed_orders,
       CAST(sum(CASE WHEN delivery_delay > 0 THEN 1 ELSE 0 END) AS bigint)                                    AS late_orders,
       CAST(sum(CASE WHEN delivery_delay <= 0 THEN 1 ELSE 0 END) AS double)
           / nullif(CAST(count(delivery_delay) AS double), 0e0)                                               AS on_time_rate,
       CAST(avg(CAST(delivery_days AS double)) AS double)                                                     AS avg_delivery_days,
       CAST(avg(CAST(delivery_delay AS double)) AS double)                                                    AS avg_delivery_delay
FROM routed
GROUP BY order_month, origin_state, destination_state
