/*
description: Each row it returns is a gap in a calendar, as the date before it and the date after it.
parameters:
  column: { type: column, description: The date column. }
  grain: { type: word, description: "The step of the calendar: day or month.", default: day }
*/
SELECT before_gap, after_gap
FROM (
  SELECT lag(calendar_date) OVER (ORDER BY calendar_date) AS before_gap, calendar_date AS after_gap
  FROM (SELECT DISTINCT {{column}} AS calendar_date FROM {{model}} WHERE {{column}} IS NOT NULL) AS dates
) AS steps
WHERE date_diff('{{grain}}', before_gap, after_gap) > 1
