/*
description: One row a customer who was ever in contact with the shop, with the channel that they prefer.
kind: full
key: customer_id
owner: support
audits:
  - unique: customer_id
  - not_null: [customer_id, preferred_channel, interactions, channels, preferred_channel_share]
  - reconciles: { this: sum(interactions), with: silver.interactions, sum: count(*), where: "interaction_date < :as_of" }
columns:
  customer_id: The customer's id in the whole shop.
  preferred_channel: The channel of most of their contacts; of equals the one used last, then the first in the alphabet.
  interactions: How many contacts there were.
  channels: How many channels they were held on.
  preferred_channel_share: Part of the contacts that were held on the preferred channel, 0 to 1.
  last_interaction_date: Business date of the last contact.
*/
WITH counted AS (
  SELECT customer_id,
         channel,
         count(*)                    AS interactions,
         max(interaction_timestamp)  AS last_used,
         max(interaction_date)       AS last_used_date
  FROM silver.interactions
  WHERE interaction_date < :as_of
  GROUP BY customer_id, channel
),
ranked AS (
  SELECT customer_id,
         channel,
         interactions,
         last_used_date,
         row_number() OVER (PARTITION BY customer_id ORDER BY interactions DESC, last_used DESC, channel) AS preference
  FROM counted
)
SELECT CAST(customer_id AS varchar)                                               AS customer_id,
       CAST(max(CASE WHEN preference = 1 THEN channel END) AS varchar)            AS preferred_channel,
       CAST(sum(interactions) AS bigint)                                          AS interactions,
       CAST(count(*) AS bigint)                                                   AS channels,
       CAST(max(CASE WHEN preference = 1 THEN interactions END) AS double)
           / CAST(sum(interactions) AS double)                                    AS preferred_channel_share,
       CAST(max(last_used_date) AS date)                                          AS last_interaction_date
FROM ranked
GROUP BY customer_id
