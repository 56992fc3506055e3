/*
description: One row the price of a product at a competitor, as it was seen at a time.
kind: full
key: [competitor, product_id, observed_at]
owner: pricing
audits:
  - unique: [competitor, product_id, observed_at]
  - not_null: [competitor, product_id, observed_at, observed_date, price, currency]
  - expression: price > 0
  - warn: { relationships: { column: product_id, to: silver.products } }
columns:
  competitor: Who asks that price.
  product_id: The product of our catalogue.
  observed_at: When it was seen (UTC).
  observed_date: Business date on which it was seen.
  price: Price of a piece, shipping apart, in `currency`.
  shipping_price: What the competitor asks for shipping it, in `currency`, where it was seen.
  in_stock: Whether the competitor had it, where it was seen.
  currency: ISO 4217 code.
accounts:
  market_prices: count(*)
*/
SELECT CAST(competitor AS varchar)               AS competitor,
       CAST(product_id AS varchar)               AS product_id,
       CAST(observed_at AS timestamp(6))         AS observed_at,
       CAST(observed_at__date AS date)           AS observed_date,
       CAST(price AS decimal(18, 4))             AS price,
       CAST(shipping_price AS decimal(18, 4))    AS shipping_price,
       CAST(in_stock AS boolean)                 AS in_stock,
       CAST(:shop_currency AS varchar)           AS currency
FROM source.market_prices
