/*
description: One row what a carrier's service asks for a parcel of a weight bracket, from one zone to another, from a day on.
kind: full
key: [carrier, service, origin_zone, destination_zone, min_weight_kg, valid_from]
owner: logistics
audits:
  - unique: [carrier, service, origin_zone, destination_zone, min_weight_kg, valid_from]
  - not_null: [carrier, service, origin_zone, destination_zone, min_weight_kg, max_weight_kg, base_price, price_per_kg, transit_days,
      currency, valid_from]
  - accepted_values: { column: service, values: [economy, standard, express] }
  - non_negative: [min_weight_kg, base_price, price_per_kg, transit_days]
  - expression: min_weight_kg < max_weight_kg
  - warn: { relationships: { column: origin_zone, to: silver.delivery_zones, field: delivery_zone } }
  - warn: { relationships: { column: destination_zone, to: silver.delivery_zones, field: delivery_zone } }
columns:
  carrier: The carrier.
  service: How fast, economy, standard or express.
  origin_zone: Zone that the parcel is sent from.
  destination_zone: Zone that it goes to.
  min_weight_kg: Lightest chargeable weight of the bracket, in kilograms, included.
  max_weight_kg: Upper end of the bracket, in kilograms, excluded.
  base_price: Price at the lightest weight, in `currency`.
  price_per_kg: What each further kilogram adds, in `currency`.
  transit_days: Usual days from hand-over to delivery.
  currency: ISO 4217 code.
  valid_from: First day on which the rate holds.
  valid_to: First day on which it no longer holds. NULL while it does.
accounts:
  shipping_rates: count(*)
*/
SELECT CAST(carrier AS varchar)                  AS carrier,
       CAST(service AS varchar)                  AS service,
       CAST(origin_zone AS varchar)              AS origin_zone,
       CAST(destination_zone AS varchar)         AS destination_zone,
       CAST(min_weight_kg AS decimal(9, 3))      AS min_weight_kg,
       CAST(max_weight_kg AS decimal(9, 3))      AS max_weight_kg,
       CAST(base_price AS decimal(18, 4))        AS base_price,
       CAST(price_per_kg AS decimal(18, 4))      AS price_per_kg,
       CAST(transit_days AS bigint)              AS transit_days,
       CAST(:shop_currency AS varchar)           AS currency,
       CAST(valid_from AS date)                  AS valid_from,
       CAST(valid_to AS date)                    AS valid_to
FROM source.shipping_rates
