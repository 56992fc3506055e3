/*
description: One row a visitor of the clickstream who is known to be a customer.
kind: full
key: visitorid
owner: crm
audits:
  - unique: visitorid
  - not_null: [visitorid, customer_id]
columns:
  visitorid: The browser or device.
  customer_id: The customer's id in the whole shop. Of several customers who share a browser it belongs to the one who registered first.
*/
WITH claims AS (
  SELECT visitorid,
         customer_id,
         row_number() OVER (PARTITION BY visitorid ORDER BY registration_date, crm_customer_id) AS earliest
  FROM silver.crm_customers
  WHERE visitorid IS NOT NULL
)
SELECT CAST(visitorid AS varchar)    AS visitorid,
       CAST(customer_id AS varchar)  AS customer_id
FROM claims
WHERE earliest = 1
