/*
description: One row a category of the clickstream's items, with the one above it.
kind: full
key: categoryid
owner: web
audits:
  - unique: categoryid
  - not_null: [categoryid, is_root]
  - expression: parentid <> categoryid
  - warn: { relationships: { column: parentid, to: silver.category_tree, field: categoryid } }
columns:
  categoryid: The category.
  parentid: The category above it. NULL for a root.
  is_root: Whether there is none above it.
accounts:
  category_tree: count(*)
*/
SELECT CAST(categoryid AS varchar)          AS categoryid,
       CAST(parentid AS varchar)            AS parentid,
       CAST(parentid IS NULL AS boolean)    AS is_root
FROM source.category_tree
