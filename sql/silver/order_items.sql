/*
description: One row an item of an order, with its product's category and its seller's place.
kind: full
key: [order_id, order_item_id]
owner: marketplace
audits:
  - unique: [order_id, order_item_id]
  - not_null: [order_id, order_item_id, product_id, seller_id, price, freight_value, item_value, category]
  - non_negative: [price, freight_value]
  - reconciles: { this: sum(item_value), with: source.order_items, sum: sum(price + freight_value) }
  - warn: { not_null: purchase_date }
  - warn: { relationships: { column: product_id, to: silver.products } }
  - warn: { relationships: { column: seller_id, to: silver.sellers } }
columns:
  order_id: The order.
  order_item_id: Number of the item within the order, from 1.
  purchase_date: Business date of the order's purchase. NULL while the orders file lacks the order.
  product_id: The product.
  seller_id: Who sells and sends it.
  shipping_limit_date: Until when the seller has to hand it to the carrier (UTC).
  price: Price of the item, freight apart, in the currency of the marketplace.
  freight_value: What its freight costs the customer, in the same currency.
  item_value: Price and freight together.
  product_category_name: The product's category as the marketplace names it. NULL without a category, or for an unknown product.
  category: The product's category in English; else the original name, else `unknown`.
  seller_zip_code_prefix: First digits of the seller's postcode. NULL for an unknown seller, as are city and state.
  seller_city: The seller's city, lower case.
  seller_state: The seller's state.
accounts:
  order_items: count(*)
*/
SELECT CAST(item.order_id AS varchar)                                   AS order_id,
       CAST(item.order_item_id AS bigint)                               AS order_item_id,
       CAST(placed.purchase_date AS date)                               AS purchase_date,
       CAST(item.product_id AS varchar)                                 AS product_id,
       CAST(item.seller_id AS varchar)                                  AS seller_id,
       CAST(item.shipping_limit_date AS timestamp(6))                   AS shipping_limit_date,
       CAST(item.price AS decimal(18, 4))                               AS price,
       CAST(item.freight_value AS decimal(18, 4))                       AS freight_value,
       CAST(item.price + item.freight_value AS decimal(18, 4))          AS item_value,
       CAST(product.product_category_name AS varchar)                   AS product_category_name,
       CAST(coalesce(product.category, 'unknown') AS varchar)           AS category,
       CAST(seller.seller_zip_code_prefix AS varchar)                   AS seller_zip_code_prefix,
       CAST(seller.seller_city AS varchar)                              AS seller_city,
       CAST(seller.seller_state AS varchar)                             AS seller_state
FROM source.order_items AS item
LEFT JOIN silver.orders   AS placed  ON placed.order_id = item.order_id
LEFT JOIN silver.products AS product ON product.product_id = item.product_id
LEFT JOIN silver.sellers  AS seller  ON seller.seller_id = item.seller_id
