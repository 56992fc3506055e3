/*
description: One row a postcode prefix, at the mean of the points that the marketplace knows in it.
kind: full
key: zip_code_prefix
owner: logistics
audits:
  - unique: zip_code_prefix
  - not_null: [zip_code_prefix, latitude, longitude, points]
  - expression: latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180
columns:
  zip_code_prefix: First digits of the postcode.
  latitude: Mean latitude of its points, degrees north.
  longitude: Mean longitude of its points, degrees east.
  city: The city named most often there, lower case; of equals, the first in the alphabet.
  state: The state that goes with the city.
  points: How many points the mean is of.
accounts:
  geolocation: sum(points)
*/
WITH observed AS (                     -- a million points make some ten thousand spellings of places: everything after this is small
  SELECT geolocation_zip_code_prefix  AS zip_code_prefix,
         geolocation_city             AS city,
         geolocation_state            AS state,
         count(*)                     AS points,
         sum(geolocation_lat)         AS latitudes,
         sum(geolocation_lng)         AS longitudes
  FROM source.geolocation
  GROUP BY geolocation_zip_code_prefix, geolocation_city, geolocation_state
),
places AS (
  SELECT zip_code_prefix,
         lower(trim(city))  AS city,
         state,
         sum(points)        AS points,
         sum(latitudes)     AS latitudes,
         sum(longitudes)    AS longitudes
  FROM observed
  GROUP BY zip_code_prefix, lower(trim(city)), state
),
ranked AS (
  SELECT zip_code_prefix, city, state, points, latitudes, longitudes,
         row_number() OVER (PARTITION BY zip_code_prefix
                            ORDER BY points DESC, city NULLS LAST, state NULLS LAST) AS by_points
  FROM places
)
SELECT CAST(zip_code_prefix AS varchar)                                      AS zip_code_prefix,
       CAST(sum(latitudes) AS double) / CAST(sum(points) AS double)          AS latitude,
       CAST(sum(longitudes) AS double) / CAST(sum(points) AS double)         AS longitude,
       CAST(max(CASE WHEN by_points = 1 THEN city END) AS varchar)           AS city,
       CAST(max(CASE WHEN by_points = 1 THEN state END) AS varchar)          AS state,
       CAST(sum(points) AS bigint)                                           AS points
FROM ranked
GROUP BY zip_code_prefix
