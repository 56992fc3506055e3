-- One row a customer and a moment, the beginning of the as-of date and of every thirtieth day before it, for customers who had ordered by then, whatever became of the
-- order. Only what was known by then counts: a delivery once it had happened, an order's first review once it was
-- answered: a mean of all would tell whether more are to come. The label is NULL while its ninety days are not over.
WITH moments AS (
  SELECT date_add('day', -30 * step, :as_of) AS moment,
         step
  FROM UNNEST(sequence(0, 20)) AS steps (step)
),
items AS (
  SELECT order_id,
         count(*)               AS items_count,
         sum(item_value)        AS order_value,
         sum(freight_value)     AS freight_value,
         min(category)          AS category
  FROM silver.order_items
  GROUP BY order_id
),
orders AS (
  SELECT placed.order_id,
         placed.customer_unique_id,
         placed.customer_state,
         placed.purchase_date,
         placed.estimated_delivery_date,
         placed.delivered_date,
         placed.delivery_days,
         placed.delivery_delay,
         coalesce(items.items_count, 0)    AS items_count,
         coalesce(items.order_value, 0)    AS order_value,
         coalesce(items.freight_value, 0)  AS freight_value,
         coalesce(items.category, 'none')  AS category,
         payments.max_installments,
         reviews.first_review_score,
         reviews.first_review_answered_at
  FROM silver.orders AS placed
  LEFT JOIN items                              ON items.order_id = placed.order_id
  LEFT JOIN silver.order_payments AS payments  ON payments.order_id = placed.order_id
  LEFT JOIN silver.order_reviews AS reviews    ON reviews.order_id = placed.order_id
  WHERE placed.customer_unique_id IS NOT NULL
    AND placed.purchase_date < :as_of
),
known AS (
  SELECT moments.moment,
         moments.step,
         orders.*,
         CASE WHEN delivered_date < moments.moment THEN delivered_date END                                                     AS known_delivery,
         CASE WHEN delivered_date < moments.moment THEN delivery_days END                                                      AS known_days,
         CASE WHEN delivered_date < moments.moment THEN delivery_delay
              WHEN estimated_delivery_date < moments.moment THEN date_diff('day', estimated_delivery_date, moments.moment) END AS known_delay,
         CASE WHEN first_review_answered_at < CAST(moments.moment AS timestamp(6)) THEN first_review_score END                 AS known_review,
         row_number() OVER (PARTITION BY moments.moment, customer_unique_id ORDER BY purchase_date DESC, order_id)             AS newest,
         lead(purchase_date) OVER (PARTITION BY moments.moment, customer_unique_id ORDER BY purchase_date, order_id)           AS next_date
  FROM moments
  JOIN orders ON orders.purchase_date < moments.moment
),
loyalty AS (                           -- of a category, the orders of three months ago and more whose customers came back within three months
  SELECT moment,
         category,
         count(*)                                                   AS of_category,
         count_if(next_date < date_add('day', 90, purchase_date))   AS came_back
  FROM known
  WHERE purchase_date < date_add('day', -90, moment)
  GROUP BY moment, category
),
usual AS (
  SELECT moment,
         CAST(sum(came_back) AS double) / CAST(sum(of_category) AS double) AS rate
  FROM loyalty
  GROUP BY moment
),
rates AS (                             -- of few orders, shrunk to the rate of all
  SELECT loyalty.moment,
         loyalty.category,
         (CAST(loyalty.came_back AS double) + 1e1 * usual.rate) / (CAST(loyalty.of_category AS double) + 1e1) AS return_rate
  FROM loyalty
  JOIN usual ON usual.moment = loyalty.moment
),
later AS (
  SELECT moments.moment,
         orders.customer_unique_id,
         count(*) AS buys
  FROM moments
  JOIN orders ON orders.purchase_date >= moments.moment AND orders.purchase_date < date_add('day', 90, moments.moment)
  GROUP BY moments.moment, orders.customer_unique_id
)
SELECT known.customer_unique_id,
       CAST(known.moment AS timestamp(6))                                                                       AS at_time,
       date_diff('day', max(purchase_date), known.moment)                                                       AS recency_days,
       count(*)                                                                                                 AS frequency,
       CAST(sum(order_value) AS double)                                                                         AS monetary_value,
       CAST(sum(order_value) AS double) / CAST(count(*) AS double)                                              AS avg_order_value,
       date_diff('day', min(purchase_date), max(purchase_date))                                                 AS customer_lifetime_days,
       sum(items_count)                                                                                         AS total_items_purchased,
       avg(CAST(known_review AS double))                                                                        AS avg_review_score,
       max(CASE WHEN newest = 1 THEN CAST(known_review AS double) END)                                          AS last_review_score,
       avg(CAST(known_days AS double))                                                                          AS avg_delivery_days,
       avg(CAST(known_delay AS double))                                                                         AS avg_delivery_delay,
       max(CASE WHEN newest = 1 THEN known_delay END)                                                           AS last_delivery_delay,
       max(CASE WHEN newest = 1 THEN date_diff('day', known_delivery, known.moment) END)                        AS days_since_delivery,
       count_if(known_delay > 0)                                                                                AS late_orders,
       max(max_installments)                                                                                    AS max_installments,
       CAST(sum(freight_value) AS double) / nullif(CAST(sum(order_value) AS double), 0e0)                       AS freight_share,
       max(CASE WHEN newest = 1 THEN rates.return_rate END)                                                     AS category_return_rate,
       coalesce(max(CASE WHEN newest = 1 THEN customer_state END), 'unknown')                                   AS customer_state,
       CASE WHEN known.step >= 3 THEN CASE WHEN max(later.buys) IS NULL THEN 1 ELSE 0 END END                   AS churned
FROM known
LEFT JOIN later ON later.moment = known.moment AND later.customer_unique_id = known.customer_unique_id
LEFT JOIN rates ON rates.moment = known.moment AND rates.category = known.category
GROUP BY known.customer_unique_id, known.moment, known.step
