/*
description: The row it returns shows two sums that should be the same and are not.
parameters:
  this: { type: expression, description: "An aggregate over the audited table: sum(monetary_value)." }
  with: { type: table, description: The table to compare with. }
  sum: { type: expression, description: "An aggregate over that table: sum(order_total_value)." }
  where: { type: expression, description: Which rows of that table count., default: "TRUE" }
  here: { type: expression, description: Which rows of the audited table count., default: "TRUE" }
  tolerance: { type: number, description: The greatest difference that passes., default: 0 }
*/
SELECT here.total AS total_here, there.total AS total_there
FROM (SELECT coalesce({{this}}, 0) AS total FROM {{model}} WHERE {{here}}) AS here
CROSS JOIN (SELECT coalesce({{sum}}, 0) AS total FROM {{with}} WHERE {{where}}) AS there
WHERE abs(here.total - there.total) > {{tolerance}}
