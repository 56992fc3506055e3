/*
description: Each row it returns is a value that points to nothing, and how often it occurs. NULL passes.
parameters:
  column: { type: column, description: The column that points. }
  to: { type: table, description: The table it points to. }
  field: { type: expression, description: "The column of that table; by default the one of the same name.", default: "{{column}}" }
*/
SELECT here.reference AS {{column}}, count(*) AS occurrences
FROM (SELECT {{column}} AS reference FROM {{model}} WHERE {{column}} IS NOT NULL) AS here
LEFT JOIN (SELECT DISTINCT {{field}} AS target FROM {{to}}) AS there ON here.reference = there.target
WHERE there.target IS NULL
GROUP BY here.reference
