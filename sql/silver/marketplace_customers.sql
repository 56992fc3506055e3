/*
description: One row a customer as one order of the marketplace knows them, with the person they are and the zone they live in.
kind: full
key: customer_id
owner: marketplace
audits:
  - unique: customer_id
  - not_null: [customer_id, customer_unique_id, delivery_zone]
  - warn: { relationships: { column: customer_zip_code_prefix, to: silver.geolocation, field: zip_code_prefix } }
columns:
  customer_id: The customer of one order.
  customer_unique_id: The person. Whoever orders three times has three customer_ids and one customer_unique_id.
  customer_zip_code_prefix: First digits of the postcode that the order goes to.
  customer_city: City, trimmed, lower case.
  customer_state: State, two letters.
  delivery_zone: Zone of the longest postcode prefix that fits, `unknown` if none does.
accounts:
  customers: count(*)
*/
WITH customers AS (
  SELECT customer_id, customer_unique_id, customer_zip_code_prefix, customer_city, customer_state
  FROM source.customers
),
places AS (                            -- far fewer than customers: names are tidied and zones are found once for each
  SELECT DISTINCT customer_zip_code_prefix, customer_city
  FROM customers
),
lengths AS (
  SELECT DISTINCT prefix_length
  FROM silver.delivery_zones
),
zones AS (                             -- a postcode cut to each length in use: an equality, not a comparison of all with all
  SELECT place.customer_zip_code_prefix,
         max_by(zone.delivery_zone, zone.prefix_length) AS delivery_zone
  FROM places AS place
  CROSS JOIN lengths
  JOIN silver.delivery_zones AS zone
    ON zone.postcode_prefix = substr(place.customer_zip_code_prefix, 1, lengths.prefix_length)
  GROUP BY place.customer_zip_code_prefix
),
named AS (
  SELECT place.customer_zip_code_prefix,
         place.customer_city,
         lower(trim(place.customer_city))  AS city,
         zones.delivery_zone
  FROM places AS place
  LEFT JOIN zones ON zones.customer_zip_code_prefix = place.customer_zip_code_prefix
)
SELECT CAST(customer.customer_id AS varchar)                       AS customer_id,
       CAST(customer.customer_unique_id AS varchar)                AS customer_unique_id,
       CAST(customer.customer_zip_code_prefix AS varchar)          AS customer_zip_code_prefix,
       CAST(named.city AS varchar)                                 AS customer_city,
       CAST(customer.customer_state AS varchar)                    AS customer_state,
       CAST(coalesce(named.delivery_zone, 'unknown') AS varchar)   AS delivery_zone
FROM customers AS customer
LEFT JOIN named ON named.customer_zip_code_prefix = customer.customer_zip_code_prefix
               AND named.customer_city = customer.customer_city
