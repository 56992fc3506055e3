-- One row a customer and a moment, the beginning of the as-of date and of every thirtieth day before it, for customers who had ordered by then.
-- Only what was known by then counts: a delivery once it had happened, a review once it was answered. The label is NULL while its ninety days
-- are not over.
WITH moments AS (
  SELECT date_add('day', -30 * step, :as_of) AS moment,
         step
  FROM UNNEST(sequence(0, 20)) AS steps (step)
),
orders AS (
  SELECT order_id, customer_unique_id, purchase_date, delivered_date, delivery_days, delivery_delay, order_total_value, items_count, freight_value, max_installments, avg_review_score,
         last_review_answered_at
  FROM silver.orders_master
  WHERE customer_unique_id IS NOT NULL
    AND purchase_date < :as_of
),
known AS (
  SELECT moments.moment,
         moments.step,
         orders.*,
         CASE WHEN delivered_date < moments.moment THEN delivery_days END                                         AS known_days,
         CASE WHEN delivered_date < moments.moment THEN delivery_delay END                                        AS known_delay,
         CASE WHEN last_review_answered_at < CAST(moments.moment AS timestamp(6)) THEN avg_review_score END        AS known_review,
         row_number() OVER (PARTITION BY moments.moment, customer_unique_id ORDER BY purchase_date DESC, order_id) AS newest
  FROM moments
  JOIN orders ON orders.purchase_date < moments.moment
)
SELECT known.customer_unique_id,
       CAST(known.moment AS timestamp(6))                                                                       AS at_time,
       date_diff('day', max(purchase_date), known.moment)                                                       AS recency_days,
       count(*)                                                                                                 AS frequency,
       CAST(sum(order_total_value) AS double)                                                                   AS monetary_value,
       CAST(sum(order_total_value) AS double) / CAST(count(*) AS double)                                        AS avg_order_value,
       date_diff('day', min(purchase_date), max(purchase_date))                                                 AS customer_lifetime_days,
       sum(items_count)                                                                                         AS total_items_purchased,
       avg(CAST(known_review AS double))                                                                        AS avg_review_score,
       max(CASE WHEN newest = 1 THEN CAST(known_review AS double) END)                                          AS last_review_score,
       avg(CAST(known_days AS double))                                                                          AS avg_delivery_days,
       avg(CAST(known_delay AS double))                                                                         AS avg_delivery_delay,
       max(CASE WHEN newest = 1 THEN known_delay END)                                                           AS last_delivery_delay,
       count_if(known_delay > 0)                                                                                AS late_orders,
       max(max_installments)                                                                                    AS max_installments,
       CAST(sum(freight_value) AS double) / nullif(CAST(sum(order_total_value) AS double), 0e0)                 AS freight_share,
       CASE WHEN known.step >= 3 THEN CASE WHEN max(later.buys) IS NULL THEN 1 ELSE 0 END END                   AS churned
FROM known
LEFT JOIN (SELECT moments.moment, orders.customer_unique_id, count(*) AS buys
           FROM moments
           JOIN orders ON orders.purchase_date >= moments.moment AND orders.purchase_date < date_add('day', 90, moments.moment)
           GROUP BY moments.moment, orders.customer_unique_id) AS later
       ON later.moment = known.moment AND later.customer_unique_id = known.customer_unique_id
GROUP BY known.customer_unique_id, known.moment, known.step
