/*
description: One row something that happened after an answer of the scoring API, once however often it was reported.
kind: partitions
key: outcome_id
partition_by: day(occurred_date)
time: { column: occurred_date, grain: day }
changes:
  source.outcomes: occurred_at__date
owner: learning
audits:
  - unique: outcome_id
  - not_null: [outcome_id, outcome, occurred_at, occurred_date]
  - expression: prediction_id IS NOT NULL OR unit IS NOT NULL
  - accepted_values: { column: outcome, values: [purchase, cart, abandonment, view, churn, delivered, other] }
  - warn: { relationships: { column: prediction_id, to: silver.predictions } }
columns:
  outcome_id: The reporter's id of it.
  prediction_id: The answer that it follows, where one is named.
  unit: Whose outcome it is, where named.
  outcome: What happened.
  value: In the currency of the shop; days for a delivery. NULL where it has none.
  key_id: Names the API key that reported it.
  occurred_at: When it happened (UTC).
  occurred_date: Business date on which it happened.
accounts:
  outcomes: count(*)
*/
SELECT CAST(outcome_id AS varchar)              AS outcome_id,
       CAST(prediction_id AS varchar)           AS prediction_id,
       CAST(unit AS varchar)                    AS unit,
       CAST(outcome AS varchar)                 AS outcome,
       CAST(value AS decimal(18, 4))            AS value,
       CAST(key_id AS varchar)                  AS key_id,
       CAST(occurred_at__time AS timestamp(6))  AS occurred_at,
       CAST(occurred_at__date AS date)          AS occurred_date
FROM source.outcomes
