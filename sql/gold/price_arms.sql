/*
description: One row a product and a price that the bandit tried in the newest ninety days, relative to its usual one; how often it was shown, and how often it was bought then.
kind: full
key: [product_id, arm]
owner: pricing
audits:
  - unique: [product_id, arm]
  - not_null: [product_id, arm, shown, bought]
  - expression: bought <= shown
columns:
  product_id: The product.
  arm: Which price it was, relative to the usual one; 0.97 is three percent below.
  shown: Visitors and days that saw it; an asker who does not say who it is counts every time.
  bought: Of those, after how many a purchase was reported within seven days that names the answer.
  first_shown: Business date of the first.
  last_shown: Business date of the last.
*/
WITH window_end AS (                   -- answers are of today, also in a shop whose sources end earlier
  SELECT greatest(:as_of, coalesce(date_add('day', 1, max(predicted_date)), :as_of)) AS until FROM silver.predictions
),
shown AS (
  SELECT prediction_id,
         regexp_extract(entity, '"sku":"([^"]+)"', 1)          AS product_id,
         regexp_extract(features, '"arm":"([0-9.]+)"', 1)      AS arm,
         coalesce(unit, prediction_id)                         AS who,
         predicted_at,
         predicted_date
  FROM silver.predictions
  CROSS JOIN window_end
  WHERE kind = 'price'
    AND NOT fallback
    AND features LIKE '%"arm":"%'
    AND predicted_date < window_end.until
    AND predicted_date >= date_add('day', -90, window_end.until)   -- so long back goes the usual price, too: at another one an arm was another price
),
bought AS (
  SELECT DISTINCT shown.prediction_id
  FROM shown
  JOIN silver.outcomes AS outcomes ON outcomes.prediction_id = shown.prediction_id
  WHERE outcomes.outcome = 'purchase'
    AND outcomes.occurred_at >= shown.predicted_at
    AND outcomes.occurred_at < shown.predicted_at + INTERVAL '7' DAY
),
visits AS (                            -- a page that is loaded again is one view
  SELECT shown.product_id,
         shown.arm,
         shown.who,
         shown.predicted_date,
         max(CASE WHEN bought.prediction_id IS NOT NULL THEN 1 ELSE 0 END) AS bought
  FROM shown
  LEFT JOIN bought ON bought.prediction_id = shown.prediction_id
  WHERE shown.product_id IS NOT NULL AND shown.arm IS NOT NULL
  GROUP BY shown.product_id, shown.arm, shown.who, shown.predicted_date
)
SELECT CAST(product_id AS varchar)         AS product_id,
       CAST(arm AS double)                 AS arm,
       CAST(count(*) AS bigint)            AS shown,
       CAST(sum(bought) AS bigint)         AS bought,
       CAST(min(predicted_date) AS date)   AS first_shown,
       CAST(max(predicted_date) AS date)   AS last_shown
FROM visits
GROUP BY product_id, arm
