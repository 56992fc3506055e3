/*
description: One row an id that some system has for a customer, with the customer's id in the whole shop.
kind: full
key: [source, source_id]
owner: crm
audits:
  - unique: [source, source_id]
  - not_null: [source, source_id, customer_id]
  - accepted_values: { column: source, values: [customers, crm_customers, events, online_retail] }
columns:
  source: Whose id it is. `customers` is the marketplace (customer_unique_id), `crm_customers` the CRM, also for the till and support;
      `events` the clickstream (visitorid), `online_retail` the invoices.
  source_id: The id there.
  customer_id: The customer's id in the whole shop; the marketplace's customer_unique_id where it is known, else `<source>:<id>`.
*/
WITH known AS (
  SELECT 'customers' AS source, customer_unique_id AS source_id, customer_unique_id AS customer_id
  FROM silver.marketplace_customers
  UNION
  SELECT 'crm_customers', crm_customer_id, customer_id
  FROM silver.crm_customers
  UNION
  -- The marketplace's id counts also while only the CRM knows it: its own files may come later.
  SELECT 'customers', customer_unique_id, customer_unique_id
  FROM silver.crm_customers
  WHERE customer_unique_id IS NOT NULL
  UNION
  SELECT 'crm_customers', crm_customer_id, customer_id
  FROM silver.interactions
  UNION
  SELECT CASE WHEN source = 'transactions' THEN 'crm_customers' ELSE source END, source_customer_id, customer_id
  FROM silver.transactions
  WHERE customer_id IS NOT NULL
)
SELECT CAST(source AS varchar)       AS source,
       CAST(source_id AS varchar)    AS source_id,
       CAST(customer_id AS varchar)  AS customer_id
FROM known
UNION ALL
SELECT CAST('events' AS varchar),
       CAST(visitorid AS varchar),
       CAST(customer_id AS varchar)
FROM silver.visitor_customers
