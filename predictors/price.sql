-- One row a product and a week in which its price stood still: what it was asked for, beside what is usual for it and what competitors asked, how it had
-- sold before, and how many pieces went in that week. Weeks begin with every change of the price and follow one another until the next, so that
-- what is learned from was all sold at the one price. And one row a product at the as-of date, whose week is still to come.
WITH spans AS (
  SELECT known.item_id                                              AS product_id,
         said.valid_from_date,
         least(said.valid_to_date, :as_of)                          AS until,
         said.valid_to_date,
         CAST(said.price AS double)                                 AS price
  FROM silver.item_history AS said
  JOIN silver.item_xref AS known ON known.source = 'item_properties' AND known.source_id = said.itemid
  WHERE said.price > DECIMAL '0'
    AND said.valid_from_date < :as_of
),
offers AS (
  SELECT span.product_id,
         date_add('day', 7 * week, span.valid_from_date)            AS moment,
         span.price,
         true                                                       AS is_over
  FROM spans AS span
  CROSS JOIN UNNEST(sequence(0, 51)) AS weeks (week)
  WHERE date_add('day', 7 * week + 7, span.valid_from_date) <= span.until
    AND date_add('day', 7 * week, span.valid_from_date) >= date_add('day', -364, :as_of)
  UNION ALL
  SELECT product_id, :as_of, price, false
  FROM spans
  WHERE valid_to_date >= :as_of
),
sales AS (
  SELECT item.product_id,
         placed.purchase_date,
         count(*)                                                   AS units
  FROM silver.order_items AS item
  JOIN silver.orders AS placed ON placed.order_id = item.order_id
  WHERE placed.purchase_date < :as_of
    AND placed.order_status NOT IN ('canceled', 'unavailable')
  GROUP BY item.product_id, placed.purchase_date
),
sold AS (
  SELECT offer.product_id,
         offer.moment,
         sum(CASE WHEN sale.purchase_date >= offer.moment AND sale.purchase_date < date_add('day', 7, offer.moment) THEN sale.units END)   AS units,
         sum(CASE WHEN sale.purchase_date >= date_add('day', -28, offer.moment) AND sale.purchase_date < offer.moment THEN sale.units END) AS units_28d,
         sum(CASE WHEN sale.purchase_date >= date_add('day', -364, offer.moment) AND sale.purchase_date < offer.moment THEN sale.units END) AS units_364d
  FROM offers AS offer
  LEFT JOIN sales AS sale ON sale.product_id = offer.product_id
                         AND sale.purchase_date >= date_add('day', -364, offer.moment)
                         AND sale.purchase_date < date_add('day', 7, offer.moment)
  GROUP BY offer.product_id, offer.moment
),
usual AS (                             -- the mean of what it was asked for, each price by its days of the eighty-four before
  SELECT offer.product_id,
         offer.moment,
         sum(span.price * CAST(date_diff('day', greatest(span.valid_from_date, date_add('day', -84, offer.moment)), least(span.valid_to_date, offer.moment)) AS double))
           / sum(CAST(date_diff('day', greatest(span.valid_from_date, date_add('day', -84, offer.moment)), least(span.valid_to_date, offer.moment)) AS double)) AS price
  FROM offers AS offer
  JOIN spans AS span ON span.product_id = offer.product_id
                    AND span.valid_from_date < offer.moment
                    AND span.valid_to_date > date_add('day', -84, offer.moment)
  GROUP BY offer.product_id, offer.moment
),
seen AS (
  SELECT offer.product_id,
         offer.moment,
         market.price,
         row_number() OVER (PARTITION BY offer.product_id, offer.moment, market.competitor ORDER BY market.observed_at DESC) AS newest
  FROM offers AS offer
  JOIN silver.market_prices AS market ON market.product_id = offer.product_id
                                     AND market.observed_date >= date_add('day', -30, offer.moment)
                                     AND market.observed_date < offer.moment
),
market AS (
  SELECT product_id, moment, CAST(min(price) AS double) AS competitor_price
  FROM seen
  WHERE newest = 1
  GROUP BY product_id, moment
),
trade AS (                             -- how the product's category sold in the twenty-eight days before
  SELECT days.moment,
         product.category,
         CAST(sum(sale.units) AS double)                            AS units
  FROM (SELECT DISTINCT moment FROM offers) AS days
  JOIN sales AS sale ON sale.purchase_date >= date_add('day', -28, days.moment) AND sale.purchase_date < days.moment
  JOIN silver.products AS product ON product.product_id = sale.product_id
  GROUP BY days.moment, product.category
)
SELECT offer.product_id,
       CAST(offer.moment AS timestamp(6))                                                    AS at_time,
       offer.price,
       product.category,
       offer.price / usual.price                                                             AS price_to_usual,
       offer.price / market.competitor_price                                                 AS price_to_competitor,
       usual.price                                                                           AS usual_price,
       CAST(coalesce(sold.units_28d, 0) AS double) / 4e0                                     AS weekly_units_28d,
       CAST(coalesce(sold.units_364d, 0) AS double) / 52e0                                   AS weekly_units_364d,
       coalesce(trade.units, 0e0)                                                            AS category_units_28d,
       CASE WHEN offer.is_over THEN coalesce(sold.units, 0) END                              AS units
FROM offers AS offer
JOIN silver.products AS product ON product.product_id = offer.product_id
LEFT JOIN sold   ON sold.product_id = offer.product_id AND sold.moment = offer.moment
LEFT JOIN usual  ON usual.product_id = offer.product_id AND usual.moment = offer.moment
LEFT JOIN market ON market.product_id = offer.product_id AND market.moment = offer.moment
LEFT JOIN trade  ON trade.category = product.category AND trade.moment = offer.moment
