-- NULL, types that meet, and choices that must not be computed too early.
NULL AND false
NULL OR true
NOT NULL
1 IN (2, NULL)
1 NOT IN (2, NULL)
1 IN (1, NULL)
NULL = NULL
NULL IS NULL
NULL IS NOT DISTINCT FROM NULL
1 IS DISTINCT FROM NULL
1 = 1.0
BIGINT '1' = 1e0
1.5 BETWEEN 1 AND 2
5 NOT BETWEEN NULL AND 3
2 BETWEEN 3 AND NULL
CASE WHEN NULL THEN 1 ELSE 2 END
CASE 1 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END
CASE NULL WHEN NULL THEN 1 ELSE 2 END
CASE WHEN false THEN 1 WHEN true THEN 2.5 ELSE NULL END
CASE WHEN 1 = 2 THEN 'a' END
coalesce(NULL, 1, 2)
coalesce(NULL, 1.5, 2)
coalesce(1, 1 / CAST(0 AS integer))
coalesce(NULL, NULL)
coalesce(CAST(NULL AS varchar), '')
nullif(1, 1)
nullif(1, 2)
nullif(1, 1.0)
nullif('a', NULL)
nullif(NULL, 1)
nullif('', '')
if(true, 1)
if(false, 1)
if(NULL, 1, 2)
if(1 > 2, 'a', 'b')
if(true, 1, 2.5)
greatest(1, 2.5)
greatest(1, NULL)
greatest('a', 'B')
greatest(nan(), 1e0)
greatest(DATE '2026-01-01', DATE '2026-02-01')
greatest(DATE '2026-01-01', TIMESTAMP '2026-01-01 00:00:00.5')
least(1, 2, -3)
least(1, NULL)
least(1e0, nan())
least('a', 'B')
least(1.5, 2)
cardinality(ARRAY[1, 2, NULL])
cardinality(ARRAY[])
cardinality(CAST(NULL AS array(bigint)))
contains(ARRAY[1, 2], 2)
contains(ARRAY[1, NULL], 2)
contains(ARRAY[1, NULL], 1)
contains(ARRAY['a'], NULL)
contains(CAST(NULL AS array(varchar)), 'a')
element_at(ARRAY[1, 2], 2)
element_at(ARRAY[1, 2], 3)
element_at(ARRAY[1, 2], -1)
element_at(CAST(NULL AS array(bigint)), 1)
ARRAY[1, 2][1]
ARRAY['a', 'b'][2]
ARRAY[1, 2][CAST(3 AS bigint)]
ARRAY[1, 2.5]
ARRAY['a', NULL]
array_join(ARRAY['a', NULL, 'b'], ',')
array_join(ARRAY['a'], '')
array_join(CAST(ARRAY[] AS array(varchar)), ',')
array_join(CAST(NULL AS array(varchar)), ',')
array_sort(ARRAY[3, NULL, 1])
array_sort(ARRAY['b', 'a', 'B'])
array_sort(CAST(NULL AS array(bigint)))
array_max(ARRAY[1, 3, 2])
array_max(ARRAY[1, NULL])
array_max(CAST(ARRAY[] AS array(bigint)))
array_min(ARRAY[1, 3, 2])
array_min(ARRAY['b', 'a'])
array_min(ARRAY[1, NULL])
sequence(1, 3)
sequence(3, 1)
sequence(1, 1)
sequence(1, 10, 4)
sequence(10, 1, -4)
sequence(3, 1, CAST(1 AS bigint))
sequence(1, 10001)
sequence(NULL, 3)
sequence(DATE '2026-01-30', DATE '2026-02-02')
sequence(DATE '2026-01-03', DATE '2026-01-01')
sequence(DATE '2026-01-31', DATE '2026-04-30', INTERVAL '1' MONTH)
sequence(DATE '2026-01-31', DATE '2026-03-30', INTERVAL '1' MONTH)
sequence(DATE '2024-02-29', DATE '2027-03-01', INTERVAL '1' YEAR)
sequence(DATE '2026-01-01', DATE '2026-01-10', INTERVAL '3' DAY)
sequence(DATE '2026-01-10', DATE '2026-01-01', INTERVAL '1' DAY)
sequence(DATE '1990-01-01', DATE '2026-01-01')
json_extract_scalar('{"a":{"b":"x"}}', '$.a.b')
1 = '1'
TIMESTAMP '2026-01-01 00:00:00' > '2025-01-01'
'1' || 1
length(5)
