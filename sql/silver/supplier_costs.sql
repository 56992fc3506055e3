/*
description: One row what a product costs at a supplier from a day on, with its stock-keeping unit spelled in one way.
kind: full
key: [supplier_id, product_id, valid_from]
owner: pricing
audits:
  - unique: [supplier_id, product_id, valid_from]
  - not_null: [supplier_id, product_id, sku, unit_cost, currency, valid_from]
  - non_negative: unit_cost
  - expression: valid_to IS NULL OR valid_from < valid_to
  - warn: { relationships: { column: product_id, to: silver.products } }
columns:
  supplier_id: The supplier.
  product_id: The product of our catalogue.
  sku: Stock-keeping unit, letters and digits only, upper case.
  supplier_sku: The same as the supplier spells it.
  unit_cost: Cost of a piece, inward freight included, in `currency`.
  min_order_quantity: Pieces that have to be ordered at least, where there is a limit.
  lead_time_days: Days from order to arrival, where known.
  currency: ISO 4217 code.
  valid_from: First day on which the cost holds.
  valid_to: First day on which it no longer holds. NULL while it does, or until the next valid_from.
accounts:
  supplier_costs: count(*)
*/
SELECT CAST(supplier_id AS varchar)                                       AS supplier_id,
       CAST(product_id AS varchar)                                        AS product_id,
       CAST(regexp_replace(upper(sku), '[^A-Z0-9]', '') AS varchar)       AS sku,
       CAST(sku AS varchar)                                               AS supplier_sku,
       CAST(unit_cost AS decimal(18, 4))                                  AS unit_cost,
       CAST(min_order_quantity AS bigint)                                 AS min_order_quantity,
       CAST(lead_time_days AS bigint)                                     AS lead_time_days,
       CAST(:shop_currency AS varchar)                                    AS currency,
       CAST(valid_from AS date)                                           AS valid_from,
       CAST(valid_to AS date)                                             AS valid_to
FROM source.supplier_costs
