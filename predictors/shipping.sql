-- One row a piece that was sent, at the moment of its purchase: what it weighs, how much room it takes, how far it goes, and what its freight came to.
-- And one row a product and a zone at the as-of date, whose freight is not known: from where the product was last sent, to the middle of the zone's
-- customers of the year before. A piece has no history of its own, so that everything but the label is known before it is sent.
WITH sent AS (
  SELECT item.product_id,
         placed.delivery_zone,
         placed.order_purchase_timestamp,
         item.purchase_date,
         item.freight_value,
         item.order_id,
         item.order_item_id,
         origin.latitude        AS origin_latitude,
         origin.longitude       AS origin_longitude,
         destination.latitude   AS destination_latitude,
         destination.longitude  AS destination_longitude
  FROM silver.order_items AS item
  JOIN silver.orders AS placed ON placed.order_id = item.order_id
  LEFT JOIN silver.geolocation AS origin ON origin.zip_code_prefix = item.seller_zip_code_prefix
  LEFT JOIN silver.geolocation AS destination ON destination.zip_code_prefix = placed.customer_zip_code_prefix
  WHERE item.purchase_date < :as_of
    AND placed.order_status NOT IN ('canceled', 'unavailable')
),
origins AS (
  SELECT product_id,
         origin_latitude,
         origin_longitude,
         row_number() OVER (PARTITION BY product_id ORDER BY order_purchase_timestamp DESC, order_id, order_item_id) AS newest
  FROM sent
),
zones AS (
  SELECT delivery_zone,
         avg(destination_latitude)   AS destination_latitude,
         avg(destination_longitude)  AS destination_longitude
  FROM sent
  WHERE purchase_date >= date_add('day', -364, :as_of)
  GROUP BY delivery_zone
),
routes AS (
  SELECT product_id, delivery_zone, order_purchase_timestamp AS at_time, origin_latitude, origin_longitude, destination_latitude, destination_longitude,
         CAST(freight_value AS double) AS freight
  FROM sent
  UNION ALL
  SELECT origins.product_id, zones.delivery_zone, CAST(:as_of AS timestamp(6)), origins.origin_latitude, origins.origin_longitude,
         zones.destination_latitude, zones.destination_longitude, CAST(NULL AS double)
  FROM origins
  CROSS JOIN zones
  WHERE origins.newest = 1
)
SELECT route.product_id,
       route.delivery_zone,
       route.at_time,
       product.weight_kg,
       product.volumetric_weight_kg,
       product.chargeable_weight_kg,
       2e0 * 6371.0088e0 * asin(least(1e0, sqrt(                                -- haversine, as in lib/shipping
         sin(radians(destination_latitude - origin_latitude) / 2e0) * sin(radians(destination_latitude - origin_latitude) / 2e0)
         + cos(radians(origin_latitude)) * cos(radians(destination_latitude))
           * sin(radians(destination_longitude - origin_longitude) / 2e0) * sin(radians(destination_longitude - origin_longitude) / 2e0)))) AS distance_km,
       route.origin_latitude,
       route.origin_longitude,
       route.destination_latitude,
       route.destination_longitude,
       route.freight
FROM routes AS route
LEFT JOIN silver.products_enriched AS product ON product.product_id = route.product_id
