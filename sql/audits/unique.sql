/*
description: Each row it returns is a key that more than one row has.
parameters:
  columns: { type: columns, description: The columns that together identify a row. }
*/
SELECT {{columns}}, count(*) AS copies
FROM {{model}}
GROUP BY {{columns}}
HAVING count(*) > 1
