/*
description: One row an item bought in the web shop, that is a `transaction` event, with the item as it was at that moment.
kind: full
key: event_id
owner: web
audits:
  - unique: event_id
  - not_null: [event_id, transactionid, date, visitorid, itemid, item_id, quantity]
  - reconciles:
      this: count(*)
      with: silver.events
      sum: count(*)
      where: event = 'transaction' AND duplicate_of IS NULL AND event_date < :as_of
  - warn: { not_null: price }
columns:
  transactionid: The purchase; it may have several items.
  date: Business date of the purchase.
  price: What the item cost then, in the currency of the clickstream. NULL where nothing had been said of its price yet.
  visitorid: The browser or device.
  customer_id: The customer whom the visitor is known to be, in the whole shop. NULL for others.
  itemid: The item, as the clickstream numbers items.
  item_id: The item's id in the whole shop.
  item_category_id: Its category at that moment.
  parent_category_id: The category above it. NULL for a root.
  available: "`1` it was in stock, `0` it was not."
  price_property: The price as it was written.
  quantity: Always 1; the clickstream tells no number of pieces.
  event_time: When it was bought (UTC).
  event_id: The event.
*/
SELECT CAST(bought.transactionid AS varchar)                                                  AS transactionid,
       CAST(bought.event_date AS date)                                                        AS date,
       CAST(bought.price AS decimal(18, 4))                                                   AS price,
       CAST(bought.visitorid AS varchar)                                                      AS visitorid,
       CAST(bought.customer_id AS varchar)                                                    AS customer_id,
       CAST(bought.itemid AS varchar)                                                         AS itemid,
       CAST(coalesce(known.item_id, concat('item_properties:', bought.itemid)) AS varchar)    AS item_id,
       CAST(bought.item_category_id AS varchar)                                               AS item_category_id,
       CAST(bought.parent_category_id AS varchar)                                             AS parent_category_id,
       CAST(bought.available AS varchar)                                                      AS available,
       CAST(bought.price_property AS varchar)                                                 AS price_property,
       CAST(1 AS bigint)                                                                      AS quantity,
       CAST(bought.event_time AS timestamp(6))                                                AS event_time,
       CAST(bought.event_id AS varchar)                                                       AS event_id
FROM silver.events_enriched AS bought
LEFT JOIN silver.item_xref AS known ON known.source = 'item_properties' AND known.source_id = bought.itemid
WHERE bought.event = 'transaction'
  AND bought.duplicate_of IS NULL
  AND bought.event_date < :as_of
