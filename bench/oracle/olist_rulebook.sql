-- samples/olist/rules/*.yaml and amends.yaml, as tables. Their expressions are in
-- olist_match.sql.

SET VARIABLE timezone = 'America/Sao_Paulo';
SET VARIABLE horizon_days = 400;
SET VARIABLE hold_days = 14; -- nothing is held here
SET VARIABLE grace_days = 2;

CREATE TABLE terms AS
SELECT 'standard' AS terms, 45 AS valid_days, NULL::DATE AS expires_on, NULL::INTEGER AS min_valid_days;

-- One set of terms, so every rule gives it; who names no funding is the platform.
CREATE TABLE rules AS
FROM (VALUES
  (1, 'late-1-3',              'DELIVERY_LATE',      'standard', 100, 'live'),
  (2, 'late-4-7',              'DELIVERY_LATE',      'standard', 100, 'live'),
  (3, 'late-8-14',             'DELIVERY_LATE',      'standard', 100, 'live'),
  (4, 'late-over-14',          'DELIVERY_VERY_LATE', 'standard', 100, 'live'),
  (5, 'overdue',               'DELIVERY_OVERDUE',   'standard',  20, 'live'),
  (6, 'overdue-came-later',    'DELIVERY_OVERDUE',   'standard',  20, 'live'),
  (7, 'one-star',              'BAD_REVIEW',         'standard', 100, 'live'),
  (8, 'one-star-with-reasons', 'BAD_REVIEW',         'standard', 100, 'live'),
  (9, 'one-star-returning',    'BAD_REVIEW',         'standard', 100, 'live')
) AS t(ordinal, rule_id, reason, terms, priority, mode);

CREATE TABLE rule_limit (rule_id VARCHAR, window_days INTEGER, max_count INTEGER); -- none
CREATE TABLE order_limit (currency VARCHAR, id VARCHAR, max_count INTEGER, max_minor BIGINT); -- none

CREATE TABLE customer_limit AS
SELECT 'BRL' AS currency, 'per-customer' AS id, 90 AS window_days, 2 AS max_count, to_minor(millionths(70.00), 'BRL') AS max_minor;

CREATE TABLE min_award AS
SELECT 'BRL' AS currency, to_minor(millionths(0.50), 'BRL') AS min_minor;

CREATE TABLE run_budget (currency VARCHAR, max_minor BIGINT);    -- none
CREATE TABLE seller_budget (currency VARCHAR, max_minor BIGINT); -- none
CREATE TABLE guardrail (currency VARCHAR, times_median INTEGER, median_days INTEGER, min_history INTEGER, max_minor BIGINT); -- none
