-- Step 1 of DESIGN §7 for samples/marketplace: rows of a night become incidents,
-- and incidents become awards. Also the exclusions of step 2 and the approvals of
-- step 7, because their expressions read the same facts.

CREATE TABLE delivery_rows AS
FROM read_parquet(getvariable('workspace') || '/data/deliveries/*/*.parquet', hive_partitioning = true);
CREATE TABLE defect_rows AS
FROM read_parquet(getvariable('workspace') || '/data/defects/*/*.parquet', hive_partitioning = true);
CREATE TABLE service_rows AS
FROM read_parquet(getvariable('workspace') || '/data/service/*/*.parquet', hive_partitioning = true);
CREATE TABLE goodwill_rows AS
FROM read_parquet(getvariable('workspace') || '/data/goodwill/*/*.parquet', hive_partitioning = true);
CREATE TABLE order_rows AS
FROM read_parquet(getvariable('workspace') || '/data/orders/*/*.parquet', hive_partitioning = true);
CREATE TABLE redemption_rows AS
SELECT dt, redemption_id, credit_id, customer_id, amount, currency, redeemed_at
FROM read_parquet(getvariable('workspace') || '/data/redemptions/*/*.parquet', hive_partitioning = true);
CREATE TABLE customers AS
FROM read_parquet(getvariable('workspace') || '/data/customers.parquet');

SET VARIABLE redemption_lookback_days = 7;

-- every incident that a row ever named: what postings call by source and event
CREATE TABLE incident_of_event AS
SELECT DISTINCT 'deliveries' AS source, delivery_id AS event_id, 'deliveries' AS failure, delivery_id AS incident FROM delivery_rows
UNION
SELECT DISTINCT 'defects', defect_id, 'defects', delivery_id || '/' || kind FROM defect_rows
UNION
SELECT DISTINCT 'service', outage_id || '/' || customer_id, 'service', outage_id || '/' || customer_id FROM service_rows;

-- What support agents gave, as a night sees it: files of 90 days back, each
-- credit once, nothing from after the night.
CREATE TABLE external_given AS
SELECT DISTINCT n.night, g.credit_ref, g.customer_id, g.order_id, g.currency, g.amount AS minor, day_of(g.given_at, getvariable('timezone')) AS given_on
FROM nights n
JOIN goodwill_rows g ON g.dt BETWEEN n.night - 90 AND n.night
WHERE g.given_at < n.as_of;

-- credits(90): what the customer got before this run, posted in (night - 90, night],
-- by this program or by an agent. A credit that was voided whole is none.
CREATE TABLE credits_90 AS
WITH issued AS (
  SELECT credit_id, customer_id, business_date, amount_minor FROM published_posting WHERE kind = 'issue'
), voided AS (
  SELECT credit_id, business_date, amount_minor FROM published_posting WHERE kind = 'void'
), own AS (
  SELECT n.night, i.customer_id
  FROM nights n
  JOIN issued i ON i.business_date < n.night AND i.business_date > n.night - 90
  LEFT JOIN voided v ON v.credit_id = i.credit_id AND v.business_date < n.night
  GROUP BY n.night, i.customer_id, i.credit_id, i.amount_minor
  HAVING i.amount_minor > coalesce(sum(v.amount_minor), 0)
), external AS (
  SELECT night, customer_id FROM external_given WHERE given_on > night - 90
)
SELECT night, customer_id, count(*) AS credits
FROM (FROM own UNION ALL FROM external)
GROUP BY night, customer_id;

-- Rows that the workspace accepts: what is not nullable is there, the currency
-- is one of four, severity is final after it began, and before the night ended.
-- Of the rows of one incident the highest version counts; identical ones are one,
-- and differing ones of one version are none.
CREATE TABLE deliveries AS
WITH accepted AS (
  SELECT DISTINCT
    n.night, n.as_of, r.* EXCLUDE (dt, marketplace),
    coalesce(r.delivered_at, r.promised_at + INTERVAL 168 HOUR) AS final_at
  FROM nights n
  JOIN delivery_rows r ON r.dt BETWEEN n.night - 3 AND n.night
  JOIN currencies c ON c.currency = r.currency
  WHERE r.delivery_id IS NOT NULL AND r.order_id IS NOT NULL AND r.customer_id IS NOT NULL
    AND coalesce(r.delivered_at, r.promised_at + INTERVAL 168 HOUR) >= r.shipped_at
), latest AS (
  FROM accepted
  QUALIFY updated_at = max(updated_at) OVER (PARTITION BY night, delivery_id)
), single AS (
  FROM latest
  QUALIFY count(*) OVER (PARTITION BY night, delivery_id) = 1
)
FROM single
WHERE final_at < as_of AND day_of(shipped_at, getvariable('timezone')) > night - getvariable('horizon_days');

CREATE TABLE defects AS
WITH accepted AS (
  SELECT DISTINCT n.night, n.as_of, r.* EXCLUDE (dt, marketplace)
  FROM nights n
  JOIN defect_rows r ON r.dt BETWEEN n.night - 3 AND n.night
  JOIN currencies c ON c.currency = r.currency
  WHERE r.reported_at >= r.delivered_at
), latest AS (
  FROM accepted
  QUALIFY updated_at = max(updated_at) OVER (PARTITION BY night, delivery_id, kind)
), single AS (
  FROM latest
  QUALIFY count(*) OVER (PARTITION BY night, delivery_id, kind) = 1
)
FROM single
WHERE reported_at < as_of AND day_of(delivered_at, getvariable('timezone')) > night - getvariable('horizon_days');

CREATE TABLE service AS
WITH accepted AS (
  SELECT DISTINCT n.night, n.as_of, r.* EXCLUDE (dt)
  FROM nights n
  JOIN service_rows r ON r.dt BETWEEN n.night - 1 AND n.night
  JOIN currencies c ON c.currency = r.currency
  WHERE r.ended_at >= r.started_at
), single AS (
  FROM accepted
  QUALIFY count(*) OVER (PARTITION BY night, outage_id, customer_id) = 1
)
FROM single
WHERE ended_at < as_of AND day_of(started_at, getvariable('timezone')) > night - getvariable('horizon_days');

-- What the rules read of a delivery: defines of tables.yaml, dimensions, tables.
CREATE TABLE delivery_facts AS
SELECT
  d.night, 'deliveries' AS failure, d.delivery_id AS incident, 'deliveries' AS source, d.delivery_id AS event_id,
  d.customer_id, d.order_id, d.seller_id, d.currency, d.final_at, d.item_price AS value_minor,
  d.item_price * minor_unit(d.currency) AS item_price,
  day_of(coalesce(d.delivered_at, d.as_of), d.zone) - day_of(d.promised_at, d.zone) AS days_late,
  coalesce(d.exception_code, '') AS exception_code,
  coalesce(d.exception_code, '') = 'weather' AS weather,
  d.delivered_at IS NOT NULL AS arrived,
  d.delivered_at >= d.promised_at + INTERVAL 2 HOUR AS two_hours_late,
  d.service_level, d.category, d.fulfilled_by,
  c.tier, millionths(c.lifetime_value) AS lifetime_value, c.abuse_flag,
  coalesce(h.credits, 0) AS credits_90,
  o.refund_status, t.* EXCLUDE (currency)
FROM deliveries d
LEFT JOIN customers c ON c.customer_id = d.customer_id
LEFT JOIN order_rows o ON o.order_id = d.order_id AND o.dt = d.night
LEFT JOIN credits_90 h ON h.night = d.night AND h.customer_id = d.customer_id
JOIN money_tables t ON t.currency = d.currency;

CREATE TABLE defect_facts AS
SELECT
  d.night, 'defects' AS failure, d.delivery_id || '/' || d.kind AS incident, 'defects' AS source, d.defect_id AS event_id,
  d.customer_id, d.order_id, d.seller_id, d.currency, d.reported_at AS final_at, d.item_price AS value_minor,
  d.item_price * minor_unit(d.currency) AS item_price,
  d.return_cost * minor_unit(d.currency) AS return_cost,
  d.kind, d.severity, d.case_status, d.evidence_count, d.fulfilled_by,
  day_of(d.reported_at, d.zone) - day_of(d.delivered_at, d.zone) AS days_to_claim,
  d.return_cost * minor_unit(d.currency) > times(millionths(0.5), d.item_price * minor_unit(d.currency)) AS not_worth_returning,
  c.abuse_flag,
  o.refund_status, o.total * minor_unit(o.currency) AS order_total, CASE
    WHEN d.severity = 'minor' THEN millionths(0.15)
    WHEN d.severity = 'total' THEN millionths(1.00)
    WHEN d.severity = 'major' AND d.item_price * minor_unit(d.currency) >= x.below THEN millionths(0.40)
    WHEN d.severity = 'major' AND c.tier = 'prime' THEN millionths(0.50)
    WHEN d.severity = 'major' AND c.tier <> 'prime' THEN millionths(0.40)
  END AS damaged_rate, t.* EXCLUDE (currency)
FROM defects d
LEFT JOIN customers c ON c.customer_id = d.customer_id
LEFT JOIN order_rows o ON o.order_id = d.order_id AND o.dt = d.night
JOIN damaged_cheap x ON x.currency = d.currency
JOIN money_tables t ON t.currency = d.currency;

CREATE TABLE service_facts AS
SELECT
  s.night, 'service' AS failure, s.outage_id || '/' || s.customer_id AS incident, 'service' AS source,
  s.outage_id || '/' || s.customer_id AS event_id,
  s.customer_id, NULL::VARCHAR AS order_id, NULL::VARCHAR AS seller_id, s.currency, s.ended_at AS final_at,
  s.monthly_fee AS value_minor, s.monthly_fee * minor_unit(s.currency) AS monthly_fee,
  s.minutes_out, c.abuse_flag, t.* EXCLUDE (currency)
FROM service s
LEFT JOIN customers c ON c.customer_id = s.customer_id
JOIN money_tables t ON t.currency = s.currency;

-- Every rule of late.yaml, lost.yaml, weather.yaml, items.yaml, service.yaml: a
-- `when`, an `amount`, a `funding`. A null condition is a fault, which pays nothing.
CREATE TABLE matched AS
WITH delivery AS (
  FROM delivery_facts SELECT *, CASE fulfilled_by WHEN 'seller' THEN 'seller' ELSE 'platform' END AS fulfiller
), defect AS (
  FROM defect_facts SELECT *, CASE fulfilled_by WHEN 'seller' THEN 'seller' ELSE 'platform' END AS fulfiller
), hits AS (
  -- late.yaml
  SELECT night, source, incident, 'late-short' AS rule_id, least(times(millionths(0.05), item_price), caps_late) AS amount, fulfiller AS funding
  FROM delivery WHERE arrived AND days_late >= 1 AND days_late <= 3 AND NOT weather
  UNION ALL
  SELECT night, source, incident, 'late-week', least(times(millionths(0.10), item_price), caps_late), fulfiller
  FROM delivery WHERE arrived AND days_late >= 4 AND days_late <= 7 AND NOT weather
  UNION ALL
  SELECT night, source, incident, 'late-long', least(times(millionths(0.20), item_price), 2 * caps_late), fulfiller
  FROM delivery WHERE arrived AND days_late > 7 AND NOT weather
  UNION ALL
  SELECT night, source, incident, 'late-prime', least(times(millionths(0.10), item_price), caps_late), 'platform'
  FROM delivery WHERE arrived AND days_late >= 1 AND tier = 'prime' AND NOT weather
  UNION ALL
  SELECT night, source, incident, 'late-loyal', least(times(millionths(0.15), item_price), caps_late_loyal), 'platform'
  FROM delivery WHERE arrived AND days_late >= 1 AND NOT weather AND lifetime_value >= millionths(2000) AND credits_90 = 0
  UNION ALL
  SELECT night, source, incident, 'same-day-missed', flat_same_day, 'platform'
  FROM delivery WHERE service_level = 'same-day' AND arrived AND two_hours_late
  UNION ALL
  SELECT night, source, incident, 'late-before-sale', least(times(millionths(0.12), item_price), caps_late), 'platform'
  FROM delivery WHERE arrived AND days_late >= 1 AND category IN ('toys', 'home')
  UNION ALL
  SELECT night, source, incident, 'late-flat-trial', flat_trial, 'platform'
  FROM delivery WHERE arrived AND days_late >= 1
  -- lost.yaml
  UNION ALL
  SELECT night, source, incident, 'lost', least(times(millionths(0.30), item_price), caps_lost), fulfiller
  FROM delivery WHERE NOT arrived AND exception_code = 'lost'
  UNION ALL
  SELECT night, source, incident, 'overdue', least(times(millionths(0.20), item_price), caps_lost), fulfiller
  FROM delivery WHERE NOT arrived AND exception_code <> 'lost' AND days_late >= 7
  -- weather.yaml
  UNION ALL
  SELECT night, source, incident, 'weather', least(times(millionths(0.05), item_price), caps_weather), 'platform'
  FROM delivery WHERE arrived AND weather AND days_late >= 2
  UNION ALL
  SELECT night, source, incident, 'storm-week', caps_weather, 'platform'
  FROM delivery WHERE arrived AND weather AND days_late >= 1
  -- items.yaml
  UNION ALL
  SELECT night, source, incident, 'damaged', times(damaged_rate, item_price), fulfiller
  FROM defect WHERE kind = 'damaged' AND case_status = 'confirmed' AND (severity = 'minor' OR evidence_count >= 2)
  UNION ALL
  SELECT night, source, incident, 'damaged-unproven', times(millionths(0.10), item_price), 'platform'
  FROM defect WHERE kind = 'damaged' AND case_status = 'confirmed' AND severity <> 'minor' AND evidence_count < 2
  UNION ALL
  SELECT night, source, incident, 'missing', times(CASE severity WHEN 'total' THEN millionths(0.50) ELSE millionths(0.20) END, item_price), fulfiller
  FROM defect WHERE kind = 'missing' AND case_status = 'confirmed'
  UNION ALL
  SELECT night, source, incident, 'keep-it', least(times(millionths(0.5), item_price), return_cost), 'platform'
  FROM defect WHERE kind IN ('wrong-item', 'not-as-described') AND case_status = 'confirmed' AND not_worth_returning
  UNION ALL
  SELECT night, source, incident, 'wrong-item', times(millionths(0.10), item_price), CASE WHEN seller_id IS NOT NULL THEN 'seller' ELSE 'platform' END
  FROM defect WHERE kind = 'wrong-item' AND case_status = 'confirmed' AND NOT not_worth_returning
  UNION ALL
  SELECT night, source, incident, 'not-as-described', greatest(flat_apology, least(times(millionths(0.10), item_price), caps_late_loyal)), 'seller'
  FROM defect
  WHERE kind = 'not-as-described' AND case_status = 'confirmed' AND seller_id IS NOT NULL AND NOT not_worth_returning AND evidence_count >= 1
  -- service.yaml
  UNION ALL
  SELECT night, source, incident, 'outage',
    greatest(times(millionths(0.05), monthly_fee), least(times(monthly_fee, divided(minutes_out::HUGEINT, 1440::HUGEINT)), caps_outage)), 'platform'
  FROM service_facts WHERE minutes_out >= 60
)
SELECT h.*
FROM hits h
JOIN rules r USING (rule_id)
WHERE (r.from_date IS NULL OR h.night >= r.from_date) AND (r.until_date IS NULL OR h.night <= r.until_date);

CREATE TABLE incidents AS
SELECT night, failure, incident, source, event_id, customer_id, order_id, seller_id, currency, final_at, value_minor FROM delivery_facts
UNION ALL
SELECT night, failure, incident, source, event_id, customer_id, order_id, seller_id, currency, final_at, value_minor FROM defect_facts
UNION ALL
SELECT night, failure, incident, source, event_id, customer_id, order_id, seller_id, currency, final_at, value_minor FROM service_facts;

-- exclusions.yaml. `holds` is null where it cannot be evaluated.
CREATE TABLE exclusions AS
SELECT night, source, incident, 1 AS ordinal, 'compensated' AS id, refund_status IN ('refunded', 'claim-pending', 'chargeback-pending', 'chargeback') AS holds FROM delivery_facts
UNION ALL
SELECT night, source, incident, 1, 'compensated', refund_status IN ('refunded', 'claim-pending', 'chargeback-pending', 'chargeback') FROM defect_facts
UNION ALL
SELECT night, source, incident, 2, 'abuse', abuse_flag FROM delivery_facts
UNION ALL
SELECT night, source, incident, 2, 'abuse', abuse_flag FROM defect_facts
UNION ALL
SELECT night, source, incident, 2, 'abuse', abuse_flag FROM service_facts
UNION ALL
SELECT night, source, incident, 3, 'late-claim', days_to_claim > 30 FROM defect_facts
UNION ALL
SELECT night, source, incident, 4, 'wrong-address', exception_code = 'address' FROM delivery_facts;

-- approval of limits.yaml: held where the amount is above so much.
CREATE TABLE approvals AS
SELECT night, source, incident, 'large' AS id, caps_review_above AS above FROM delivery_facts
UNION ALL
SELECT night, source, incident, 'large', caps_review_above FROM defect_facts
UNION ALL
SELECT night, source, incident, 'large', caps_review_above FROM service_facts
UNION ALL
SELECT night, source, incident, 'large-order', caps_late FROM defect_facts WHERE order_total > caps_review_orders;

-- void of exclusions.yaml, on the orders as they stand on the night.
CREATE TABLE voidable_orders AS
SELECT dt AS night, order_id FROM order_rows WHERE refund_status = 'chargeback';
