/*
description: One row a business date and a kind of device, with how the sessions that began then went.
kind: full
key: [session_date, device_type]
owner: web
audits:
  - unique: [session_date, device_type]
  - not_null: [session_date, device_type, sessions, visitors, events, avg_session_duration, conversion_rate]
  - reconciles: { this: sum(sessions), with: silver.sessions, sum: count(*), where: session_date < :as_of }
  - expression: converted + dropped_at_search + dropped_at_click + dropped_at_view + dropped_at_addtocart = sessions
columns:
  session_date: Business date on which the sessions began.
  device_type: desktop, mobile, tablet, app or other; `unknown` where no event names one.
  sessions: How many sessions.
  visitors: Of how many different visitors.
  known_customers: How many of the visitors are known customers.
  events: How many events they have.
  avg_session_duration: Mean of their durations in seconds; sessions of a single event count with 0.
  converted: Sessions in which something was bought.
  conversion_rate: converted / sessions.
  dropped_at_search: Sessions that came to nothing but searches.
  dropped_at_click: Sessions that came as far as a click.
  dropped_at_view: Sessions that came as far as a view.
  dropped_at_addtocart: Sessions that came as far as the cart.
*/
SELECT CAST(session_date AS date)                                                         AS session_date,
       CAST(coalesce(device_type, 'unknown') AS varchar)                                  AS device_type,
       CAST(count(*) AS bigint)                                                           AS sessions,
       CAST(count(DISTINCT visitorid) AS bigint)                                          AS visitors,
       CAST(count(DISTINCT customer_id) AS bigint)                                        AS known_customers,
       CAST(sum(events) AS bigint)                                                        AS events,
       -- Whole milliseconds add up exactly, in whatever order the rows come.
       CAST(sum(date_diff('millisecond', session_start, session_end)) AS double)
           / 1000e0 / CAST(count(*) AS double)                                            AS avg_session_duration,
       CAST(count_if(drop_off_step IS NULL) AS bigint)                                    AS converted,
       CAST(count_if(drop_off_step IS NULL) AS double) / CAST(count(*) AS double)         AS conversion_rate,
       CAST(count_if(coalesce(drop_off_step = 'search', FALSE)) AS bigint)                AS dropped_at_search,
       CAST(count_if(coalesce(drop_off_step = 'click', FALSE)) AS bigint)                 AS dropped_at_click,
       CAST(count_if(coalesce(drop_off_step = 'view', FALSE)) AS bigint)                  AS dropped_at_view,
       CAST(count_if(coalesce(drop_off_step = 'addtocart', FALSE)) AS bigint)             AS dropped_at_addtocart
FROM silver.sessions
WHERE session_date < :as_of
GROUP BY session_date, coalesce(device_type, 'unknown')
