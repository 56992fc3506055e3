/*
description: One row a predictor, version and day; how it answered, and how right it was where the outcome is known.
kind: full
key: [kind, version, predicted_date]
owner: learning
audits:
  - unique: [kind, version, predicted_date]
  - not_null: [kind, version, predicted_date, predictions, fallbacks]
  - expression: fallbacks <= predictions
  - expression: fallback_share BETWEEN 0 AND 1
columns:
  kind: The predictor, or price, shipping, recommendations.
  version: Of the model, the prices, the rate cards.
  predicted_date: Business date of the answers.
  predictions: Answers.
  fallbacks: Answers that did not come from the model.
  fallback_share: fallbacks / predictions.
  mean_score: Mean of the scores of the others.
  mean_latency_ms: Mean time to an answer, in milliseconds.
  max_latency_ms: The longest.
  matured: Answers of the model that are seven days old, so that their outcome counts.
  outcomes: Of those, after how many a purchase (for churn, a churn) was reported within seven days.
  outcome_rate: outcomes / matured.
  brier_score: Mean of (score − outcome)², 0 is perfect. NULL where scores are no probabilities.
  log_loss: Mean of −log of the probability that was given to what happened. NULL where scores are no probabilities.
*/
WITH answers AS (
  SELECT prediction_id, kind, version, unit, predicted_date, predicted_at, fallback, score, latency_ms,
         CASE WHEN kind = 'churn' THEN 'churn' ELSE 'purchase' END AS hoped_for
  FROM silver.predictions
  WHERE predicted_date < :as_of
),
reported AS (                          -- by the answer that the outcome names, else by the unit
  SELECT answers.prediction_id
  FROM answers
  JOIN silver.outcomes AS outcomes ON outcomes.prediction_id = answers.prediction_id AND outcomes.outcome = answers.hoped_for
  WHERE outcomes.occurred_at >= answers.predicted_at AND outcomes.occurred_at < answers.predicted_at + INTERVAL '7' DAY
  UNION
  SELECT answers.prediction_id
  FROM answers
  JOIN silver.outcomes AS outcomes ON outcomes.unit = answers.unit AND outcomes.outcome = answers.hoped_for
  WHERE outcomes.prediction_id IS NULL
    AND outcomes.occurred_at >= answers.predicted_at AND outcomes.occurred_at < answers.predicted_at + INTERVAL '7' DAY
),
answered AS (
  SELECT answers.*,
         NOT fallback AND score IS NOT NULL AND predicted_date < date_add('day', -7, :as_of) AS is_matured,
         reported.prediction_id IS NOT NULL AS came_true
  FROM answers
  LEFT JOIN reported ON reported.prediction_id = answers.prediction_id
),
judged AS (
  SELECT answered.*,
         CASE WHEN is_matured AND score BETWEEN 0e0 AND 1e0 THEN greatest(least(score, 1e0 - 1e-15), 1e-15) END AS probability
  FROM answered
)
SELECT CAST(kind AS varchar)                                                                         AS kind,
       CAST(version AS varchar)                                                                      AS version,
       CAST(predicted_date AS date)                                                                  AS predicted_date,
       CAST(count(*) AS bigint)                                                                      AS predictions,
       CAST(count_if(fallback) AS bigint)                                                            AS fallbacks,
       CAST(count_if(fallback) AS double) / CAST(count(*) AS double)                                 AS fallback_share,
       avg(CASE WHEN NOT fallback THEN score END)                                                    AS mean_score,
       avg(latency_ms)                                                                               AS mean_latency_ms,
       max(latency_ms)                                                                               AS max_latency_ms,
       CAST(count_if(is_matured) AS bigint)                                                          AS matured,
       CAST(count_if(is_matured AND came_true) AS bigint)                                            AS outcomes,
       CAST(count_if(is_matured AND came_true) AS double) / nullif(CAST(count_if(is_matured) AS double), 0e0) AS outcome_rate,
       avg((probability - CASE WHEN came_true THEN 1e0 ELSE 0e0 END) * (probability - CASE WHEN came_true THEN 1e0 ELSE 0e0 END)) AS brier_score,
       avg(-ln(CASE WHEN came_true THEN probability ELSE 1e0 - probability END))                     AS log_loss
FROM judged
GROUP BY kind, version, predicted_date
