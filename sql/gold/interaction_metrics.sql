/*
description: One row a month, a channel and an outcome of contacts with customers, with how many there were, how fast they were answered,
    how they were liked.
kind: full
key: [interaction_month, channel, interaction_outcome]
owner: support
sort_by: interaction_month
audits:
  - unique: [interaction_month, channel, interaction_outcome]
  - not_null: [interaction_month, channel, interaction_outcome, interactions, customers, channel_share]
  - expression: channel_share > 0 AND channel_share <= 1
  - reconciles: { this: sum(interactions), with: silver.interactions, sum: count(*), where: "interaction_date < :as_of" }
columns:
  interaction_month: First day of the month in which the contact began.
  channel: How it was held.
  interaction_outcome: How it ended; `open` while it has not.
  interactions: How many contacts there were.
  customers: How many customers they were with.
  answered: How many of them were answered.
  avg_response_time_minutes: Mean minutes to the first answer of those.
  min_response_time_minutes: Fewest minutes to the first answer.
  max_response_time_minutes: Most minutes to the first answer.
  avg_satisfaction_score: Mean satisfaction of those who told, 1 to 5.
  channel_share: Part of the channel's contacts of the month that ended so, 0 to 1.
*/
WITH counted AS (
  SELECT date_trunc('month', interaction_date)         AS interaction_month,
         channel,
         coalesce(interaction_outcome, 'open')         AS interaction_outcome,
         count(*)                                      AS interactions,
         count(DISTINCT customer_id)                   AS customers,
         count(response_time_minutes)                  AS answered,
         avg(CAST(response_time_minutes AS double))    AS avg_response_time_minutes,
         min(response_time_minutes)                    AS min_response_time_minutes,
         max(response_time_minutes)                    AS max_response_time_minutes,
         avg(CAST(satisfaction_score AS double))       AS avg_satisfaction_score
  FROM silver.interactions
  WHERE interaction_date < :as_of
  GROUP BY date_trunc('month', interaction_date), channel, coalesce(interaction_outcome, 'open')
)
SELECT CAST(interaction_month AS date)                                                            AS interaction_month,
       CAST(channel AS varchar)                                                                   AS channel,
       CAST(interaction_outcome AS varchar)                                                       AS interaction_outcome,
       CAST(interactions AS bigint)                                                               AS interactions,
       CAST(customers AS bigint)                                                                  AS customers,
       CAST(answered AS bigint)                                                                   AS answered,
       CAST(avg_response_time_minutes AS double)                                                  AS avg_response_time_minutes,
       CAST(min_response_time_minutes AS bigint)                                                  AS min_response_time_minutes,
       CAST(max_response_time_minutes AS bigint)                                                  AS max_response_time_minutes,
       CAST(avg_satisfaction_score AS double)                                                     AS avg_satisfaction_score,
       CAST(interactions AS double)
           / CAST(sum(interactions) OVER (PARTITION BY interaction_month, channel) AS double)     AS channel_share
FROM counted
