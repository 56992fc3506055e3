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
WITH postcodes AS (
  SELECT DISTINCT customer_zip_code_prefix AS zip_code_prefix
  FROM source.customers
),
lengths AS (
  SELECT DISTINCT prefix_length
  FROM silver.delivery_zones
),
zones AS (                             -- each postcode cut to each length in use: an equality, not a comparison of all with all
  SELECT postcodes.zip_code_prefix,
         max_by(zone.delivery_zone, zone.prefix_length) AS delivery_zone
  FROM postcodes
  CROSS JOIN lengths
  JOIN silver.delivery_zones AS zone
    ON zone.postcode_prefix = substr(postcodes.zip_code_prefix, 1, lengths.prefix_length)
  GROUP BY postcodes.zip_code_prefix
)
SELECT CAST(customer.customer_id AS varchar)                       AS customer_id,
       CAST(customer.customer_unique_id AS varchar)                AS customer_unique_id,
       CAST(customer.customer_zip_code_prefix AS varchar)          AS customer_zip_code_prefix,
       CAST(lower(trim(customer.customer_city)) AS varchar)        AS customer_city,
       CAST(customer.customer_state AS varchar)                    AS customer_state,
       CAST(coalesce(zones.delivery_zone, 'unknown') AS varchar)   AS delivery_zone
FROM source.customers AS customer
LEFT JOIN zones ON zones.zip_code_prefix = customer.customer_zip_code_prefix
