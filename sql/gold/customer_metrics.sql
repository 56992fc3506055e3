/*
description: One row a customer of the marketplace, with how recently, how often and for how much they bought, and where that puts them.
kind: full
key: customer_unique_id
owner: growth
audits:
  - unique: customer_unique_id
  - not_null: [customer_unique_id, frequency, monetary_value, recency_score, frequency_score, monetary_score, segment, clv_12m]
  - accepted_values:
      column: segment
      values: [Champions, Loyal, Potential Loyalists, New, Promising, Need Attention, About to Sleep, At Risk, Cannot Lose, Lost]
  - non_negative: [frequency, monetary_value, clv_12m]
  - expression: recency_days >= 1
  - expression: recency_score BETWEEN 1 AND 5 AND frequency_score BETWEEN 1 AND 5 AND monetary_score BETWEEN 1 AND 5
  - reconciles: { this: count(*), with: silver.marketplace_customers, sum: count(DISTINCT customer_unique_id) }
  - reconciles:
      this: sum(monetary_value)
      with: silver.orders_master
      sum: sum(order_total_value)
      where: purchase_date < :as_of AND customer_unique_id IS NOT NULL
columns:
  customer_unique_id: The person. Everyone in the customers file is listed, also without a delivered order.
  recency_days: Days from the last delivered order's purchase to the as-of date, at least 1. NULL without one.
  frequency: Delivered orders.
  monetary_value: What those orders come to, price and freight, in the currency of the marketplace.
  avg_order_value: monetary_value / frequency.
  avg_delivery_days: Mean days from purchase to delivery.
  avg_delivery_delay: Mean days between promise and delivery; positive is late.
  avg_review_score: Mean of the orders' review scores, 1 to 5.
  customer_lifetime_days: Days from the first to the last delivered order's purchase. 0 without one.
  total_items_purchased: Items of those orders.
  first_purchase_date: Business date of the first delivered order's purchase.
  last_purchase_date: Business date of the last delivered order's purchase.
  recency_score: 1 to 5; 5 is the most recent fifth. Equal values get equal scores, and 1 without a delivered order.
  frequency_score: 1 to 5; 5 is the most frequent fifth.
  monetary_score: 1 to 5; 5 is the fifth that spent most.
  segment: One of the ten segments of the RFM literature.
  clv_12m: What twelve months bring at the rate so far, in the currency of the marketplace; monetary_value × 365 / days since the first
      purchase, at least 365.
*/
WITH persons AS (
  SELECT DISTINCT customer_unique_id
  FROM silver.marketplace_customers
),
bought AS (
  SELECT customer_unique_id,
         count(*)                                        AS frequency,
         sum(order_total_value)                          AS monetary_value,
         avg(CAST(delivery_days AS double))              AS avg_delivery_days,
         avg(CAST(delivery_delay AS double))             AS avg_delivery_delay,
         avg(avg_review_score)                           AS avg_review_score,
         sum(items_count)                                AS total_items_purchased,
         min(purchase_date)                              AS first_purchase_date,
         max(purchase_date)                              AS last_purchase_date,
         date_diff('day', max(purchase_date), :as_of)    AS recency_days
  FROM silver.orders_master
  WHERE purchase_date < :as_of
    AND customer_unique_id IS NOT NULL
  GROUP BY customer_unique_id
),
ranked AS (                            -- by value, not by ntile: rank() gives equal values the same fifth
  SELECT bought.*,
         rank() OVER (ORDER BY recency_days DESC)  AS recency_rank,
         rank() OVER (ORDER BY frequency)          AS frequency_rank,
         rank() OVER (ORDER BY monetary_value)     AS monetary_rank,
         count(*) OVER ()                          AS buyers
  FROM bought
),
scored AS (                            -- divisions of whole numbers, rounded down
  SELECT ranked.*,
         1 + 5 * (recency_rank - 1) / buyers     AS recency_score,
         1 + 5 * (frequency_rank - 1) / buyers   AS frequency_score,
         1 + 5 * (monetary_rank - 1) / buyers    AS monetary_score
  FROM ranked
),
placed AS (
  SELECT scored.*,
         (frequency_score + monetary_score + 1) / 2 AS value_score
  FROM scored
)
SELECT CAST(person.customer_unique_id AS varchar)                                          AS customer_unique_id,
       CAST(placed.recency_days AS bigint)                                                 AS recency_days,
       CAST(coalesce(placed.frequency, 0) AS bigint)                                       AS frequency,
       CAST(coalesce(placed.monetary_value, 0) AS decimal(18, 4))                          AS monetary_value,
       CAST(placed.monetary_value AS double) / CAST(placed.frequency AS double)            AS avg_order_value,
       CAST(placed.avg_delivery_days AS double)                                            AS avg_delivery_days,
       CAST(placed.avg_delivery_delay AS double)                                           AS avg_delivery_delay,
       CAST(placed.avg_review_score AS double)                                             AS avg_review_score,
       CAST(coalesce(date_diff('day', placed.first_purchase_date,
                                      placed.last_purchase_date), 0) AS bigint)            AS customer_lifetime_days,
       CAST(coalesce(placed.total_items_purchased, 0) AS bigint)                           AS total_items_purchased,
       CAST(placed.first_purchase_date AS date)                                            AS first_purchase_date,
       CAST(placed.last_purchase_date AS date)                                             AS last_purchase_date,
       CAST(coalesce(placed.recency_score, 1) AS bigint)                                   AS recency_score,
       CAST(coalesce(placed.frequency_score, 1) AS bigint)                                 AS frequency_score,
       CAST(coalesce(placed.monetary_score, 1) AS bigint)                                  AS monetary_score,
       CAST(CASE WHEN placed.recency_score IS NULL                            THEN 'Lost'
                 WHEN placed.recency_score = 5 AND placed.value_score >= 4    THEN 'Champions'
                 WHEN placed.recency_score = 5 AND placed.value_score >= 2    THEN 'Potential Loyalists'
                 WHEN placed.recency_score = 5                                THEN 'New'
                 WHEN placed.recency_score = 4 AND placed.value_score >= 4    THEN 'Loyal'
                 WHEN placed.recency_score = 4 AND placed.value_score >= 2    THEN 'Potential Loyalists'
                 WHEN placed.recency_score = 4                                THEN 'Promising'
                 WHEN placed.recency_score = 3 AND placed.value_score >= 4    THEN 'Loyal'
                 WHEN placed.recency_score = 3 AND placed.value_score = 3     THEN 'Need Attention'
                 WHEN placed.recency_score = 3                                THEN 'About to Sleep'
                 WHEN placed.value_score = 5                                  THEN 'Cannot Lose'
                 WHEN placed.value_score >= 3                                 THEN 'At Risk'
                 ELSE 'Lost' END AS varchar)                                               AS segment,
       coalesce(CAST(placed.monetary_value AS double) * 365e0
                / CAST(greatest(365, date_diff('day', placed.first_purchase_date, :as_of)) AS double), 0e0)
                                                                                           AS clv_12m
FROM persons AS person
LEFT JOIN placed ON placed.customer_unique_id = person.customer_unique_id
