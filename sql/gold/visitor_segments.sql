/*
description: One row a visitor of the clickstream, by how far they went.
kind: full
key: visitorid
owner: web
audits:
  - unique: visitorid
  - not_null: [visitorid, segment, events, views, addtocarts, transactions, sessions, first_date, last_date]
  - accepted_values: { column: segment, values: [Repeat buyer, Buyer, Cart abandoner, Engaged, Browser] }
  - reconciles:
      this: sum(events)
      with: silver.events
      sum: count(*)
      where: duplicate_of IS NULL AND event_date < :as_of
columns:
  visitorid: The browser or device.
  customer_id: The customer whom the visitor is known to be, in the whole shop. NULL for others.
  segment: Repeat buyer with two purchases or more; else Buyer with one; else Cart abandoner who put something into the cart; else Engaged
      with five views or two sessions; else Browser.
  events: Events of any kind.
  views: Views.
  addtocarts: How often something was put into the cart.
  transactions: Purchases, by transactionid.
  sessions: Sessions that began before the as-of date.
  first_date: Business date of the first event.
  last_date: Business date of the last event.
*/
WITH seen AS (
  SELECT visitorid,
         count(*)                                                      AS events,
         sum(CASE WHEN event = 'view' THEN 1 ELSE 0 END)               AS views,
         sum(CASE WHEN event = 'addtocart' THEN 1 ELSE 0 END)          AS addtocarts,
         min(event_date)                                               AS first_date,
         max(event_date)                                               AS last_date
  FROM silver.events_enriched
  WHERE duplicate_of IS NULL
    AND event_date < :as_of
  GROUP BY visitorid
),
bought AS (
  SELECT visitorid,
         count(DISTINCT transactionid) AS transactions
  FROM gold.fact_sales_transactions
  GROUP BY visitorid
),
visits AS (
  SELECT visitorid,
         max(customer_id)  AS customer_id,
         count(*)          AS sessions
  FROM silver.sessions
  WHERE session_date < :as_of
  GROUP BY visitorid
)
SELECT CAST(seen.visitorid AS varchar)                            AS visitorid,
       CAST(visits.customer_id AS varchar)                        AS customer_id,
       CAST(CASE WHEN bought.transactions >= 2 THEN 'Repeat buyer'
                 WHEN bought.transactions = 1 THEN 'Buyer'
                 WHEN seen.addtocarts > 0 THEN 'Cart abandoner'
                 WHEN seen.views >= 5 OR visits.sessions >= 2 THEN 'Engaged'
                 ELSE 'Browser' END AS varchar)                   AS segment,
       CAST(seen.events AS bigint)                                AS events,
       CAST(seen.views AS bigint)                                 AS views,
       CAST(seen.addtocarts AS bigint)                            AS addtocarts,
       CAST(coalesce(bought.transactions, 0) AS bigint)           AS transactions,
       CAST(coalesce(visits.sessions, 0) AS bigint)               AS sessions,
       CAST(seen.first_date AS date)                              AS first_date,
       CAST(seen.last_date AS date)                               AS last_date
FROM seen
LEFT JOIN bought ON bought.visitorid = seen.visitorid
LEFT JOIN visits ON visits.visitorid = seen.visitorid
