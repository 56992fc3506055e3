/*
description: One row a variant, outcome and measure of an experiment; the sums over its units that a report is made from.
kind: full
key: [experiment, variant, outcome, measure]
owner: growth
audits:
  - unique: [experiment, variant, outcome, measure]
  - not_null: [experiment, variant, outcome, measure, units]
  - accepted_values: { column: measure, values: [proportion, mean] }
  - expression: measure <> 'proportion' OR y <= units
columns:
  experiment: The experiment.
  variant: What its units were assigned to. A unit that was seen in two variants counts in the first.
  outcome: What happened to them within seven days of the first exposure.
  measure: proportion, whether it happened at all; mean, the sum of its values.
  units: Units exposed before the as-of date.
  y: Sum of the measure over the units.
  yy: Sum of its square.
  x: Sum over the units of the same measure in the 30 days before the exposure.
  xx: Sum of its square.
  xy: Sum of the product of both.
  first_exposure: Business date of the first exposure.
  last_exposure: Business date of the last first exposure.
*/
WITH ranked AS (
  SELECT experiment,
         unit,
         variant,
         predicted_at,
         predicted_date,
         row_number() OVER (PARTITION BY experiment, unit ORDER BY predicted_at, prediction_id) AS exposure
  FROM silver.predictions
  WHERE experiment IS NOT NULL
    AND unit IS NOT NULL
    AND predicted_date < :as_of
),
exposed AS (
  SELECT experiment, unit, variant, predicted_at AS exposed_at, predicted_date AS exposed_date
  FROM ranked
  WHERE exposure = 1
),
happened AS (
  SELECT coalesce(outcomes.unit, predictions.unit) AS unit,
         outcomes.outcome,
         outcomes.value,
         outcomes.occurred_at
  FROM silver.outcomes AS outcomes
  LEFT JOIN silver.predictions AS predictions ON predictions.prediction_id = outcomes.prediction_id
  WHERE outcomes.occurred_date < :as_of
),
kinds AS (
  SELECT DISTINCT outcome FROM happened
),
units AS (
  SELECT exposed.experiment,
         exposed.variant,
         exposed.unit,
         exposed.exposed_date,
         kinds.outcome,
         count_if(happened.occurred_at >= exposed.exposed_at)                                                                    AS after_count,
         CAST(coalesce(sum(CASE WHEN happened.occurred_at >= exposed.exposed_at THEN happened.value END), 0) AS double)         AS after_value,
         count_if(happened.occurred_at < exposed.exposed_at)                                                                     AS before_count,
         CAST(coalesce(sum(CASE WHEN happened.occurred_at < exposed.exposed_at THEN happened.value END), 0) AS double)          AS before_value
  FROM exposed
  CROSS JOIN kinds
  LEFT JOIN happened ON happened.unit = exposed.unit
                    AND happened.outcome = kinds.outcome
                    AND happened.occurred_at < exposed.exposed_at + INTERVAL '7' DAY
                    AND happened.occurred_at >= exposed.exposed_at - INTERVAL '30' DAY
  GROUP BY exposed.experiment, exposed.variant, exposed.unit, exposed.exposed_date, kinds.outcome
),
measured AS (
  SELECT experiment, variant, outcome, exposed_date, 'proportion' AS measure,
         CASE WHEN after_count > 0 THEN 1e0 ELSE 0e0 END AS y,
         CASE WHEN before_count > 0 THEN 1e0 ELSE 0e0 END AS x
  FROM units
  UNION ALL
  SELECT experiment, variant, outcome, exposed_date, 'mean' AS measure, after_value AS y, before_value AS x
  FROM units
)
SELECT CAST(experiment AS varchar)   AS experiment,
       CAST(variant AS varchar)      AS variant,
       CAST(outcome AS varchar)      AS outcome,
       CAST(measure AS varchar)      AS measure,
       CAST(count(*) AS bigint)      AS units,
       CAST(sum(y) AS double)        AS y,
       CAST(sum(y * y) AS double)    AS yy,
       CAST(sum(x) AS double)        AS x,
       CAST(sum(x * x) AS double)    AS xx,
       CAST(sum(x * y) AS double)    AS xy,
       CAST(min(exposed_date) AS date) AS first_exposure,
       CAST(max(exposed_date) AS date) AS last_exposure
FROM measured
GROUP BY experiment, variant, outcome, measure
