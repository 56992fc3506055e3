-- One row a visitor, an item and a day on which the visitor looked at it or put it in the cart: a second after the last such event. Features are
-- read as of that moment. The label is a purchase of the item in the seven days from then on, NULL while they are not over.
WITH touched AS (
  SELECT visitorid, itemid, event_date, date_add('second', 1, max(event_time)) AS at_time
  FROM silver.events
  WHERE duplicate_of IS NULL
    AND itemid IS NOT NULL
    AND event IN ('view', 'addtocart')
    AND event_date < :as_of
  GROUP BY visitorid, itemid, event_date
),
bought AS (
  SELECT visitorid, itemid, event_time
  FROM silver.events
  WHERE duplicate_of IS NULL
    AND event = 'transaction'
    AND event_date < :as_of
)
SELECT touched.visitorid,
       touched.itemid,
       touched.at_time,
       CASE WHEN date_add('day', 7, touched.at_time) <= CAST(:as_of AS timestamp(6)) THEN CASE WHEN count(bought.event_time) > 0 THEN 1 ELSE 0 END END AS converted
FROM touched
LEFT JOIN bought ON bought.visitorid = touched.visitorid
                AND bought.itemid = touched.itemid
                AND bought.event_time >= touched.at_time
                AND bought.event_time < date_add('day', 7, touched.at_time)
GROUP BY touched.visitorid, touched.itemid, touched.at_time
