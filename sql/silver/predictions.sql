/*
description: One row an answer of the scoring API, once however often it was logged.
kind: partitions
key: prediction_id
partition_by: day(predicted_date)
time: { column: predicted_date, grain: day }
changes:
  source.predictions: predicted_at__date
owner: learning
audits:
  - unique: prediction_id
  - not_null: [prediction_id, request_id, predicted_at, predicted_date, kind, version, fallback]
  - expression: fallback OR kind IN ('recommendations', 'shipping') OR score IS NOT NULL
  - non_negative: latency_ms
columns:
  prediction_id: The answer.
  request_id: All answers to one request share it.
  kind: The predictor, or price, shipping, recommendations.
  version: Of the model, the prices, the rate cards.
  experiment: The experiment that decided on the variant. NULL without one.
  variant: What the unit was assigned to.
  unit: Who was assigned, a visitor or a customer.
  device: What the request said of who is asked about. NULL where it did not; likewise the three below.
  country: As the request said.
  channel: As the request said.
  customer_type: As the request said.
  entity: What was asked about, as JSON.
  features: Every input as the model got it, as JSON.
  response: What was answered, as JSON.
  score: The figure that was answered; a probability, or in the predictor's own unit.
  fallback: Whether the answer did not come from the model.
  reason: Why it did not, as features_missing. NULL where it did, and of answers that were logged before this was.
  key_id: Names the API key.
  latency_ms: From request to answer, in milliseconds.
  predicted_at: When it was answered (UTC).
  predicted_date: Business date on which it was answered.
accounts:
  predictions: count(*)
*/
SELECT CAST(prediction_id AS varchar)            AS prediction_id,
       CAST(request_id AS varchar)               AS request_id,
       CAST(kind AS varchar)                     AS kind,
       CAST(version AS varchar)                  AS version,
       CAST(experiment AS varchar)               AS experiment,
       CAST(variant AS varchar)                  AS variant,
       CAST(unit AS varchar)                     AS unit,
       CAST(device AS varchar)                   AS device,
       CAST(country AS varchar)                  AS country,
       CAST(channel AS varchar)                  AS channel,
       CAST(customer_type AS varchar)            AS customer_type,
       CAST(entity AS varchar)                   AS entity,
       CAST(features AS varchar)                 AS features,
       CAST(response AS varchar)                 AS response,
       CAST(score AS double)                     AS score,
       CAST(fallback AS boolean)                 AS fallback,
       CAST(reason AS varchar)                   AS reason,
       CAST(key_id AS varchar)                   AS key_id,
       CAST(latency_ms AS double)                AS latency_ms,
       CAST(predicted_at__time AS timestamp(6))  AS predicted_at,
       CAST(predicted_at__date AS date)          AS predicted_date
FROM source.predictions
