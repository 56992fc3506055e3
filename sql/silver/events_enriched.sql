/*
description: One row an event of the clickstream, with what its item was at that moment and whose visitor it was.
kind: partitions
key: event_id
partition_by: month(event_date)
time: { column: event_date, grain: day }
changes:                               # what is said of an item, or of a visitor, may reach any day, so that is not listed
  silver.events: event_date
owner: web
audits:
  - unique: event_id
  - not_null: [event_id, timestamp, visitorid, event, event_time, event_date]
  - reconciles: { this: count(*), with: silver.events, sum: count(*) }
  - warn: { expression: itemid IS NULL OR item_category_id IS NOT NULL }
columns:
  timestamp: When it happened, in milliseconds since 1970 (UTC).
  visitorid: The browser or device.
  event: view, addtocart, transaction, search or click.
  itemid: The item. NULL for a search, and for a click on something else.
  transactionid: The purchase, for a transaction.
  item_category_id: The item's category at that moment. NULL where nothing had been said of it yet, as are the following four.
  parent_category_id: The category above it. NULL for a root.
  available: "`1` the item was in stock, `0` it was not."
  price_property: Its price as it was written, `n12000.000`.
  price: Its price, in the currency of the clickstream.
  event_id: The event.
  event_time: When it happened (UTC).
  event_date: Business date on which it happened.
  customer_id: The customer whom the visitor is known to be, in the whole shop. NULL for others.
  device_type: desktop, mobile, tablet, app or other, where the producer says so.
  query: What was searched for.
  duplicate_of: The event that it repeats, see silver.events. NULL for nearly all.
*/
SELECT CAST(happened."timestamp" AS bigint)          AS "timestamp",
       CAST(happened.visitorid AS varchar)           AS visitorid,
       CAST(happened.event AS varchar)               AS event,
       CAST(happened.itemid AS varchar)              AS itemid,
       CAST(happened.transactionid AS varchar)       AS transactionid,
       CAST(item.item_category_id AS varchar)        AS item_category_id,
       CAST(item.parent_category_id AS varchar)      AS parent_category_id,
       CAST(item.available AS varchar)               AS available,
       CAST(item.price_property AS varchar)          AS price_property,
       CAST(item.price AS decimal(18, 4))            AS price,
       CAST(happened.event_id AS varchar)            AS event_id,
       CAST(happened.event_time AS timestamp(6))     AS event_time,
       CAST(happened.event_date AS date)             AS event_date,
       CAST(known.customer_id AS varchar)            AS customer_id,
       CAST(happened.device_type AS varchar)         AS device_type,
       CAST(happened.query AS varchar)               AS query,
       CAST(happened.duplicate_of AS varchar)        AS duplicate_of
FROM silver.events AS happened
LEFT JOIN silver.item_history AS item                -- spans never overlap, so an event meets one at most
       ON item.itemid = happened.itemid
      AND item.valid_from <= happened.event_time
      AND happened.event_time < item.valid_to
LEFT JOIN silver.visitor_customers AS known ON known.visitorid = happened.visitorid
