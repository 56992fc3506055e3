/*
description: Each row it returns breaks a rule. A rule that is NULL for a row passes.
parameters:
  rule: { type: expression, description: "What has to hold for every row: delivery_days >= 0." }
*/
SELECT *
FROM {{model}}
WHERE NOT ({{rule}})
