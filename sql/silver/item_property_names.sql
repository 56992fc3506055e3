/*
description: One row a property that is said of items in the clickstream, with how often it is said; most are hashed by the shop and mean nothing
    to us.
kind: full
key: property
owner: web
audits:
  - unique: property
  - not_null: [property, source_rows]
columns:
  property: The property as the source names it.
  meaning: category, availability, price or product, where silver uses it. NULL for all others.
  source_rows: How many rows of the source say it.
accounts:
  item_properties: sum(source_rows)
*/
SELECT CAST(property AS varchar)                                            AS property,
       CAST(CASE property WHEN 'categoryid' THEN 'category'
                          WHEN 'available'  THEN 'availability'
                          WHEN '790'        THEN 'price'
                          WHEN 'product_id' THEN 'product' END AS varchar)  AS meaning,
       CAST(count(*) AS bigint)                                             AS source_rows
FROM source.item_properties
GROUP BY property
