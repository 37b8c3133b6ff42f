-- Step 1 of DESIGN §7 for samples/olist: three event sources over two growing
-- tables with local times. Of a growing table a night reads the rows whose `at`
-- lies in its days of lookback.

CREATE TABLE order_rows AS
SELECT *,
  instant_of(order_purchase_timestamp, getvariable('timezone')) AS purchased_at,
  instant_of(order_delivered_customer_date, getvariable('timezone')) AS delivered_at,
  instant_of(order_estimated_delivery_date, getvariable('timezone')) AS estimated_at
FROM read_parquet(getvariable('olist') || '/orders.parquet');

CREATE TABLE review_rows AS
SELECT *,
  instant_of(review_creation_date, getvariable('timezone')) AS created_at,
  instant_of(review_answer_timestamp, getvariable('timezone')) AS answered_at
FROM read_parquet(getvariable('olist') || '/reviews.parquet');

CREATE TABLE customers AS
FROM read_parquet(getvariable('olist') || '/customers.parquet');

-- late and overdue are one failure with one key, the order
CREATE TABLE incident_of_event AS
SELECT 'orders' AS source, order_id AS event_id, 'orders' AS failure, order_id AS incident FROM order_rows
UNION
SELECT 'overdue', order_id, 'orders', order_id FROM order_rows
UNION
SELECT 'reviews', review_id || '/' || order_id, 'reviews', review_id || '/' || order_id FROM review_rows;

CREATE TABLE external_given (night DATE, credit_ref VARCHAR, customer_id VARCHAR, order_id VARCHAR, currency VARCHAR, minor BIGINT, given_on DATE); -- none
CREATE TABLE redemption_rows (dt DATE, redemption_id VARCHAR, credit_id VARCHAR, customer_id VARCHAR, amount BIGINT, currency VARCHAR, redeemed_at TIMESTAMPTZ); -- none
CREATE TABLE voidable_orders (night DATE, order_id VARCHAR); -- none
SET VARIABLE redemption_lookback_days = 0;

-- Prices are reais with two digits: minor units are hundredths. `worth` is the
-- price, and nothing for orders that lost their items. Calendar days are those
-- that are written, for these times carry no zone.
CREATE TABLE order_facts AS
WITH seen AS (
  SELECT 'orders' AS source, coalesce(delivered_at, estimated_at + INTERVAL 720 HOUR) AS final_at, * FROM order_rows
  UNION ALL
  SELECT 'overdue', estimated_at + INTERVAL 732 HOUR, * FROM order_rows
)
SELECT n.night, 'orders' AS failure, s.order_id AS incident, s.source, s.order_id AS event_id,
  s.customer_unique_id AS customer_id, s.order_id, s.seller_id, 'BRL' AS currency, s.final_at,
  CAST(s.price * 100 AS BIGINT) AS value_minor,
  s.order_status,
  s.order_delivered_customer_date IS NOT NULL AS came,
  coalesce(millionths(s.price), 0) AS worth,
  CAST(coalesce(s.order_delivered_customer_date, timezone(getvariable('timezone'), n.as_of)) AS DATE) - CAST(s.order_estimated_delivery_date AS DATE) AS days_late
FROM seen s
JOIN nights n ON day_of(s.final_at, getvariable('timezone')) BETWEEN n.night - 3 AND n.night
WHERE s.final_at >= s.purchased_at AND s.final_at < n.as_of
  AND day_of(s.purchased_at, getvariable('timezone')) > n.night - getvariable('horizon_days');

CREATE TABLE review_facts AS
SELECT n.night, 'reviews' AS failure, r.review_id || '/' || r.order_id AS incident, 'reviews' AS source, r.review_id || '/' || r.order_id AS event_id,
  r.customer_unique_id AS customer_id, r.order_id, NULL::VARCHAR AS seller_id, 'BRL' AS currency, r.answered_at AS final_at,
  CAST(r.price * 100 AS BIGINT) AS value_minor,
  r.review_score, coalesce(r.comment_length, 0) AS comment_length,
  coalesce(millionths(r.price), 0) AS worth,
  c.orders AS customer_orders, coalesce(millionths(c.lifetime_price), 0) AS customer_lifetime_price
FROM (SELECT DISTINCT * FROM review_rows) AS r
JOIN nights n ON day_of(r.answered_at, getvariable('timezone')) BETWEEN n.night - 3 AND n.night
LEFT JOIN customers c ON c.customer_unique_id = r.customer_unique_id
WHERE r.answered_at >= r.created_at AND r.answered_at < n.as_of
  AND day_of(r.created_at, getvariable('timezone')) > n.night - getvariable('horizon_days');

CREATE TABLE matched AS
WITH late AS (
  FROM order_facts WHERE source = 'orders' AND order_status = 'delivered' AND worth > 0 AND came
), overdue AS (
  FROM order_facts WHERE source = 'overdue' AND worth > 0
), bad AS (
  FROM review_facts WHERE review_score = 1 AND worth > 0
)
SELECT night, source, incident, 'late-1-3' AS rule_id, least(times(millionths(0.05), worth), millionths(10.00)) AS amount, 'platform' AS funding
FROM late WHERE days_late >= 1 AND days_late <= 3
UNION ALL
SELECT night, source, incident, 'late-4-7', least(times(millionths(0.10), worth), millionths(20.00)), 'platform'
FROM late WHERE days_late >= 4 AND days_late <= 7
UNION ALL
SELECT night, source, incident, 'late-8-14', least(times(millionths(0.15), worth), millionths(40.00)), 'platform'
FROM late WHERE days_late >= 8 AND days_late <= 14
UNION ALL
SELECT night, source, incident, 'late-over-14', least(times(millionths(0.20), worth), millionths(60.00)), 'platform'
FROM late WHERE days_late > 14
UNION ALL
SELECT night, source, incident, 'overdue', least(times(millionths(0.25), worth), millionths(80.00)), 'platform'
FROM overdue WHERE NOT came AND order_status IN ('approved', 'invoiced', 'processing', 'shipped')
UNION ALL
SELECT night, source, incident, 'overdue-came-later', least(times(millionths(0.25), worth), millionths(80.00)), 'platform'
FROM overdue WHERE order_status = 'delivered' AND came AND days_late > 30
UNION ALL
SELECT night, source, incident, 'one-star', least(times(millionths(0.10), worth), millionths(15.00)), 'platform'
FROM bad
UNION ALL
SELECT night, source, incident, 'one-star-with-reasons', least(times(millionths(0.12), worth), millionths(20.00)), 'platform'
FROM bad WHERE comment_length >= 60
UNION ALL
SELECT night, source, incident, 'one-star-returning', least(times(millionths(0.15), worth), millionths(30.00)), 'platform'
FROM bad WHERE customer_orders >= 2 AND customer_lifetime_price >= millionths(200);

CREATE TABLE incidents AS
SELECT night, failure, incident, source, event_id, customer_id, order_id, seller_id, currency, final_at, value_minor FROM order_facts
UNION ALL
SELECT night, failure, incident, source, event_id, customer_id, order_id, seller_id, currency, final_at, value_minor FROM review_facts;

CREATE TABLE exclusions (night DATE, source VARCHAR, incident VARCHAR, ordinal INTEGER, id VARCHAR, holds BOOLEAN); -- none
CREATE TABLE approvals (night DATE, source VARCHAR, incident VARCHAR, id VARCHAR, above HUGEINT); -- none
