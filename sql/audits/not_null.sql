/*
description: Each row it returns lacks a value that every row must have.
parameters:
  column: { type: column, description: "The column; given several, each is audited by itself." }
*/
SELECT *
FROM {{model}}
WHERE {{column}} IS NULL
