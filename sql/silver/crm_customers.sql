/*
description: One row a customer of the CRM, with the id by which the whole shop knows them.
kind: full
key: crm_customer_id
owner: crm
pii: [name, email, phone, street]
audits:
  - unique: crm_customer_id
  - not_null: [crm_customer_id, customer_id, registration_date]
  - warn: { unique: customer_id }
  - warn: { relationships: { column: customer_unique_id, to: silver.marketplace_customers } }
columns:
  crm_customer_id: The customer's id in the CRM; what transactions and interactions hold.
  customer_id: The customer's id in the whole shop; the person at the marketplace where the CRM knows it, else `crm_customers:<id>`.
  customer_unique_id: The same person at the marketplace, where known.
  visitorid: The same person in the clickstream, where known.
  name: Pseudonym of the name.
  email: Pseudonym of the e-mail address.
  phone: Pseudonym of the phone number.
  street: Pseudonym of street and house number.
  postcode: Postcode, digits only.
  city: City, trimmed, lower case.
  state: State, two letters.
  country: Country, ISO 3166-1 alpha-2.
  registration_date: Date on which the customer registered.
  customer_segment: The CRM's own label, not the RFM segment.
  marketing_opt_in: Whether the customer agreed to marketing.
accounts:
  crm_customers: count(*)
*/
SELECT CAST(customer_id AS varchar)                                                    AS crm_customer_id,
       CAST(coalesce(customer_unique_id, 'crm_customers:' || customer_id) AS varchar)  AS customer_id,
       CAST(customer_unique_id AS varchar)                                             AS customer_unique_id,
       CAST(visitorid AS varchar)                                                      AS visitorid,
       CAST(name AS varchar)                                                           AS name,
       CAST(email AS varchar)                                                          AS email,
       CAST(phone AS varchar)                                                          AS phone,
       CAST(street AS varchar)                                                         AS street,
       CAST(replace(postcode, '-', '') AS varchar)                                     AS postcode,
       CAST(lower(trim(city)) AS varchar)                                              AS city,
       CAST(state AS varchar)                                                          AS state,
       CAST(country AS varchar)                                                        AS country,
       CAST(registration_date AS date)                                                 AS registration_date,
       CAST(customer_segment AS varchar)                                               AS customer_segment,
       CAST(marketing_opt_in AS boolean)                                               AS marketing_opt_in
FROM source.crm_customers
