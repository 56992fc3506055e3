/*
description: One row an item of the clickstream and a span of time in which its category, its availability and its price stood still.
kind: full
key: [itemid, valid_from]
owner: web
sort_by: itemid, valid_from
audits:
  - unique: [itemid, valid_from]
  - not_null: [itemid, valid_from, valid_to, valid_from_date, valid_to_date]
  - expression: valid_from < valid_to
  - warn: { non_negative: price }
columns:
  itemid: The item.
  valid_from: From when on (UTC), inclusive.
  valid_to: Until when (UTC), exclusive; of the newest span 9999-12-31.
  valid_from_date: Business date of valid_from.
  valid_to_date: Business date of valid_to; of the newest span 9999-12-31.
  item_category_id: The category. NULL until the first that was said of it, as are the following.
  parent_category_id: The category above it. NULL for a root, and for a category that the tree does not have.
  available: "`1` in stock, `0` out of stock."
  price_property: The price as it was written, `n12000.000`.
  price: The price, in the currency of the clickstream. NULL where what was written is no number.
*/
WITH said AS (                         -- what was said of an item at one time; of several values of one property the greatest
  SELECT itemid,
         "timestamp",
         max(timestamp__date)                                   AS said_on,
         max(CASE WHEN property = 'categoryid' THEN value END)  AS category,
         max(CASE WHEN property = 'available' THEN value END)   AS available,
         max(CASE WHEN property = '790' THEN value END)         AS price
  FROM source.item_properties
  WHERE property IN ('categoryid', 'available', '790')
  GROUP BY itemid, "timestamp"
),
states AS (                            -- what was not said again still holds
  SELECT itemid,
         "timestamp"                                      AS valid_from,
         lead("timestamp") OVER by_time                   AS valid_to,
         said_on                                          AS valid_from_date,
         lead(said_on) OVER by_time                       AS valid_to_date,
         last_value(category) IGNORE NULLS OVER so_far    AS category,
         last_value(available) IGNORE NULLS OVER so_far   AS available,
         last_value(price) IGNORE NULLS OVER so_far       AS price
  FROM said
  WINDOW by_time AS (PARTITION BY itemid ORDER BY "timestamp"),
         so_far AS (PARTITION BY itemid ORDER BY "timestamp" ROWS UNBOUNDED PRECEDING)
)
SELECT CAST(itemid AS varchar)                                                                  AS itemid,
       CAST(date_add('millisecond', valid_from % 86400000,
                     date_add('day', valid_from / 86400000, TIMESTAMP '1970-01-01 00:00:00.000000'))
            AS timestamp(6))                                                                    AS valid_from,
       CAST(coalesce(date_add('millisecond', valid_to % 86400000,
                              date_add('day', valid_to / 86400000, TIMESTAMP '1970-01-01 00:00:00.000000')),
                     TIMESTAMP '9999-12-31 00:00:00.000000') AS timestamp(6))                   AS valid_to,
       CAST(valid_from_date AS date)                                                            AS valid_from_date,
       CAST(coalesce(valid_to_date, DATE '9999-12-31') AS date)                                 AS valid_to_date,
       CAST(category AS varchar)                                                                AS item_category_id,
       CAST(tree.parentid AS varchar)                                                           AS parent_category_id,
       CAST(available AS varchar)                                                               AS available,
       CAST(price AS varchar)                                                                   AS price_property,
       TRY_CAST(CASE WHEN starts_with(price, 'n') THEN substr(price, 2) ELSE price END
                AS decimal(18, 4))                                                              AS price
FROM states
LEFT JOIN silver.category_tree AS tree ON tree.categoryid = states.category
