/*
description: One row an id that some system has for an item, with the item's id in the whole shop.
kind: full
key: [source, source_id]
owner: catalogue
audits:
  - unique: [source, source_id]
  - not_null: [source, source_id, item_id]
  - accepted_values: { column: source, values: [products, item_properties, supplier_costs, online_retail] }
columns:
  source: Whose id it is. `products` is the marketplace (product_id), also for market prices and the till; `item_properties` the
      clickstream (itemid), `supplier_costs` the stock-keeping unit, `online_retail` the stock code of invoices.
  source_id: The id there; stock-keeping units as silver spells them, stock codes in upper case.
  item_id: The item's id in the whole shop; the marketplace's product_id where it is known, else `<source>:<id>`.
*/
WITH clickstream_products AS (         -- the last that was said of an item counts; of what was said at once, the greatest
  SELECT itemid,
         value AS product_id,
         row_number() OVER (PARTITION BY itemid ORDER BY "timestamp" DESC, value DESC) AS newest
  FROM source.item_properties
  WHERE property = 'product_id'
),
stock_keeping_units AS (               -- a unit that two products share belongs to the one that had it last
  SELECT sku,
         product_id,
         row_number() OVER (PARTITION BY sku ORDER BY valid_from DESC, product_id) AS newest
  FROM silver.supplier_costs
),
known AS (
  SELECT 'products' AS source, product_id AS source_id, product_id AS item_id
  FROM silver.products
  UNION ALL
  SELECT 'item_properties', itemid, product_id
  FROM clickstream_products
  WHERE newest = 1
  UNION ALL
  SELECT 'supplier_costs', sku, product_id
  FROM stock_keeping_units
  WHERE newest = 1
  UNION ALL
  SELECT DISTINCT 'online_retail', upper(source_item_id), item_id
  FROM silver.transactions
  WHERE source = 'online_retail'
)
SELECT CAST(source AS varchar)     AS source,
       CAST(source_id AS varchar)  AS source_id,
       CAST(item_id AS varchar)    AS item_id
FROM known
