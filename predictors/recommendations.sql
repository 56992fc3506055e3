-- One row a visitor, an item and a day on which they had to do with each other, in the half year before the as-of date: 1 looked at, 3 put into the cart, 5 bought.
SELECT visitorid,
       itemid,
       CAST(event_date AS timestamp(6))                                              AS at_time,
       max(CASE event WHEN 'transaction' THEN 5 WHEN 'addtocart' THEN 3 ELSE 1 END)  AS interest
FROM silver.events
WHERE duplicate_of IS NULL
  AND itemid IS NOT NULL
  AND event IN ('view', 'addtocart', 'transaction')
  AND event_date < :as_of
  AND event_date >= date_add('day', -180, :as_of)
GROUP BY visitorid, itemid, event_date
