/*
description: One row a customer of the whole shop, with what models and campaigns use to know about their purchases on invoices and at the
    till, and about their visits to the web shop where they are known there.
kind: full
key: customer_id
partition_by: bucket(4, customer_id)
sort_by: total_spend
owner: growth
audits:
  - unique: customer_id
  - not_null: [customer_id, purchase_frequency, total_spend, transaction_frequency_last_30_days]
  - expression: currencies <= 1
  - expression: recency_days >= 1
  - reconciles: { this: count(*), with: silver.customers, sum: count(*) }
  - reconciles:
      this: sum(total_spend)
      with: silver.transactions
      sum: sum(revenue)
      where: transaction_date < :as_of AND customer_id IS NOT NULL
columns:
  customer_id: The customer's id in the whole shop. All are listed, also without a transaction.
  purchase_frequency: Transactions that are no cancellations and come to more than 0.
  total_spend: What all their lines come to, cancellations netted, in `currency`.
  avg_transaction_value: total_spend / purchase_frequency. NULL without a purchase.
  last_purchase_date: Business date of the last of those transactions.
  recency_days: Days from then to the as-of date, at least 1.
  transaction_frequency_last_30_days: How many of those transactions fall into the thirty days before the as-of date.
  currency: ISO 4217 code of the customer's transactions. NULL without one.
  currencies: How many currencies those are in; one at most, or their sum would mean nothing.
  sessions: Sessions in the web shop that began before the as-of date, of all visitors who are known to be the customer.
  average_session_duration: Mean of their durations in seconds; sessions of a single event count with 0. NULL without a session.
  web_views: Views in the web shop.
  web_transactions: Purchases in the web shop.
  event_conversion_rate: web_transactions / web_views. NULL without a view.
*/
WITH receipts AS (
  SELECT customer_id,
         source,
         transaction_id,
         min(transaction_date)                                                         AS transaction_date,
         sum(revenue)                                                                  AS revenue,
         sum(CASE WHEN transaction_kind = 'cancellation' THEN 1 ELSE 0 END) = 0
             AND sum(revenue) > 0                                                      AS is_purchase,
         min(currency)                                                                 AS first_currency,
         max(currency)                                                                 AS last_currency
  FROM silver.transactions
  WHERE transaction_date < :as_of
    AND customer_id IS NOT NULL
  GROUP BY customer_id, source, transaction_id
),
purchases AS (
  SELECT customer_id,
         sum(CASE WHEN is_purchase THEN 1 ELSE 0 END)                                  AS purchase_frequency,
         sum(revenue)                                                                  AS total_spend,
         max(CASE WHEN is_purchase THEN transaction_date END)                          AS last_purchase_date,
         sum(CASE WHEN is_purchase AND transaction_date >= date_add('day', -30, :as_of)
                  THEN 1 ELSE 0 END)                                                   AS purchases_30d,
         min(first_currency)                                                           AS first_currency,
         max(last_currency)                                                            AS last_currency
  FROM receipts
  GROUP BY customer_id
),
visits AS (
  SELECT customer_id,
         count(*)                                                      AS sessions,
         -- Whole milliseconds add up exactly, in whatever order the rows come.
         sum(date_diff('millisecond', session_start, session_end))     AS milliseconds
  FROM silver.sessions
  WHERE session_date < :as_of
    AND customer_id IS NOT NULL
  GROUP BY customer_id
),
clicks AS (
  SELECT customer_id,
         sum(CASE WHEN event = 'view' THEN 1 ELSE 0 END)                            AS views,
         count(DISTINCT CASE WHEN event = 'transaction' THEN transactionid END)     AS transactions
  FROM silver.events_enriched
  WHERE event_date < :as_of
    AND customer_id IS NOT NULL
    AND duplicate_of IS NULL
  GROUP BY customer_id
)
SELECT CAST(customer.customer_id AS varchar)                                                 AS customer_id,
       CAST(coalesce(purchase.purchase_frequency, 0) AS bigint)                              AS purchase_frequency,
       CAST(coalesce(purchase.total_spend, 0) AS decimal(18, 4))                             AS total_spend,
       CAST(purchase.total_spend AS double)
           / nullif(CAST(purchase.purchase_frequency AS double), 0e0)                        AS avg_transaction_value,
       CAST(purchase.last_purchase_date AS date)                                             AS last_purchase_date,
       CAST(date_diff('day', purchase.last_purchase_date, :as_of) AS bigint)                 AS recency_days,
       CAST(coalesce(purchase.purchases_30d, 0) AS bigint)                                   AS transaction_frequency_last_30_days,
       CAST(purchase.first_currency AS varchar)                                              AS currency,
       CAST(CASE WHEN purchase.first_currency IS NULL THEN 0
                 WHEN purchase.first_currency = purchase.last_currency THEN 1
                 ELSE 2 END AS bigint)                                                       AS currencies,
       CAST(coalesce(visit.sessions, 0) AS bigint)                                           AS sessions,
       CAST(visit.milliseconds AS double) / 1000e0 / CAST(visit.sessions AS double)          AS average_session_duration,
       CAST(coalesce(click.views, 0) AS bigint)                                              AS web_views,
       CAST(coalesce(click.transactions, 0) AS bigint)                                       AS web_transactions,
       CAST(click.transactions AS double) / nullif(CAST(click.views AS double), 0e0)         AS event_conversion_rate
FROM silver.customers AS customer
LEFT JOIN purchases AS purchase ON purchase.customer_id = customer.customer_id
LEFT JOIN visits    AS visit    ON visit.customer_id = customer.customer_id
LEFT JOIN clicks    AS click    ON click.customer_id = customer.customer_id
