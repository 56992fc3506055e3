-- One row a customer and a moment, the beginning of the as-of date and of every fifteenth day before it, for customers who had ordered by then: what was
-- known of them, and what they spent on orders of the hundred and eighty days from then on, freight included. The label is NULL while those are not over.
WITH moments AS (
  SELECT date_add('day', -15 * step, :as_of) AS moment,
         step
  FROM UNNEST(sequence(0, 41)) AS steps (step)
),
orders AS (
  SELECT order_id, customer_unique_id, purchase_date, delivered_date, delivery_delay, order_total_value, items_count, max_installments, first_review_score, first_review_answered_at
  FROM silver.orders_master
  WHERE customer_unique_id IS NOT NULL
    AND purchase_date < :as_of
),
known AS (
  SELECT moments.moment,
         moments.step,
         orders.*,
         CASE WHEN delivered_date < moments.moment THEN delivery_delay END                                        AS known_delay,
         CASE WHEN first_review_answered_at < CAST(moments.moment AS timestamp(6)) THEN first_review_score END     AS known_review,
         row_number() OVER (PARTITION BY moments.moment, customer_unique_id ORDER BY purchase_date DESC, order_id) AS newest
  FROM moments
  JOIN orders ON orders.purchase_date < moments.moment
),
later AS (
  SELECT moments.moment,
         orders.customer_unique_id,
         CAST(sum(orders.order_total_value) AS double) AS spent
  FROM moments
  JOIN orders ON orders.purchase_date >= moments.moment AND orders.purchase_date < date_add('day', 180, moments.moment)
  GROUP BY moments.moment, orders.customer_unique_id
)
SELECT known.customer_unique_id,
       CAST(known.moment AS timestamp(6))                                                                        AS at_time,
       date_diff('day', max(known.purchase_date), known.moment)                                                  AS recency_days,
       date_diff('day', min(known.purchase_date), known.moment)                                                  AS days_since_first,
       count(*)                                                                                                  AS frequency,
       count_if(known.purchase_date >= date_add('day', -180, known.moment))                                      AS orders_180d,
       CAST(sum(known.order_total_value) AS double)                                                              AS monetary_value,
       CAST(sum(known.order_total_value) AS double) / CAST(count(*) AS double)                                   AS avg_order_value,
       -- The formula of gold.customer_metrics for the same days: what was spent so far goes on at its pace.
       CAST(sum(known.order_total_value) AS double) * 180e0
         / CAST(greatest(365, date_diff('day', min(known.purchase_date), known.moment)) AS double)               AS clv_formula,
       sum(known.items_count)                                                                                    AS total_items_purchased,
       avg(CAST(known.known_review AS double))                                                                   AS avg_review_score,
       max(CASE WHEN known.newest = 1 THEN CAST(known.known_review AS double) END)                               AS last_review_score,
       max(CASE WHEN known.newest = 1 THEN known.known_delay END)                                                AS last_delivery_delay,
       max(known.max_installments)                                                                               AS max_installments,
       CASE WHEN known.step >= 12 THEN coalesce(max(later.spent), 0e0) END                                        AS spent
FROM known
LEFT JOIN later ON later.moment = known.moment AND later.customer_unique_id = known.customer_unique_id
GROUP BY known.customer_unique_id, known.moment, known.step
