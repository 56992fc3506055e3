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
  price_rank: 1 for the cheapest service of the route at this bracket's lightest weight, and so on, whatever brackets the others have.
  currency: ISO 4217 code.
  valid_from: First day on which the rate holds. Where brackets of one service overlap, the one that began last counts, as it does for a quote.
  valid_to: First day on which it no longer holds. NULL while it does.
*/
WITH holding AS (
  SELECT rate.*,
         row_number() OVER (PARTITION BY carrier, service, origin_zone, destination_zone, min_weight_kg ORDER BY valid_from DESC) AS newest
  FROM silver.shipping_rates AS rate
  WHERE valid_from <= :as_of
    AND (valid_to IS NULL OR valid_to > :as_of)
),
card AS (
  SELECT *
  FROM holding
  WHERE newest = 1
),
rival AS (                             -- what each other service of the route asks at the card's lightest weight
  SELECT card.carrier,
         card.service,
         card.origin_zone,
         card.destination_zone,
         card.min_weight_kg,
         card.base_price,
         other.carrier                                                                          AS other_carrier,
         other.service                                                                          AS other_service,
         other.base_price + other.price_per_kg * (card.min_weight_kg - other.min_weight_kg)     AS other_price,
         row_number() OVER (PARTITION BY card.carrier, card.service, card.origin_zone, card.destination_zone, card.min_weight_kg, other.carrier, other.service
                            ORDER BY other.valid_from DESC, other.min_weight_kg)                AS newest
  FROM card
  JOIN card AS other ON other.origin_zone = card.origin_zone
                    AND other.destination_zone = card.destination_zone
                    AND other.min_weight_kg <= card.min_weight_kg
                    AND other.max_weight_kg > card.min_weight_kg
),
ranked AS (
  SELECT carrier, service, origin_zone, destination_zone, min_weight_kg,
         1 + count_if((other_carrier <> carrier OR other_service <> service)
                      AND (other_price < base_price OR (other_price = base_price AND (other_carrier < carrier OR (other_carrier = carrier AND other_service < service))))) AS price_rank
  FROM rival
  WHERE newest = 1
  GROUP BY carrier, service, origin_zone, destination_zone, min_weight_kg
)
SELECT CAST(card.carrier AS varchar)                                                                    AS carrier,
       CAST(card.service AS varchar)                                                                    AS service,
       CAST(card.origin_zone AS varchar)                                                                AS origin_zone,
       CAST(card.destination_zone AS varchar)                                                           AS destination_zone,
       CAST(card.min_weight_kg AS decimal(9, 3))                                                        AS min_weight_kg,
       CAST(card.max_weight_kg AS decimal(9, 3))                                                        AS max_weight_kg,
       CAST(card.base_price AS decimal(18, 4))                                                          AS base_price,
       CAST(card.price_per_kg AS decimal(18, 4))                                                        AS price_per_kg,
       CAST(card.base_price AS decimal(18, 4))                                                          AS price_from,
       CAST(card.base_price + card.price_per_kg * (card.max_weight_kg - card.min_weight_kg) AS decimal(18, 4)) AS price_to,
       CAST(card.transit_days AS bigint)                                                                AS transit_days,
       CAST(ranked.price_rank AS bigint)                                                                AS price_rank,
       CAST(card.currency AS varchar)                                                                   AS currency,
       CAST(card.valid_from AS date)                                                                    AS valid_from,
       CAST(card.valid_to AS date)                                                                      AS valid_to
FROM card
JOIN ranked ON ranked.carrier = card.carrier
           AND ranked.service = card.service
           AND ranked.origin_zone = card.origin_zone
           AND ranked.destination_zone = card.destination_zone
           AND ranked.min_weight_kg = card.min_weight_kg
