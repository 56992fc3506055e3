/*
description: One row a business date on which something was bought in the web shop.
kind: full
key: date
owner: web
audits:
  - unique: date
  - not_null: [date, transactions, lines, buyers, revenue, unpriced_lines]
  - non_negative: [revenue, unpriced_lines]
  - reconciles: { this: sum(lines), with: gold.fact_sales_transactions, sum: count(*) }
  - reconciles: { this: sum(revenue), with: gold.fact_sales_transactions, sum: sum(price) }
columns:
  date: The business date.
  transactions: How many purchases there were.
  lines: How many items they had.
  buyers: How many different visitors bought.
  revenue: What the items cost together, in the currency of the clickstream.
  unpriced_lines: Of how many items no price was known. They add nothing to the revenue.
*/
SELECT CAST(date AS date)                                                  AS date,
       CAST(count(DISTINCT transactionid) AS bigint)                       AS transactions,
       CAST(count(*) AS bigint)                                            AS lines,
       CAST(count(DISTINCT visitorid) AS bigint)                           AS buyers,
       CAST(coalesce(sum(price * quantity), 0) AS decimal(18, 4))          AS revenue,
       CAST(sum(CASE WHEN price IS NULL THEN 1 ELSE 0 END) AS bigint)      AS unpriced_lines
FROM gold.fact_sales_transactions
GROUP BY date
