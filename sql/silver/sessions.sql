/*
description: One row a session, the events of a visitor with never more than thirty minutes between one and the next.
kind: merge
key: [visitorid, session_id]
partition_by: month(session_date)
changes:                               # a late event can join two sessions, so all of a visitor's sessions are made again
  silver.events: visitorid
  silver.visitor_customers: visitorid
owner: web
audits:
  - unique: session_id
  - not_null: [session_id, visitorid, session_start, session_end, session_date, session_duration, events]
  - non_negative: [session_duration, views, addtocarts, transactions]
  - expression: events >= 1
  - accepted_values: { column: drop_off_step, values: [search, click, view, addtocart] }
  - reconciles: { this: sum(events), with: silver.events, sum: count(*), where: duplicate_of IS NULL }
columns:
  session_id: The session, `<visitorid>:<milliseconds since 1970 of its first event>`.
  visitorid: The browser or device.
  customer_id: The customer whom the visitor is known to be, in the whole shop. NULL for others.
  device_type: Device of the first event that names one.
  session_start: When its first event happened (UTC).
  session_end: When its last event happened (UTC).
  session_date: Business date of its start. Neither midnight nor another device ends a session.
  session_duration: Seconds from its first to its last event; 0 with a single one.
  events: How many events it has. Repeats of the same event (`duplicate_of`) are left out, here and in the following.
  views: How many of them are views.
  addtocarts: How many put something into the cart.
  transactions: How many purchases it holds, by transactionid.
  drop_off_step: The deepest step that it reached, of search, click, view and addtocart. NULL if something was bought.
*/
WITH steps AS (
  SELECT visitorid, event_id, "timestamp", event_time, event_date, event, transactionid, device_type,
         row_number() OVER in_order      AS step,
         lag("timestamp") OVER in_order  AS previous
  FROM silver.events
  WHERE duplicate_of IS NULL
  WINDOW in_order AS (PARTITION BY visitorid ORDER BY "timestamp", event_id)
),
numbered AS (
  SELECT steps.*,
         sum(CASE WHEN "timestamp" - previous <= 1800000 THEN 0 ELSE 1 END)
           OVER (PARTITION BY visitorid ORDER BY step ROWS UNBOUNDED PRECEDING) AS session_no
  FROM steps
),
sessions AS (
  SELECT visitorid,
         min("timestamp")                                                               AS first_timestamp,
         max("timestamp")                                                               AS last_timestamp,
         min(event_time)                                                                AS session_start,
         max(event_time)                                                                AS session_end,
         min(event_date)                                                                AS session_date,
         min_by(device_type, step) FILTER (WHERE device_type IS NOT NULL)               AS device_type,
         count(*)                                                                       AS events,
         sum(CASE WHEN event = 'view' THEN 1 ELSE 0 END)                                AS views,
         sum(CASE WHEN event = 'addtocart' THEN 1 ELSE 0 END)                           AS addtocarts,
         count(DISTINCT CASE WHEN event = 'transaction' THEN transactionid END)         AS transactions,
         max(CASE event WHEN 'transaction' THEN 5 WHEN 'addtocart' THEN 4 WHEN 'view' THEN 3
                        WHEN 'click' THEN 2 ELSE 1 END)                                 AS depth
  FROM numbered
  GROUP BY visitorid, session_no
)
SELECT CAST(concat(sessions.visitorid, ':', CAST(first_timestamp AS varchar)) AS varchar)   AS session_id,
       CAST(sessions.visitorid AS varchar)                                                  AS visitorid,
       CAST(known.customer_id AS varchar)                                                   AS customer_id,
       CAST(device_type AS varchar)                                                         AS device_type,
       CAST(session_start AS timestamp(6))                                                  AS session_start,
       CAST(session_end AS timestamp(6))                                                    AS session_end,
       CAST(session_date AS date)                                                           AS session_date,
       CAST(last_timestamp - first_timestamp AS double) / 1000e0                            AS session_duration,
       CAST(events AS bigint)                                                               AS events,
       CAST(views AS bigint)                                                                AS views,
       CAST(addtocarts AS bigint)                                                           AS addtocarts,
       CAST(transactions AS bigint)                                                         AS transactions,
       CAST(CASE depth WHEN 4 THEN 'addtocart' WHEN 3 THEN 'view' WHEN 2 THEN 'click'
                       WHEN 1 THEN 'search' END AS varchar)                                 AS drop_off_step
FROM sessions
LEFT JOIN silver.visitor_customers AS known ON known.visitorid = sessions.visitorid
