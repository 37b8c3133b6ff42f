-- samples/marketplace/rules/*.yaml and amends.yaml, as tables. Their expressions
-- are in marketplace_match.sql. Money is in millionths here, minor units where
-- a column says so.

SET VARIABLE timezone = 'America/New_York';
SET VARIABLE horizon_days = 400;
SET VARIABLE hold_days = 14;
SET VARIABLE grace_days = 2;

CREATE TABLE currencies AS SELECT unnest(['EUR', 'GBP', 'JPY', 'USD']) AS currency;

-- tables: of tables.yaml that are by currency
CREATE TABLE money_tables AS
SELECT
  currency,
  millionths(late) AS caps_late,
  millionths(late_loyal) AS caps_late_loyal,
  millionths(weather) AS caps_weather,
  millionths(lost) AS caps_lost,
  millionths(outage) AS caps_outage,
  millionths(review_above) AS caps_review_above,
  millionths(review_orders) AS caps_review_orders,
  millionths(same_day) AS flat_same_day,
  millionths(apology) AS flat_apology,
  millionths(trial) AS flat_trial
FROM (VALUES
  ('EUR',  9.50, 14.00,   3.00,   45.00,   5.00,   55.00,    800.00,   3.00,   2.00,   4.00),
  ('GBP',  8.00, 12.00,   2.50,   40.00,   4.00,   48.00,    700.00,   2.50,   1.50,   3.50),
  ('JPY',  1500,  2250,    450,    7500,    750,    9000,    130000,    450,    300,    600),
  ('USD', 10.00, 15.00,   3.00,   50.00,   5.00,   60.00,    900.00,   3.00,   2.00,   4.00)
) AS t(currency, late, late_loyal, weather, lost, outage, review_above, review_orders, same_day, apology, trial);

-- damaged.csv: what is cheap
CREATE TABLE damaged_cheap AS
FROM (VALUES ('EUR', millionths(90)), ('GBP', millionths(80)), ('JPY', millionths(15000)), ('USD', millionths(100))) AS t(currency, below);

-- valid_days, or the last usable day with at least so many days
CREATE TABLE terms AS
FROM (VALUES
  ('standard',      30, NULL::DATE,        NULL),
  ('generous',      90, NULL,              NULL),
  ('short',         14, NULL,              NULL),
  ('winter-sale', NULL, DATE '2026-02-14',   14)
) AS t(terms, valid_days, expires_on, min_valid_days);

-- Rules in their order: files by name (items, late, lost, service, weather),
-- then as they stand. Priority is 100 where the rule names none.
CREATE TABLE rules AS
FROM (VALUES
  ( 1, 'damaged',          'ITEM_DAMAGED',          'generous',     20, 'live',   NULL::DATE,        NULL::DATE),
  ( 2, 'damaged-unproven', 'ITEM_DAMAGED',          'standard',    100, 'live',   NULL,              NULL),
  ( 3, 'missing',          'ITEM_MISSING',          'generous',     20, 'live',   NULL,              NULL),
  ( 4, 'keep-it',          'RETURN_NOT_WORTH_IT',   'generous',     30, 'live',   NULL,              NULL),
  ( 5, 'wrong-item',       'ITEM_WRONG',            'standard',    100, 'live',   NULL,              NULL),
  ( 6, 'not-as-described', 'ITEM_NOT_AS_DESCRIBED', 'standard',    100, 'live',   NULL,              NULL),
  ( 7, 'late-short',       'DELIVERY_LATE',         'standard',    100, 'live',   NULL,              NULL),
  ( 8, 'late-week',        'DELIVERY_LATE',         'standard',     60, 'live',   NULL,              NULL),
  ( 9, 'late-long',        'DELIVERY_VERY_LATE',    'generous',     40, 'live',   NULL,              NULL),
  (10, 'late-prime',       'DELIVERY_LATE',         'standard',     30, 'live',   NULL,              NULL),
  (11, 'late-loyal',       'DELIVERY_LATE',         'generous',     20, 'live',   NULL,              NULL),
  (12, 'same-day-missed',  'SAME_DAY_MISSED',       'short',       100, 'live',   NULL,              NULL),
  (13, 'late-before-sale', 'DELIVERY_LATE',         'winter-sale', 100, 'live',   DATE '2026-01-12', DATE '2026-02-08'),
  (14, 'late-flat-trial',  'DELIVERY_LATE',         'standard',    100, 'shadow', NULL,              NULL),
  (15, 'lost',             'DELIVERY_LOST',         'generous',     10, 'live',   NULL,              NULL),
  (16, 'overdue',          'DELIVERY_OVERDUE',      'generous',     10, 'live',   NULL,              NULL),
  (17, 'outage',           'SERVICE_DOWN',          'short',       120, 'live',   NULL,              NULL),
  (18, 'weather',          'WEATHER_DELAY',         'short',        80, 'live',   NULL,              NULL),
  (19, 'storm-week',       'WEATHER_DELAY',         'standard',     80, 'live',   DATE '2026-01-19', DATE '2026-01-30')
) AS t(ordinal, rule_id, reason, terms, priority, mode, from_date, until_date);

-- Limits of these rulebooks come in two shapes, in this order: per order, over
-- all remembered history, denying; per customer in a window, trimming.
CREATE TABLE order_limit AS
SELECT currency, 'per-order' AS id, 2 AS max_count, to_minor(millionths(amount), currency) AS max_minor
FROM (VALUES ('EUR', 120.00), ('GBP', 100.00), ('JPY', 20000), ('USD', 130.00)) AS t(currency, amount);

CREATE TABLE customer_limit AS
SELECT currency, 'per-customer-quarter' AS id, 90 AS window_days, 5 AS max_count, to_minor(millionths(amount), currency) AS max_minor
FROM (VALUES ('EUR', 75.00), ('GBP', 65.00), ('JPY', 12000), ('USD', 80.00)) AS t(currency, amount);

-- Per customer, over the credits of some rules; none unless a change adds them.
CREATE TABLE rule_limit (rule_id VARCHAR, window_days INTEGER, max_count INTEGER);

CREATE TABLE min_award AS
SELECT currency, to_minor(millionths(amount), currency) AS min_minor
FROM (VALUES ('EUR', 0.25), ('GBP', 0.20), ('JPY', 30), ('USD', 0.25)) AS t(currency, amount);

-- A budget of the run holds, a budget of the seller denies.
CREATE TABLE run_budget AS
SELECT currency, to_minor(millionths(amount), currency) AS max_minor
FROM (VALUES ('EUR', 700.00), ('GBP', 600.00), ('JPY', 90000), ('USD', 1500.00)) AS t(currency, amount);

CREATE TABLE seller_budget AS
SELECT currency, to_minor(millionths(amount), currency) AS max_minor
FROM (VALUES ('EUR', 120.00), ('GBP', 100.00), ('JPY', 20000), ('USD', 130.00)) AS t(currency, amount);

CREATE TABLE guardrail AS
SELECT currency, 4 AS times_median, 28 AS median_days, 7 AS min_history, to_minor(millionths(amount), currency) AS max_minor
FROM (VALUES ('EUR', 20000.00), ('GBP', 18000.00), ('JPY', 3000000), ('USD', 25000.00)) AS t(currency, amount);
