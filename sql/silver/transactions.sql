/*
description: One row a line of an invoice or a purchase at the shop's own till, whatever system it comes from; never orders of the
    marketplace.
kind: partitions
key: [source, transaction_id, line_no]
partition_by: month(transaction_date)
time: { column: transaction_date, grain: month }
changes:                               # a customer of the CRM who turns out to be somebody else changes any month, so that is not listed
  source.online_retail: invoice_date__date
  source.transactions: timestamp__date
owner: finance
audits:
  - unique: [source, transaction_id, line_no]
  - not_null: [source, transaction_id, line_no, item_id, quantity, unit_price, amount, revenue, currency, transaction_kind,
      transaction_timestamp, transaction_date]
  - accepted_values: { column: source, values: [online_retail, transactions] }
  - accepted_values: { column: transaction_kind, values: [sale, cancellation, adjustment] }
  - expression: quantity <> 0
  - reconciles: { this: sum(amount), with: source.online_retail, sum: sum(quantity * unit_price), here: "source = 'online_retail'" }
  - warn: { not_null: customer_id }
columns:
  source: The source that the line comes from, `online_retail` (invoices) or `transactions` (the till).
  transaction_id: Number of the invoice, or of the purchase.
  line_no: Number of the line within it, from 1, in the order of the file; exact duplicates are not counted. Always 1 at the till.
  customer_id: The customer's id in the whole shop. NULL where no customer is named.
  source_customer_id: The customer's id as the source has it.
  item_id: The item's id in the whole shop.
  source_item_id: The item's id as the source has it.
  description: What the invoice calls the item.
  quantity: Pieces; negative where goods came back or stock was corrected, never 0.
  unit_price: Price of a piece, in `currency`.
  amount: quantity × unit_price, signed.
  revenue: What the line adds to revenue, signed, so that a sale and its cancellation make 0. An adjustment of accounts (`A…`) and a
      purchase cancelled or refunded at the till add nothing.
  currency: ISO 4217 code.
  transaction_kind: sale; cancellation (an invoice `C…`, or a purchase cancelled or refunded at the till); adjustment (an invoice `A…`, or
      a negative quantity on any other invoice).
  payment_method: How it was paid, where the source says so.
  transaction_status: Where it stands, where the source says so.
  country: Country of the customer, where the source says so.
  transaction_timestamp: When it took place (UTC).
  transaction_date: Business date on which it took place, in the source's own zone.
accounts:
  online_retail: sum(CASE WHEN source = 'online_retail' THEN 1 ELSE 0 END)
  transactions: sum(CASE WHEN source = 'transactions' THEN 1 ELSE 0 END)
*/
WITH invoice_lines AS (
  SELECT 'online_retail'                                             AS source,
         invoice_no                                                  AS transaction_id,
         -- Files come one after the other and rows of a file in its order, so a line that arrives later never renumbers an earlier one.
         row_number() OVER (PARTITION BY invoice_no
                            ORDER BY _ingested_at, _file_id, _row)   AS line_no,
         'online_retail:' || customer_id                             AS customer_id,
         customer_id                                                 AS source_customer_id,
         'online_retail:' || upper(stock_code)                       AS item_id,
         stock_code                                                  AS source_item_id,
         description,
         quantity,
         unit_price,
         invoice_no NOT LIKE 'A%'                                    AS counts_as_revenue,
         _currency                                                   AS currency,
         CASE WHEN invoice_no LIKE 'C%' THEN 'cancellation'
              WHEN invoice_no LIKE 'A%' THEN 'adjustment'
              WHEN quantity < 0         THEN 'adjustment'
              ELSE 'sale' END                                        AS transaction_kind,
         CAST(NULL AS varchar)                                       AS payment_method,
         CAST(NULL AS varchar)                                       AS transaction_status,
         country,
         invoice_date                                                AS transaction_timestamp,
         invoice_date__date                                          AS transaction_date
  FROM source.online_retail
),
till_purchases AS (
  SELECT 'transactions'                                                              AS source,
         purchase.transaction_id,
         1                                                                           AS line_no,
         coalesce(customer.customer_id, 'crm_customers:' || purchase.user_id)        AS customer_id,
         purchase.user_id                                                            AS source_customer_id,
         purchase.product_id                                                         AS item_id,
         purchase.product_id                                                         AS source_item_id,
         CAST(NULL AS varchar)                                                       AS description,
         purchase.quantity,
         purchase.price                                                              AS unit_price,
         coalesce(purchase.transaction_status, '') NOT IN ('cancelled', 'refunded')  AS counts_as_revenue,
         purchase._currency                                                          AS currency,
         CASE WHEN purchase.transaction_status IN ('cancelled', 'refunded')
              THEN 'cancellation' ELSE 'sale' END                                    AS transaction_kind,
         purchase.payment_method,
         purchase.transaction_status,
         CAST(NULL AS varchar)                                                       AS country,
         purchase."timestamp"                                                        AS transaction_timestamp,
         purchase.timestamp__date                                                    AS transaction_date
  FROM source.transactions AS purchase
  LEFT JOIN silver.crm_customers AS customer ON customer.crm_customer_id = purchase.user_id
),
lines AS (
  SELECT * FROM invoice_lines
  UNION ALL
  SELECT * FROM till_purchases
)
SELECT CAST(source AS varchar)                                              AS source,
       CAST(transaction_id AS varchar)                                      AS transaction_id,
       CAST(line_no AS bigint)                                              AS line_no,
       CAST(customer_id AS varchar)                                         AS customer_id,
       CAST(source_customer_id AS varchar)                                  AS source_customer_id,
       CAST(item_id AS varchar)                                             AS item_id,
       CAST(source_item_id AS varchar)                                      AS source_item_id,
       CAST(description AS varchar)                                         AS description,
       CAST(quantity AS bigint)                                             AS quantity,
       CAST(unit_price AS decimal(18, 4))                                   AS unit_price,
       CAST(quantity * unit_price AS decimal(18, 4))                        AS amount,
       CAST(CASE WHEN counts_as_revenue
                 THEN quantity * unit_price ELSE 0 END AS decimal(18, 4))   AS revenue,
       CAST(currency AS varchar)                                            AS currency,
       CAST(transaction_kind AS varchar)                                    AS transaction_kind,
       CAST(payment_method AS varchar)                                      AS payment_method,
       CAST(transaction_status AS varchar)                                  AS transaction_status,
       CAST(country AS varchar)                                             AS country,
       CAST(transaction_timestamp AS timestamp(6))                          AS transaction_timestamp,
       CAST(transaction_date AS date)                                       AS transaction_date
FROM lines
