/*
description: One row a weight bracket of a carrier's service between two zones, as it holds on the as-of date; what a shop's checkout reads.
kind: full
key: [carrier, service, origin_zone, destination_zone, min_weight_kg]
sort_by: destination_zone
owner: logistics
audits:
  - unique: [carrier, service, origin_zone, destination_zone, min_weight_kg]
  - not_null: [carrier, service, origin_zone, destination_zone, min_weight_kg, max_weight_kg, price_from, price_to, transit_days, currency, valid_from]
  - expression: price_from <= price_to
columns:
  carrier: The carrier.
  service: How fast, economy, standard or express.
  origin_zone: Zone that the parcel is sent from.
  destination_zone: Zone that it goes to.
  min_weight_kg: Lightest chargeable weight of the bracket, in kilograms, included.
  max_weight_kg: Upper end of the bracket, in kilograms, excluded.
  base_price: Price at the lightest weight.
  price_per_kg: What each further kilogram adds.
  price_from: Price at the lower end of the bracket.
  price_to: Price at its upper end.
  transit_days: Usual days from hand-over to delivery.
  price_rank: 1 for the cheapest service of the route in this bracket's lightest weight, and so on.
  currency: ISO 4217 code.
  valid_from: First day on which the rate holds.
  valid_to: First day on which it no longer holds. NULL while it does.
*/
WITH holding AS (
  SELECT rate.*,
         row_number() OVER (PARTITION BY carrier, service, origin_zone, destination_zone, min_weight_kg ORDER BY valid_from DESC) AS newest
  FROM silver.shipping_rates AS rate
  WHERE valid_from <= :as_of
    AND (valid_to IS NULL OR valid_to > :as_of)
)
SELECT CAST(carrier AS varchar)                                                                         AS carrier,
       CAST(service AS varchar)                                                                         AS service,
       CAST(origin_zone AS varchar)                                                                     AS origin_zone,
       CAST(destination_zone AS varchar)                                                                AS destination_zone,
       CAST(min_weight_kg AS decimal(9, 3))                                                             AS min_weight_kg,
       CAST(max_weight_kg AS decimal(9, 3))                                                             AS max_weight_kg,
       CAST(base_price AS decimal(18, 4))                                                               AS base_price,
       CAST(price_per_kg AS decimal(18, 4))                                                             AS price_per_kg,
       CAST(base_price AS decimal(18, 4))                                                               AS price_from,
       CAST(base_price + price_per_kg * (max_weight_kg - min_weight_kg) AS decimal(18, 4))              AS price_to,
       CAST(transit_days AS bigint)                                                                     AS transit_days,
       CAST(row_number() OVER (PARTITION BY origin_zone, destination_zone, min_weight_kg ORDER BY base_price, carrier, service) AS bigint) AS price_rank,
       CAST(currency AS varchar)                                                                        AS currency,
       CAST(valid_from AS date)                                                                         AS valid_from,
       CAST(valid_to AS date)                                                                           AS valid_to
FROM holding
WHERE newest = 1
