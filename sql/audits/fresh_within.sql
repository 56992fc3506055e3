/*
description: The row it returns shows how old the newest row is, in seconds, at the start of the run.
parameters:
  within: { type: duration, description: "The greatest age that passes: 36h, 2d." }
  column: { type: expression, description: "A time or date column; by default the run's as-of date is what has to be fresh.", default: "CAST(:as_of AS TIMESTAMP(6))" }
*/
SELECT newest, date_diff('second', newest, :now) AS age_seconds
FROM (SELECT CAST(max({{column}}) AS TIMESTAMP(6)) AS newest FROM {{model}}) AS latest
WHERE newest IS NULL OR date_diff('second', newest, :now) > {{within}}
