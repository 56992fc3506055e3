/*
description: One row a variant, segment, outcome, window and measure of an experiment; the sums over its units that a report is made from.
  Answers have a time of their own and count up to the as-of date, or up to the newest of them where that is later.
kind: full
key: [experiment, variant, attribute, segment, outcome, window_hours, measure]
owner: growth
audits:
  - unique: [experiment, variant, attribute, segment, outcome, window_hours, measure]
  - not_null: [experiment, variant, attribute, segment, outcome, window_hours, measure, units]
  - accepted_values: { column: measure, values: [proportion, mean, ratio] }
  - expression: measure <> 'proportion' OR y <= units
columns:
  experiment: The experiment.
  variant: What its units were assigned to. A unit that was seen in two variants counts in the first.
  attribute: What the segment is of, at the first exposure (device, country, channel, customer_type). Empty for the row of all units.
  segment: Its value. Empty for the row of all units.
  outcome: What happened to them after the first exposure.
  window_hours: Outcomes later than so many hours after the first exposure do not count.
  measure: proportion, whether it happened at all; mean, the sum of its values; ratio, that sum over how often it happened.
  units: Units exposed before the as-of date. Exposed is whoever got an answer that the variant decided; a fall-back is none.
  y: Sum of the measure over the units.
  yy: Sum of its square.
  x: Of a proportion and a mean the sum over the units of the same measure in the 30 days before the exposure; of a ratio the sum of how often it happened.
  xx: Sum of its square.
  xy: Sum of the product of both.
  first_exposure: Business date of the first exposure.
  last_exposure: Business date of the last first exposure.
*/
WITH counted AS (
  SELECT greatest(:as_of, coalesce(date_add('day', 1, max(predicted_date)), :as_of)) AS until FROM silver.predictions
),
ranked AS (
  SELECT experiment,
         unit,
         variant,
         device,
         country,
         channel,
         customer_type,
         predicted_at,
         predicted_date,
         row_number() OVER (PARTITION BY experiment, unit ORDER BY predicted_at, prediction_id) AS exposure
  FROM silver.predictions
  CROSS JOIN counted
  WHERE experiment IS NOT NULL
    AND unit IS NOT NULL
    AND NOT fallback
    AND predicted_date < counted.until
),
exposed AS (
  SELECT experiment, unit, variant, device, country, channel, customer_type, predicted_at AS exposed_at, predicted_date AS exposed_date
  FROM ranked
  WHERE exposure = 1
),
segmented AS (
  SELECT experiment, unit, variant, exposed_date, '' AS attribute, '' AS segment FROM exposed
  UNION ALL
  SELECT experiment, unit, variant, exposed_date, 'device', device FROM exposed WHERE device IS NOT NULL
  UNION ALL
  SELECT experiment, unit, variant, exposed_date, 'country', country FROM exposed WHERE country IS NOT NULL
  UNION ALL
  SELECT experiment, unit, variant, exposed_date, 'channel', channel FROM exposed WHERE channel IS NOT NULL
  UNION ALL
  SELECT experiment, unit, variant, exposed_date, 'customer_type', customer_type FROM exposed WHERE customer_type IS NOT NULL
),
happened AS (
  SELECT coalesce(outcomes.unit, predictions.unit) AS unit,
         outcomes.outcome,
         outcomes.value,
         outcomes.occurred_at
  FROM silver.outcomes AS outcomes
  LEFT JOIN silver.predictions AS predictions ON predictions.prediction_id = outcomes.prediction_id
),
windows AS (
  SELECT window_hours FROM (VALUES 24, 72, 168, 720) AS hours (window_hours)
),
per_unit AS (                          -- only units to which something happened: the others add nothing to a sum
  SELECT exposed.experiment,
         exposed.unit,
         happened.outcome,
         windows.window_hours,
         count_if(happened.occurred_at >= exposed.exposed_at AND happened.occurred_at < date_add('hour', windows.window_hours, exposed.exposed_at)) AS after_count,
         CAST(coalesce(sum(CASE WHEN happened.occurred_at >= exposed.exposed_at AND happened.occurred_at < date_add('hour', windows.window_hours, exposed.exposed_at)
                                THEN happened.value END), 0) AS double)                                                                             AS after_value,
         count_if(happened.occurred_at < exposed.exposed_at)                                                                                        AS before_count,
         CAST(coalesce(sum(CASE WHEN happened.occurred_at < exposed.exposed_at THEN happened.value END), 0) AS double)                             AS before_value
  FROM exposed
  JOIN happened ON happened.unit = exposed.unit
               AND happened.occurred_at < exposed.exposed_at + INTERVAL '30' DAY
               AND happened.occurred_at >= exposed.exposed_at - INTERVAL '30' DAY
  CROSS JOIN windows
  GROUP BY exposed.experiment, exposed.unit, happened.outcome, windows.window_hours
),
measured AS (
  SELECT experiment, unit, outcome, window_hours, 'proportion' AS measure,
         CASE WHEN after_count > 0 THEN 1e0 ELSE 0e0 END AS y,
         CASE WHEN before_count > 0 THEN 1e0 ELSE 0e0 END AS x
  FROM per_unit
  UNION ALL
  SELECT experiment, unit, outcome, window_hours, 'mean' AS measure, after_value AS y, before_value AS x
  FROM per_unit
  UNION ALL
  SELECT experiment, unit, outcome, window_hours, 'ratio' AS measure, after_value AS y, CAST(after_count AS double) AS x
  FROM per_unit
),
sums AS (
  SELECT segmented.experiment,
         segmented.variant,
         segmented.attribute,
         segmented.segment,
         measured.outcome,
         measured.window_hours,
         measured.measure,
         sum(y)     AS y,
         sum(y * y) AS yy,
         sum(x)     AS x,
         sum(x * x) AS xx,
         sum(x * y) AS xy
  FROM segmented
  JOIN measured ON measured.experiment = segmented.experiment AND measured.unit = segmented.unit
  GROUP BY segmented.experiment, segmented.variant, segmented.attribute, segmented.segment, measured.outcome, measured.window_hours, measured.measure
),
kinds AS (
  SELECT DISTINCT outcome FROM happened
),
measures AS (
  SELECT measure FROM (VALUES 'proportion', 'mean', 'ratio') AS names (measure)
),
groups_of_units AS (
  SELECT experiment, variant, attribute, segment, count(*) AS units, min(exposed_date) AS first_exposure, max(exposed_date) AS last_exposure
  FROM segmented
  GROUP BY experiment, variant, attribute, segment
)
SELECT CAST(units.experiment AS varchar)       AS experiment,
       CAST(units.variant AS varchar)          AS variant,
       CAST(units.attribute AS varchar)        AS attribute,
       CAST(units.segment AS varchar)          AS segment,
       CAST(kinds.outcome AS varchar)          AS outcome,
       CAST(windows.window_hours AS bigint)    AS window_hours,
       CAST(measures.measure AS varchar)       AS measure,
       CAST(units.units AS bigint)             AS units,
       CAST(coalesce(sums.y, 0e0) AS double)   AS y,
       CAST(coalesce(sums.yy, 0e0) AS double)  AS yy,
       CAST(coalesce(sums.x, 0e0) AS double)   AS x,
       CAST(coalesce(sums.xx, 0e0) AS double)  AS xx,
       CAST(coalesce(sums.xy, 0e0) AS double)  AS xy,
       CAST(units.first_exposure AS date)      AS first_exposure,
       CAST(units.last_exposure AS date)       AS last_exposure
FROM groups_of_units AS units
CROSS JOIN kinds
CROSS JOIN windows
CROSS JOIN measures
LEFT JOIN sums ON sums.experiment = units.experiment
              AND sums.variant = units.variant
              AND sums.attribute = units.attribute
              AND sums.segment = units.segment
              AND sums.outcome = kinds.outcome
              AND sums.window_hours = windows.window_hours
              AND sums.measure = measures.measure
