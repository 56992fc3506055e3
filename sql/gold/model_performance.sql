/*
description: One row a predictor, version, experiment, variant and day; how it answered, and how right it was where the outcome is known.
  Answers have a time of their own and count up to the as-of date, or up to the newest of them where that is later.
kind: full
key: [kind, version, experiment, variant, predicted_date]
owner: learning
audits:
  - unique: [kind, version, experiment, variant, predicted_date]
  - not_null: [kind, version, experiment, variant, predicted_date, predictions, fallbacks]
  - expression: fallbacks <= predictions
  - expression: fallback_share BETWEEN 0 AND 1
  - expression: auc BETWEEN 0 AND 1
  - expression: calibration_error BETWEEN 0 AND 1
columns:
  kind: The predictor, or price, shipping, recommendations.
  version: Of the model, the prices, the rate cards.
  experiment: The experiment that decided on the variant; none without one.
  variant: What the unit was assigned to; none without an experiment.
  predicted_date: Business date of the answers.
  predictions: Answers.
  fallbacks: Answers that did not come from the model.
  fallback_share: fallbacks / predictions.
  mean_score: Mean of the scores of the others.
  mean_latency_ms: Mean time to an answer, in milliseconds.
  p50_latency_ms: Half of the answers took no longer.
  p99_latency_ms: Ninety-nine of a hundred took no longer.
  max_latency_ms: The longest.
  matured: Answers of the model that are old enough that their outcome counts, seven days, of churn ninety.
  outcomes: Of those, after how many a purchase (for churn, a churn) was reported within that time.
  outcome_rate: outcomes / matured.
  brier_score: Mean of (score − outcome)², 0 is perfect. NULL where scores are no probabilities.
  log_loss: Mean of −log of the probability that was given to what happened. NULL where scores are no probabilities.
  auc: Chance that an answer after which it happened has the higher score of two, ties counted half. NULL where all or none came true.
  calibration_error: Mean over ten bins of equal number of answers, weighed by that number, of |mean probability − share that came true|. NULL where scores are no probabilities.
*/
WITH counted AS (
  SELECT greatest(:as_of, coalesce(date_add('day', 1, max(predicted_date)), :as_of)) AS until FROM silver.predictions
),
answers AS (
  SELECT prediction_id, kind, version, coalesce(experiment, 'none') AS experiment, coalesce(variant, 'none') AS variant, unit, predicted_date, predicted_at, fallback, score, latency_ms,
         CASE WHEN kind = 'churn' THEN 'churn' ELSE 'purchase' END AS hoped_for,
         date_add('day', CASE WHEN kind = 'churn' THEN 90 ELSE 7 END, predicted_at) AS open_until,
         predicted_date < date_add('day', CASE WHEN kind = 'churn' THEN -90 ELSE -7 END, counted.until) AS is_old
  FROM silver.predictions
  CROSS JOIN counted
  WHERE predicted_date < counted.until
),
reported AS (                          -- by the answer that the outcome names, else by the unit
  SELECT answers.prediction_id
  FROM answers
  JOIN silver.outcomes AS outcomes ON outcomes.prediction_id = answers.prediction_id AND outcomes.outcome = answers.hoped_for
  WHERE outcomes.occurred_at >= answers.predicted_at AND outcomes.occurred_at < answers.open_until
  UNION
  SELECT answers.prediction_id
  FROM answers
  JOIN silver.outcomes AS outcomes ON outcomes.unit = answers.unit AND outcomes.outcome = answers.hoped_for
  WHERE outcomes.prediction_id IS NULL
    AND outcomes.occurred_at >= answers.predicted_at AND outcomes.occurred_at < answers.open_until
),
answered AS (
  SELECT answers.*,
         NOT fallback AND score IS NOT NULL AND is_old AS is_matured,
         reported.prediction_id IS NOT NULL AS came_true,
         row_number() OVER (PARTITION BY kind, version, experiment, variant, predicted_date ORDER BY latency_ms, answers.prediction_id) AS latency_rank,
         count(*) OVER (PARTITION BY kind, version, experiment, variant, predicted_date) AS of_the_day,
         min(CASE WHEN kind NOT IN ('price', 'shipping') AND (fallback OR score IS NULL OR score BETWEEN 0e0 AND 1e0) THEN 1 ELSE 0 END)
           OVER (PARTITION BY kind, version) AS of_probabilities   -- a price of 0.90 is none
  FROM answers
  LEFT JOIN reported ON reported.prediction_id = answers.prediction_id
),
judged AS (
  SELECT answered.*,
         CASE WHEN is_matured AND of_probabilities = 1 THEN greatest(least(score, 1e0 - 1e-15), 1e-15) END AS probability,
         CASE WHEN came_true THEN 1e0 ELSE 0e0 END AS truth
  FROM answered
),
placed AS (                            -- equal scores share the mean of their ranks, so ties count half
  SELECT kind, version, experiment, variant, predicted_date, probability, truth, came_true,
         CAST(rank() OVER (PARTITION BY kind, version, experiment, variant, predicted_date ORDER BY score) AS double)
           + (CAST(count(*) OVER (PARTITION BY kind, version, experiment, variant, predicted_date, score) AS double) - 1e0) / 2e0 AS place,
         (10 * (row_number() OVER (PARTITION BY kind, version, experiment, variant, predicted_date ORDER BY score, prediction_id) - 1))
           / count(*) OVER (PARTITION BY kind, version, experiment, variant, predicted_date) AS bin
  FROM judged
  WHERE is_matured
),
ranked AS (
  SELECT kind, version, experiment, variant, predicted_date,
         (sum(CASE WHEN came_true THEN place ELSE 0e0 END) - sum(truth) * (sum(truth) + 1e0) / 2e0) / nullif(sum(truth) * sum(1e0 - truth), 0e0) AS auc
  FROM placed
  GROUP BY kind, version, experiment, variant, predicted_date
),
bins AS (
  SELECT kind, version, experiment, variant, predicted_date, bin, count(probability) AS answers, abs(avg(probability) - avg(truth)) AS gap
  FROM placed
  WHERE probability IS NOT NULL
  GROUP BY kind, version, experiment, variant, predicted_date, bin
),
calibrated AS (
  SELECT kind, version, experiment, variant, predicted_date, sum(gap * CAST(answers AS double)) / CAST(sum(answers) AS double) AS calibration_error
  FROM bins
  GROUP BY kind, version, experiment, variant, predicted_date
),
days AS (
  SELECT kind, version, experiment, variant, predicted_date,
         count(*)                                                                                AS predictions,
         count_if(fallback)                                                                      AS fallbacks,
         avg(CASE WHEN NOT fallback THEN score END)                                              AS mean_score,
         avg(latency_ms)                                                                         AS mean_latency_ms,
         min(CASE WHEN CAST(latency_rank AS double) >= 0.50e0 * CAST(of_the_day AS double) THEN latency_ms END) AS p50_latency_ms,
         min(CASE WHEN CAST(latency_rank AS double) >= 0.99e0 * CAST(of_the_day AS double) THEN latency_ms END) AS p99_latency_ms,
         max(latency_ms)                                                                         AS max_latency_ms,
         count_if(is_matured)                                                                    AS matured,
         count_if(is_matured AND came_true)                                                      AS outcomes,
         avg((probability - truth) * (probability - truth))                                      AS brier_score,
         avg(-ln(CASE WHEN came_true THEN probability ELSE 1e0 - probability END))               AS log_loss
  FROM judged
  GROUP BY kind, version, experiment, variant, predicted_date
)
SELECT CAST(days.kind AS varchar)                                                                    AS kind,
       CAST(days.version AS varchar)                                                                 AS version,
       CAST(days.experiment AS varchar)                                                              AS experiment,
       CAST(days.variant AS varchar)                                                                 AS variant,
       CAST(days.predicted_date AS date)                                                             AS predicted_date,
       CAST(days.predictions AS bigint)                                                              AS predictions,
       CAST(days.fallbacks AS bigint)                                                                AS fallbacks,
       CAST(days.fallbacks AS double) / CAST(days.predictions AS double)                             AS fallback_share,
       days.mean_score                                                                               AS mean_score,
       days.mean_latency_ms                                                                          AS mean_latency_ms,
       days.p50_latency_ms                                                                           AS p50_latency_ms,
       days.p99_latency_ms                                                                           AS p99_latency_ms,
       days.max_latency_ms                                                                           AS max_latency_ms,
       CAST(days.matured AS bigint)                                                                  AS matured,
       CAST(days.outcomes AS bigint)                                                                 AS outcomes,
       CAST(days.outcomes AS double) / nullif(CAST(days.matured AS double), 0e0)                     AS outcome_rate,
       days.brier_score                                                                              AS brier_score,
       days.log_loss                                                                                 AS log_loss,
       ranked.auc                                                                                    AS auc,
       calibrated.calibration_error                                                                  AS calibration_error
FROM days
LEFT JOIN ranked ON ranked.kind = days.kind AND ranked.version = days.version AND ranked.experiment = days.experiment AND ranked.variant = days.variant
                AND ranked.predicted_date = days.predicted_date
LEFT JOIN calibrated ON calibrated.kind = days.kind AND calibrated.version = days.version AND calibrated.experiment = days.experiment AND calibrated.variant = days.variant
                    AND calibrated.predicted_date = days.predicted_date
