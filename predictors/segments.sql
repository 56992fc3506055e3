-- One row a customer and a moment, the beginning of the as-of date, and a month and two months before it, for customers with a delivered order by then.
WITH moments AS (
  SELECT date_add('day', -30 * step, :as_of) AS moment
  FROM UNNEST(sequence(0, 2)) AS steps (step)
)
SELECT orders.customer_unique_id,
       CAST(moments.moment AS timestamp(6))                               AS at_time,
       date_diff('day', max(orders.purchase_date), moments.moment)        AS recency_days,
       count(*)                                                           AS frequency,
       CAST(sum(orders.order_total_value) AS double)                      AS monetary_value
FROM moments
JOIN silver.orders_master AS orders ON orders.purchase_date < moments.moment
WHERE orders.customer_unique_id IS NOT NULL
  AND orders.delivered_date < moments.moment
GROUP BY orders.customer_unique_id, moments.moment
