/*
description: One row a contact between a customer and the shop's support or marketing.
kind: full
key: interaction_id
owner: support
audits:
  - unique: interaction_id
  - not_null: [interaction_id, customer_id, crm_customer_id, interaction_timestamp, interaction_date, interaction_type, channel]
  - accepted_values: { column: interaction_type, values: [question, complaint, return, delivery, payment, feedback, marketing] }
  - accepted_values: { column: channel, values: [email, phone, chat, whatsapp, social, store] }
  - non_negative: response_time_minutes
  - warn: { relationships: { column: crm_customer_id, to: silver.crm_customers } }
  - warn: { relationships: { column: order_id, to: silver.orders } }
columns:
  interaction_id: The contact.
  customer_id: The customer's id in the whole shop.
  crm_customer_id: The customer's id in the CRM.
  order_id: The order it was about, where one is named.
  interaction_timestamp: When it began (UTC).
  interaction_date: Business date on which it began.
  interaction_type: What it was about.
  channel: How it was held.
  response_time_minutes: Minutes to the first answer. NULL while there is none.
  interaction_outcome: How it ended. NULL while it is open.
  satisfaction_score: What the customer thought of it, 1 to 5, where asked.
accounts:
  interactions: count(*)
*/
SELECT CAST(contact.interaction_id AS varchar)                                                        AS interaction_id,
       CAST(coalesce(customer.customer_id, 'crm_customers:' || contact.customer_id) AS varchar)       AS customer_id,
       CAST(contact.customer_id AS varchar)                                                           AS crm_customer_id,
       CAST(contact.order_id AS varchar)                                                              AS order_id,
       CAST(contact.interaction_date AS timestamp(6))                                                 AS interaction_timestamp,
       CAST(contact.interaction_date__date AS date)                                                   AS interaction_date,
       CAST(contact.interaction_type AS varchar)                                                      AS interaction_type,
       CAST(contact.channel AS varchar)                                                               AS channel,
       CAST(contact.response_time_minutes AS bigint)                                                  AS response_time_minutes,
       CAST(contact.interaction_outcome AS varchar)                                                   AS interaction_outcome,
       CAST(contact.satisfaction_score AS bigint)                                                     AS satisfaction_score
FROM source.interactions AS contact
LEFT JOIN silver.crm_customers AS customer ON customer.crm_customer_id = contact.customer_id
