/*
description: Each row it returns has a number below zero where none may be. NULL passes.
parameters:
  column: { type: column, description: "The column; given several, each is audited by itself." }
*/
SELECT *
FROM {{model}}
WHERE {{column}} < 0
