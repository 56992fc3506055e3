-- One row a parcel that a carrier took over, at the end of that day: how far it goes, how crowded its zone was, and how many days it took. A
-- parcel counts once sixty days are over, as sixty days where it had not arrived by then: who learned from the delivered ones alone would promise
-- too early, since of the newest parcels only the quick ones have arrived. Parcels on their way are the rows whose label is not known.
WITH routes AS (
  SELECT placed.order_id,
         min(item.seller_zip_code_prefix)                       AS origin_prefix,
         max(placed.customer_zip_code_prefix)                   AS destination_prefix,
         max(placed.delivery_zone)                              AS delivery_zone,
         max(placed.carrier_date)                               AS carrier_date,
         max(placed.delivered_date)                             AS delivered_date,
         max(product.chargeable_weight_kg)                      AS chargeable_weight_kg
  FROM silver.orders AS placed
  JOIN silver.order_items AS item ON item.order_id = placed.order_id
  LEFT JOIN silver.products_enriched AS product ON product.product_id = item.product_id
  WHERE placed.carrier_date < :as_of
    AND placed.order_status NOT IN ('canceled', 'unavailable')
  GROUP BY placed.order_id
),
days AS (                              -- what was known on a day of the parcels that had arrived in the twenty-eight days before it
  SELECT taken.carrier_date                                                                  AS day,
         taken.delivery_zone,
         avg(CAST(date_diff('day', earlier.carrier_date, earlier.delivered_date) AS double)) AS zone_days_28d
  FROM (SELECT DISTINCT carrier_date, delivery_zone FROM routes) AS taken
  JOIN routes AS earlier ON earlier.delivery_zone = taken.delivery_zone
                        AND earlier.delivered_date < taken.carrier_date
                        AND earlier.delivered_date >= date_add('day', -28, taken.carrier_date)
  GROUP BY taken.carrier_date, taken.delivery_zone
)
SELECT route.order_id,
       CAST(date_add('day', 1, route.carrier_date) AS timestamp(6))                                                     AS at_time,
       route.chargeable_weight_kg,
       2e0 * 6371.0088e0 * asin(least(1e0, sqrt(                                -- haversine, as in lib/shipping
         sin(radians(destination.latitude - origin.latitude) / 2e0) * sin(radians(destination.latitude - origin.latitude) / 2e0)
         + cos(radians(origin.latitude)) * cos(radians(destination.latitude))
           * sin(radians(destination.longitude - origin.longitude) / 2e0) * sin(radians(destination.longitude - origin.longitude) / 2e0)))) AS distance_km,
       origin.latitude                                                                                                  AS origin_latitude,
       origin.longitude                                                                                                 AS origin_longitude,
       destination.latitude                                                                                             AS destination_latitude,
       destination.longitude                                                                                            AS destination_longitude,
       days.zone_days_28d,
       CASE WHEN route.carrier_date <= date_add('day', -60, :as_of)
            THEN least(CAST(coalesce(date_diff('day', route.carrier_date, route.delivered_date), 60) AS double), 60e0) END AS transit_days
FROM routes AS route
LEFT JOIN silver.geolocation AS origin ON origin.zip_code_prefix = route.origin_prefix
LEFT JOIN silver.geolocation AS destination ON destination.zip_code_prefix = route.destination_prefix
LEFT JOIN days ON days.day = route.carrier_date AND days.delivery_zone = route.delivery_zone
