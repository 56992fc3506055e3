/*
description: One row an order that was reviewed, with its reviews added up.
kind: full
key: order_id
owner: marketplace
audits:
  - unique: order_id
  - not_null: [order_id, avg_review_score, review_count, latest_review_score]
  - expression: avg_review_score BETWEEN 1 AND 5
  - expression: first_review_score BETWEEN 1 AND 5
  - warn: { not_null: purchase_date }
columns:
  order_id: The order.
  purchase_date: Business date of the order's purchase. NULL while the orders file lacks the order.
  avg_review_score: Mean of its reviews' scores, 1 to 5.
  review_count: How many reviews it has; one review may cover several orders and counts for each.
  latest_review_score: Score of the review answered last; of those answered at once, the one with the greatest review_id.
  comment_count: How many of its reviews say something in words.
  first_review_score: Score of the review answered first, which stands whatever others follow; of those answered at once, the one with the least review_id.
  first_review_answered_at: When its first review was answered (UTC); before that no score was known.
  last_review_answered_at: When its last review was answered (UTC).
accounts:
  order_reviews: sum(review_count)
*/
WITH ranked AS (
  SELECT order_id,
         review_score,
         review_comment_title,
         review_comment_message,
         review_answer_timestamp,
         row_number() OVER (PARTITION BY order_id
                            ORDER BY review_answer_timestamp DESC NULLS LAST, review_id DESC) AS by_answer,
         row_number() OVER (PARTITION BY order_id
                            ORDER BY review_answer_timestamp NULLS LAST, review_id)           AS from_first
  FROM source.order_reviews
),
reviewed AS (
  SELECT order_id,
         avg(CAST(review_score AS double))                                      AS avg_review_score,
         count(*)                                                               AS review_count,
         max(CASE WHEN by_answer = 1 THEN review_score END)                     AS latest_review_score,
         count(coalesce(review_comment_title, review_comment_message))          AS comment_count,
         max(CASE WHEN from_first = 1 THEN review_score END)                    AS first_review_score,
         min(review_answer_timestamp)                                           AS first_review_answered_at,
         max(review_answer_timestamp)                                           AS last_review_answered_at
  FROM ranked
  GROUP BY order_id
)
SELECT CAST(reviewed.order_id AS varchar)                        AS order_id,
       CAST(placed.purchase_date AS date)                        AS purchase_date,
       CAST(reviewed.avg_review_score AS double)                 AS avg_review_score,
       CAST(reviewed.review_count AS bigint)                     AS review_count,
       CAST(reviewed.latest_review_score AS bigint)              AS latest_review_score,
       CAST(reviewed.comment_count AS bigint)                    AS comment_count,
       CAST(reviewed.first_review_score AS bigint)               AS first_review_score,
       CAST(reviewed.first_review_answered_at AS timestamp(6))   AS first_review_answered_at,
       CAST(reviewed.last_review_answered_at AS timestamp(6))    AS last_review_answered_at
FROM reviewed
LEFT JOIN silver.orders AS placed ON placed.order_id = reviewed.order_id
