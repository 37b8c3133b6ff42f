-- DESIGN §7, steps 1 (amounts) to 9, one CTE or table for each. Every night is
-- resolved at once, with the history that earlier nights published.

-- ---- History -----------------------------------------------------------------

-- What a customer or an order has by the time of a night: credits issued in
-- earlier runs less what was voided of them, agents' credits, pending holds.
CREATE TABLE given AS
WITH voided AS (
  SELECT n.night, p.credit_id, sum(p.amount_minor) AS minor
  FROM nights n
  JOIN published_posting p ON p.kind = 'void' AND p.business_date < n.night
  GROUP BY ALL
), issued AS (
  SELECT n.night, p.customer_id, p.order_id, p.rule_id, p.currency, p.business_date AS given_on,
    p.amount_minor - coalesce(v.minor, 0) AS minor
  FROM nights n
  JOIN published_posting p ON p.kind = 'issue' AND p.business_date < n.night AND p.business_date > n.night - getvariable('horizon_days')
  LEFT JOIN voided v ON v.night = n.night AND v.credit_id = p.credit_id
), pending AS (
  SELECT n.night, h.customer_id, h.order_id, h.rule_id, h.currency, h.held_since AS given_on, h.amount_minor AS minor
  FROM nights n
  JOIN published_held h ON h.business_date = n.night - 1
  WHERE h.held_since > n.night - getvariable('hold_days')
)
SELECT * FROM issued WHERE minor > 0
UNION ALL
SELECT night, customer_id, order_id, NULL, currency, given_on, minor FROM external_given
UNION ALL
FROM pending;

CREATE TABLE given_order AS
SELECT night, order_id, currency, count(*) AS credits, sum(minor)::BIGINT AS minor
FROM given WHERE order_id IS NOT NULL GROUP BY ALL;

CREATE TABLE given_customer AS
SELECT g.night, g.customer_id, g.currency, count(*) AS credits, sum(g.minor)::BIGINT AS minor
FROM given g
JOIN customer_limit l ON l.currency = g.currency AND g.given_on > g.night - l.window_days AND g.given_on <= g.night
GROUP BY ALL;

-- What the rules of the limit of some rules gave a customer.
CREATE TABLE given_rules AS
SELECT g.night, g.customer_id, count(*) AS credits
FROM given g
JOIN rule_limit l ON l.rule_id = g.rule_id AND g.given_on > g.night - l.window_days AND g.given_on <= g.night
GROUP BY ALL;

-- Incidents that an earlier run settled: issued, denied, rejected or lapsed
-- within the horizon, or held and still pending.
CREATE TABLE settled AS
SELECT DISTINCT n.night, e.failure, e.incident
FROM nights n
JOIN published_posting p
  ON p.kind IN ('issue', 'deny', 'reject', 'lapse') AND p.business_date < n.night AND p.business_date > n.night - getvariable('horizon_days')
JOIN incident_of_event e ON e.source = p.source AND e.event_id = p.event_id
UNION
SELECT n.night, e.failure, e.incident
FROM nights n
JOIN published_held h ON h.business_date = n.night - 1
JOIN incident_of_event e ON e.source = h.source AND e.event_id = h.event_id;

-- ---- Steps 1 to 5 --------------------------------------------------------------

-- `stage` says where an incident's way ended; null goes on.
CREATE TABLE candidates AS
WITH
-- 1: rounded once, not above the value; zero and shadow drop out
amounts AS (
  SELECT m.night, i.failure, m.incident, m.source, m.rule_id, r.ordinal, r.reason, r.terms, r.priority, m.funding,
    least(to_minor(m.amount, i.currency), i.value_minor) AS gross_minor
  FROM matched m
  JOIN incidents i USING (night, source, incident)
  JOIN rules r USING (rule_id)
  WHERE r.mode = 'live'
),
-- 4: of one incident the highest amount, ties to the rule that stands earlier
chosen AS (
  FROM amounts WHERE gross_minor > 0
  QUALIFY row_number() OVER (PARTITION BY night, failure, incident ORDER BY gross_minor DESC, ordinal) = 1
),
-- 2: the first exclusion that holds gives the reason
excluded AS (
  FROM exclusions WHERE holds IS NOT FALSE
  QUALIFY row_number() OVER (PARTITION BY night, source, incident ORDER BY ordinal) = 1
)
SELECT c.* EXCLUDE (source), i.source, i.event_id, i.customer_id, i.order_id, i.seller_id, i.currency, i.final_at, k.credit_id,
  CASE
    WHEN x.id IS NOT NULL AND x.holds THEN 'excluded:' || x.id
    WHEN s.incident IS NOT NULL THEN 'already'                        -- 3
    WHEN x.id IS NOT NULL THEN 'held:' || x.id                        -- an exclusion that cannot be evaluated holds
  END AS stage
FROM chosen c
JOIN incidents i ON i.night = c.night AND i.source = c.source AND i.incident = c.incident
LEFT JOIN excluded x ON x.night = c.night AND x.source = c.source AND x.incident = c.incident
LEFT JOIN settled s ON s.night = c.night AND s.failure = c.failure AND s.incident = c.incident
LEFT JOIN incident_ids k ON k.source = i.source AND k.event_id = i.event_id;

-- 5: of an order's incidents the highest, less what the order already has. Equal
-- ones stand in the order of awards: priority, at, credit_id. A rest below
-- min_award is nothing to give: §6 says so of a trim, and is silent on this one.
CREATE TABLE combined AS
WITH ranked AS (
  SELECT *,
    row_number() OVER (PARTITION BY night, coalesce(order_id, credit_id, incident) ORDER BY gross_minor DESC, priority, final_at, credit_id) AS place
  FROM candidates WHERE stage IS NULL
)
SELECT r.* EXCLUDE (stage, place), r.gross_minor - coalesce(g.minor, 0) AS net_minor,
  r.place > 1 OR (coalesce(g.minor, 0) > 0 AND r.gross_minor - coalesce(g.minor, 0) < m.min_minor) AS suppressed
FROM ranked r
JOIN min_award m ON m.currency = r.currency
LEFT JOIN given_order g ON g.night = r.night AND g.order_id = r.order_id AND g.currency = r.currency;

-- ---- Step 6: limits --------------------------------------------------------------

-- Greedy per customer. Step 5 leaves one award of an order, so that tonight adds
-- nothing to the order's own limit.
CREATE TABLE limited AS
WITH RECURSIVE queue AS (
  SELECT c.*, row_number() OVER (PARTITION BY c.night, c.customer_id ORDER BY c.priority, c.final_at, c.credit_id) AS turn,
    coalesce(o.credits, 0) + 1 > ol.max_count OR coalesce(o.minor, 0) + c.net_minor > ol.max_minor AS over_order_limit,
    coalesce(hc.credits, 0) AS had_credits, coalesce(h.minor, 0) AS had_minor,
    cl.max_count, cl.max_minor, m.min_minor, rl.max_count AS rules_max, coalesce(hr.credits, 0) AS rules_had
  FROM combined c
  LEFT JOIN order_limit ol ON ol.currency = c.currency AND c.order_id IS NOT NULL
  LEFT JOIN given_order o ON o.night = c.night AND o.order_id = c.order_id AND o.currency = c.currency
  LEFT JOIN (
    SELECT night, customer_id, sum(credits) AS credits FROM given_customer GROUP BY ALL
  ) AS hc ON hc.night = c.night AND hc.customer_id = c.customer_id
  LEFT JOIN given_customer h ON h.night = c.night AND h.customer_id = c.customer_id AND h.currency = c.currency
  LEFT JOIN rule_limit rl ON rl.rule_id = c.rule_id
  LEFT JOIN given_rules hr ON hr.night = c.night AND hr.customer_id = c.customer_id
  JOIN customer_limit cl ON cl.currency = c.currency
  JOIN min_award m ON m.currency = c.currency
  WHERE NOT c.suppressed
), walk AS (
  SELECT DISTINCT night, customer_id, 0::BIGINT AS turn, 0::BIGINT AS tonight_credits, 0::BIGINT AS rules_tonight, MAP {}::MAP(VARCHAR, BIGINT) AS tonight_minor,
    NULL::BIGINT AS amount_minor, NULL::VARCHAR AS denied
  FROM queue
  UNION ALL
  SELECT night, customer_id, turn,
    CASE WHEN denied IS NULL THEN tonight_credits + 1 ELSE tonight_credits END,
    CASE WHEN denied IS NULL AND rules_max IS NOT NULL THEN rules_tonight + 1 ELSE rules_tonight END,
    CASE WHEN denied IS NULL THEN map_concat(tonight_minor, MAP {currency: had_tonight + fits}) ELSE tonight_minor END,
    fits, denied
  FROM (
    SELECT q.night, q.customer_id, q.turn, q.currency, q.rules_max, w.tonight_credits, w.rules_tonight, w.tonight_minor,
      coalesce(w.tonight_minor[q.currency], 0) AS had_tonight,
      least(q.net_minor, q.max_minor - q.had_minor - had_tonight)::BIGINT AS fits,
      CASE
        WHEN q.rules_had + w.rules_tonight + 1 > q.rules_max THEN 'limit of some rules'
        WHEN q.over_order_limit THEN 'limit of the order'
        WHEN q.had_credits + w.tonight_credits + 1 > q.max_count THEN 'limit of the customer'
        WHEN fits < q.net_minor AND fits < q.min_minor THEN 'limit of the customer'
      END AS denied
    FROM walk w
    JOIN queue q ON q.night = w.night AND q.customer_id = w.customer_id AND q.turn = w.turn + 1
  )
)
SELECT q.* EXCLUDE (over_order_limit, had_credits, had_minor, max_count, max_minor, min_minor, rules_max, rules_had), w.amount_minor, w.denied
FROM walk w
JOIN queue q ON q.night = w.night AND q.customer_id = w.customer_id AND q.turn = w.turn;

-- ---- Steps 7 to 9 -----------------------------------------------------------------

-- 7: held where an approval asks for a person
CREATE TABLE approved AS
SELECT l.* EXCLUDE (turn),
  EXISTS (
    FROM approvals a
    WHERE a.night = l.night AND a.source = l.source AND a.incident = l.incident AND l.amount_minor * minor_unit(l.currency) > a.above
  ) AS held
FROM limited l
WHERE l.denied IS NULL;

-- 8: budgets over what is left, greedy: one that does not fit spends nothing, a
-- later and smaller one may fit. Currencies have budgets of their own.
CREATE TABLE budgeted AS
WITH RECURSIVE queue AS (
  SELECT a.*, row_number() OVER (PARTITION BY a.night, a.currency ORDER BY a.priority, a.final_at, a.credit_id) AS turn,
    r.max_minor AS run_max, s.max_minor AS seller_max
  FROM approved a
  LEFT JOIN run_budget r ON r.currency = a.currency
  LEFT JOIN seller_budget s ON s.currency = a.currency AND a.seller_id IS NOT NULL
  WHERE NOT a.held
), walk AS (
  SELECT DISTINCT night, currency, 0::BIGINT AS turn, 0::BIGINT AS run_minor, MAP {}::MAP(VARCHAR, BIGINT) AS seller_minor, NULL::VARCHAR AS verdict
  FROM queue
  UNION ALL
  SELECT night, currency, turn,
    CASE WHEN verdict IS NULL THEN run_minor + amount_minor ELSE run_minor END,
    CASE WHEN verdict IS NULL AND seller_id IS NOT NULL
      THEN map_concat(seller_minor, MAP {seller_id: had_seller + amount_minor})
      ELSE seller_minor
    END,
    verdict
  FROM (
    SELECT q.night, q.currency, q.turn, q.seller_id, q.amount_minor, w.run_minor, w.seller_minor,
      coalesce(w.seller_minor[q.seller_id], 0) AS had_seller,
      CASE
        WHEN w.run_minor + q.amount_minor > q.run_max THEN 'held'
        WHEN had_seller + q.amount_minor > q.seller_max THEN 'denied'
      END AS verdict
    FROM walk w
    JOIN queue q ON q.night = w.night AND q.currency = w.currency AND q.turn = w.turn + 1
  )
)
SELECT q.* EXCLUDE (run_max, seller_max, turn), w.verdict
FROM walk w
JOIN queue q ON q.night = w.night AND q.currency = w.currency AND q.turn = w.turn;

-- 9: a night that costs too much of a currency holds all of it. Earlier nights
-- count what they would have issued had no guardrail held it.
CREATE TABLE guarded AS
WITH before_guardrails AS (
  SELECT business_date, currency, sum(amount_minor) AS minor
  FROM (
    SELECT business_date, currency, amount_minor FROM published_issuance WHERE approved_by IS NULL
    UNION ALL
    SELECT business_date, currency, amount_minor FROM published_held
    WHERE held_since = business_date AND hold_causes LIKE '%"kind":"guardrail"%'
  )
  GROUP BY ALL
), tonight AS (
  SELECT night, currency, sum(amount_minor) AS minor FROM budgeted WHERE verdict IS NULL GROUP BY ALL
), past AS (
  SELECT t.night, t.currency, t.minor, list_sort(list(b.minor) FILTER (b.minor > 0)) AS nights
  FROM tonight t
  JOIN guardrail g ON g.currency = t.currency
  LEFT JOIN before_guardrails b ON b.currency = t.currency AND b.business_date < t.night AND b.business_date >= t.night - g.median_days
  GROUP BY ALL
)
SELECT p.night, p.currency
FROM past p
JOIN guardrail g USING (currency)
WHERE p.minor > g.max_minor
  -- twice the median is the sum of the two in the middle, or twice the one
  OR (len(p.nights) >= g.min_history
      AND 2 * p.minor > g.times_median * (p.nights[(len(p.nights) + 1) // 2] + p.nights[(len(p.nights) + 2) // 2]));

-- ---- What comes of it -------------------------------------------------------------

CREATE TABLE outcomes AS
SELECT night, source, event_id, rule_id, gross_minor, 0::BIGINT AS amount_minor,
  CASE WHEN stage LIKE 'held:%' THEN 'held' ELSE 'suppressed' END AS outcome
FROM candidates WHERE stage IS NOT NULL
UNION ALL
SELECT night, source, event_id, rule_id, gross_minor, 0, 'suppressed' FROM combined WHERE suppressed
UNION ALL
SELECT night, source, event_id, rule_id, gross_minor, 0, 'denied' FROM limited WHERE denied IS NOT NULL
UNION ALL
SELECT night, source, event_id, rule_id, gross_minor, amount_minor, 'held' FROM approved WHERE held
UNION ALL
SELECT b.night, b.source, b.event_id, b.rule_id, b.gross_minor, CASE WHEN b.verdict = 'denied' THEN 0 ELSE b.amount_minor END,
  CASE WHEN b.verdict IS NOT NULL THEN b.verdict WHEN g.night IS NOT NULL THEN 'held' ELSE 'issued' END
FROM budgeted b
LEFT JOIN guarded g ON g.night = b.night AND g.currency = b.currency;

-- A credit expires at the local midnight that ends its last usable day.
CREATE TABLE issuance AS
SELECT b.night, b.source, b.event_id, b.customer_id, b.order_id, b.seller_id, b.amount_minor, b.currency, b.reason AS reason_code,
  b.rule_id, b.funding, b.terms, n.effective_at,
  midnight(
    CASE
      WHEN t.expires_on IS NULL THEN n.effective_on + t.valid_days
      ELSE greatest(t.expires_on, n.effective_on + t.min_valid_days)
    END + 1, getvariable('timezone')) AS expires_at
FROM budgeted b
JOIN nights n USING (night)
JOIN terms t ON t.terms = b.terms
LEFT JOIN guarded g ON g.night = b.night AND g.currency = b.currency
WHERE b.verdict IS NULL AND g.night IS NULL;
