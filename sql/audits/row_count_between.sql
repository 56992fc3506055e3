/*
description: The row it returns is a count of rows outside the bounds.
parameters:
  min: { type: number, description: The least that passes., default: 1 }
  max: { type: number, description: The most that passes., default: "9223372036854775807" }
*/
SELECT count(*) AS row_count
FROM {{model}}
HAVING count(*) < {{min}} OR count(*) > {{max}}
