/*
description: One row a product of the marketplace's catalogue, with its English category, weight and dimensions.
kind: full
key: product_id
owner: catalogue
audits:
  - unique: product_id
  - not_null: [product_id, category]
  - warn: { relationships: { column: product_category_name, to: silver.product_categories } }
columns:
  product_id: The product.
  product_category_name: Its category as the marketplace names it. NULL if it has none.
  category: Its category in English; the original name where nobody translated it, `unknown` where it has none.
  name_length: Length of the product's name, in characters.
  description_length: Length of its description, in characters.
  photos_qty: How many photos are published.
  weight_g: Weight in grams.
  length_cm: Length in centimetres.
  height_cm: Height in centimetres.
  width_cm: Width in centimetres.
accounts:
  products: count(*)
*/
SELECT CAST(product.product_id AS varchar)                                                        AS product_id,
       CAST(product.product_category_name AS varchar)                                             AS product_category_name,
       CAST(coalesce(translated.category, product.product_category_name, 'unknown') AS varchar)   AS category,
       CAST(product.product_name_lenght AS bigint)                                                AS name_length,
       CAST(product.product_description_lenght AS bigint)                                         AS description_length,
       CAST(product.product_photos_qty AS bigint)                                                 AS photos_qty,
       CAST(product.product_weight_g AS double)                                                   AS weight_g,
       CAST(product.product_length_cm AS double)                                                  AS length_cm,
       CAST(product.product_height_cm AS double)                                                  AS height_cm,
       CAST(product.product_width_cm AS double)                                                   AS width_cm
FROM source.products AS product
LEFT JOIN silver.product_categories AS translated
       ON translated.product_category_name = product.product_category_name
