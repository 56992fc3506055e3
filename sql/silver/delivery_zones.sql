/*
description: One row a postcode prefix and the delivery zone it belongs to; of several prefixes that fit a postcode, the longest counts.
kind: full
key: postcode_prefix
owner: logistics
audits:
  - unique: postcode_prefix
  - not_null: [postcode_prefix, prefix_length, delivery_zone]
  - expression: delivery_zone <> 'unknown'
columns:
  postcode_prefix: First digits of the postcodes that this row is about.
  prefix_length: How many digits those are.
  delivery_zone: The zone. A small set of names; tables are partitioned by it. `unknown` is kept for postcodes that no prefix fits.
  state: The state that the prefix lies in, where the source says so.
  is_remote: Whether carriers treat it as remote, where the source says so.
accounts:
  shipping_zones: count(*)
*/
SELECT CAST(postcode_prefix AS varchar)         AS postcode_prefix,
       CAST(length(postcode_prefix) AS bigint)  AS prefix_length,
       CAST(zone AS varchar)                    AS delivery_zone,
       CAST(state AS varchar)                   AS state,
       CAST(is_remote AS boolean)               AS is_remote
FROM source.shipping_zones
