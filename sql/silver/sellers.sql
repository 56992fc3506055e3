/*
description: One row a seller of the marketplace, with the place they send from.
kind: full
key: seller_id
owner: marketplace
audits:
  - unique: seller_id
  - not_null: [seller_id, seller_zip_code_prefix]
  - warn: { relationships: { column: seller_zip_code_prefix, to: silver.geolocation, field: zip_code_prefix } }
columns:
  seller_id: The seller.
  seller_zip_code_prefix: First digits of the seller's postcode.
  seller_city: City, trimmed, lower case.
  seller_state: State, two letters.
accounts:
  sellers: count(*)
*/
SELECT CAST(seller_id AS varchar)                 AS seller_id,
       CAST(seller_zip_code_prefix AS varchar)    AS seller_zip_code_prefix,
       CAST(lower(trim(seller_city)) AS varchar)  AS seller_city,
       CAST(seller_state AS varchar)              AS seller_state
FROM source.sellers
