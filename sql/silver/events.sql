/*
description: One row something a visitor did, from files and from the stream alike, once each however often it was sent.
kind: partitions
key: event_id
partition_by: month(event_date)
time: { column: event_date, grain: day }
changes:
  source.events: timestamp__date
owner: web
audits:
  - unique: event_id
  - not_null: [event_id, timestamp, visitorid, event, event_time, event_date, arrived_at]
  - accepted_values: { column: event, values: [view, addtocart, transaction, search, click] }
  - expression: event IN ('search', 'click') OR itemid IS NOT NULL
  - expression: event <> 'transaction' OR transactionid IS NOT NULL
  - expression: duplicate_of <> event_id
columns:
  event_id: The producer's id of the event, or the hash of the row where it named none. Of rows with the same id the first that happened is here.
  timestamp: When it happened, in milliseconds since 1970 (UTC).
  visitorid: The browser or device.
  event: view, addtocart, transaction, search or click.
  itemid: The item, as the clickstream numbers items. NULL for a search, and for a click on something else.
  transactionid: The purchase, for a transaction.
  device_type: desktop, mobile, tablet, app or other, where the producer says so.
  query: What was searched for.
  event_time: When it happened (UTC).
  event_date: Business date on which it happened.
  arrived_at: When it reached the lake (UTC).
  duplicate_of: The event_id of an event that says the same in every column and arrived at most 24 hours earlier, or of the first of a chain of such.
      Such rows are kept, and counted neither in sessions nor in gold. NULL for all others.
accounts:
  events: count(*)
*/
WITH happened AS (
  SELECT event_id,
         "timestamp",
         visitorid,
         event,
         itemid,
         transactionid,
         device_type,
         query,
         timestamp__time  AS event_time,
         timestamp__date  AS event_date,
         _ingested_at     AS arrived_at,
         _file_id,
         _row,
         _sequence
  FROM source.events
),
suspects AS (                          -- few: so the windows below have little to do
  SELECT "timestamp", visitorid, event
  FROM happened
  GROUP BY "timestamp", visitorid, event
  HAVING count(*) > 1
),
arrivals AS (
  SELECT happened.*,
         lag(arrived_at) OVER same AS arrived_before
  FROM happened
  JOIN suspects ON suspects."timestamp" = happened."timestamp"
               AND suspects.visitorid = happened.visitorid
               AND suspects.event = happened.event
  WINDOW same AS (PARTITION BY happened."timestamp", happened.visitorid, happened.event, itemid, transactionid, device_type, query
                  ORDER BY arrived_at, _file_id, _row, length(_sequence), _sequence, event_id)
),
chains AS (
  SELECT arrivals.*,
         sum(CASE WHEN arrived_at <= arrived_before + INTERVAL '24' HOUR THEN 0 ELSE 1 END) OVER same AS chain
  FROM arrivals
  WINDOW same AS (PARTITION BY "timestamp", visitorid, event, itemid, transactionid, device_type, query
                  ORDER BY arrived_at, _file_id, _row, length(_sequence), _sequence, event_id
                  ROWS UNBOUNDED PRECEDING)
),
repeats AS (
  SELECT event_id,
         duplicate_of
  FROM (
    SELECT event_id,
           first_value(event_id) OVER (PARTITION BY "timestamp", visitorid, event, itemid, transactionid, device_type, query, chain
                                       ORDER BY arrived_at, _file_id, _row, length(_sequence), _sequence, event_id) AS duplicate_of
    FROM chains
  ) AS firsts
  WHERE duplicate_of <> event_id
)
SELECT CAST(happened.event_id AS varchar)        AS event_id,
       CAST("timestamp" AS bigint)               AS "timestamp",
       CAST(visitorid AS varchar)                AS visitorid,
       CAST(event AS varchar)                    AS event,
       CAST(itemid AS varchar)                   AS itemid,
       CAST(transactionid AS varchar)            AS transactionid,
       CAST(device_type AS varchar)              AS device_type,
       CAST(query AS varchar)                    AS query,
       CAST(event_time AS timestamp(6))          AS event_time,
       CAST(event_date AS date)                  AS event_date,
       CAST(arrived_at AS timestamp(6))          AS arrived_at,
       CAST(repeats.duplicate_of AS varchar)     AS duplicate_of
FROM happened
LEFT JOIN repeats ON repeats.event_id = happened.event_id
