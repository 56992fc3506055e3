/*
description: Each row it returns is a value that is not on the list, and how often it occurs. NULL passes.
parameters:
  column: { type: column, description: The column. }
  values: { type: values, description: The values that are accepted. }
*/
SELECT {{column}}, count(*) AS occurrences
FROM {{model}}
WHERE {{column}} NOT IN ({{values}})
GROUP BY {{column}}
