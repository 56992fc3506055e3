/*
description: One row a product category that the marketplace has translated.
kind: full
key: product_category_name
owner: catalogue
audits:
  - unique: product_category_name
  - not_null: [product_category_name, category]
columns:
  product_category_name: The category as the marketplace names it.
  category: Its English name.
accounts:
  product_category_translation: count(*)
*/
SELECT CAST(product_category_name AS varchar)          AS product_category_name,
       CAST(product_category_name_english AS varchar)  AS category
FROM source.product_category_translation
