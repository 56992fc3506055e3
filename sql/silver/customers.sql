/*
description: One row a customer of the whole shop, whichever systems know them; the hub that transactions, interactions and events point to.
kind: full
key: customer_id
owner: crm
pii: [name, email, phone, street]
audits:
  - unique: customer_id
  - not_null: [customer_id, in_marketplace, in_crm, in_invoices]
  - reconciles: { this: count(*), with: silver.customer_xref, sum: count(DISTINCT customer_id) }
  - warn: { expression: in_marketplace OR in_crm OR in_invoices }
columns:
  customer_id: The customer; the marketplace's customer_unique_id where it is known, else `<source>:<id>`.
  customer_unique_id: The id at the marketplace, where known.
  name: Pseudonym of the name, from the CRM.
  email: Pseudonym of the e-mail address, from the CRM.
  phone: Pseudonym of the phone number, from the CRM.
  street: Pseudonym of street and house number, from the CRM.
  registration_date: Date on which the customer first registered with the CRM.
  customer_segment: The CRM's own label, not the RFM segment, which gold.customer_metrics has.
  marketing_opt_in: Whether the customer agreed to marketing.
  postcode: Postcode or its first digits, from the CRM, else from the last marketplace order.
  city: City, lower case, from where the postcode is.
  state: State, from where the postcode is.
  country: Country as the CRM (ISO 3166-1 alpha-2), else the last invoice has it.
  in_marketplace: Whether the customers file of the marketplace has them.
  in_crm: Whether the CRM has them.
  in_invoices: Whether an invoice or a purchase at the till names them.
*/
WITH ids AS (
  SELECT DISTINCT customer_id
  FROM silver.customer_xref
),
profiles AS (                          -- of several CRM rows of one person the newest counts
  SELECT customer_id, customer_unique_id, name, email, phone, street, postcode, city, state, country, customer_segment, marketing_opt_in,
         min(registration_date) OVER (PARTITION BY customer_id)                                       AS registration_date,
         row_number() OVER (PARTITION BY customer_id ORDER BY registration_date DESC, crm_customer_id) AS newest
  FROM silver.crm_customers
),
addresses AS (
  SELECT customer.customer_unique_id,
         customer.customer_zip_code_prefix,
         customer.customer_city,
         customer.customer_state,
         row_number() OVER (PARTITION BY customer.customer_unique_id
                            ORDER BY placed.order_purchase_timestamp DESC NULLS LAST, customer.customer_id) AS newest
  FROM silver.marketplace_customers AS customer
  LEFT JOIN silver.orders AS placed ON placed.customer_id = customer.customer_id
),
billed_countries AS (
  SELECT customer_id,
         country,
         max(transaction_timestamp) AS last_seen
  FROM silver.transactions
  WHERE customer_id IS NOT NULL
  GROUP BY customer_id, country
),
billed AS (
  SELECT customer_id,
         country,
         row_number() OVER (PARTITION BY customer_id ORDER BY last_seen DESC, country NULLS LAST) AS newest
  FROM billed_countries
)
SELECT CAST(ids.customer_id AS varchar)                                        AS customer_id,
       CAST(coalesce(address.customer_unique_id,
                     profile.customer_unique_id) AS varchar)                   AS customer_unique_id,
       CAST(profile.name AS varchar)                                           AS name,
       CAST(profile.email AS varchar)                                          AS email,
       CAST(profile.phone AS varchar)                                          AS phone,
       CAST(profile.street AS varchar)                                         AS street,
       CAST(profile.registration_date AS date)                                 AS registration_date,
       CAST(profile.customer_segment AS varchar)                               AS customer_segment,
       CAST(profile.marketing_opt_in AS boolean)                               AS marketing_opt_in,
       CAST(CASE WHEN profile.postcode IS NOT NULL THEN profile.postcode
                 ELSE address.customer_zip_code_prefix END AS varchar)         AS postcode,
       CAST(CASE WHEN profile.postcode IS NOT NULL THEN profile.city
                 ELSE address.customer_city END AS varchar)                    AS city,
       CAST(CASE WHEN profile.postcode IS NOT NULL THEN profile.state
                 ELSE address.customer_state END AS varchar)                   AS state,
       CAST(coalesce(profile.country, billed.country) AS varchar)              AS country,
       CAST(address.customer_unique_id IS NOT NULL AS boolean)                 AS in_marketplace,
       CAST(profile.customer_id IS NOT NULL AS boolean)                        AS in_crm,
       CAST(billed.customer_id IS NOT NULL AS boolean)                         AS in_invoices
FROM ids
LEFT JOIN profiles  AS profile ON profile.customer_id = ids.customer_id AND profile.newest = 1
LEFT JOIN addresses AS address ON address.customer_unique_id = ids.customer_id AND address.newest = 1
LEFT JOIN billed               ON billed.customer_id = ids.customer_id AND billed.newest = 1
