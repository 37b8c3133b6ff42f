-- DESIGN §8 for a night: redemptions, then voids, then forfeitures. The balances
-- that a night begins with are sums of the postings of earlier nights.

-- Credits that a night can move: issued before it.
CREATE TABLE opening AS
WITH moved AS (
  SELECT n.night, p.credit_id,
    sum(p.amount_minor) FILTER (p.kind = 'redeem') AS redeemed,
    sum(p.amount_minor) FILTER (p.kind IN ('forfeit', 'void')) AS taken,
    sum(p.amount_minor) FILTER (p.kind = 'reinstate') AS reinstated,
    min(p."at") FILTER (p.kind = 'void') AS voided_at
  FROM nights n
  JOIN published_posting p ON p.business_date < n.night AND p.kind IN ('redeem', 'forfeit', 'void', 'reinstate')
  GROUP BY ALL
)
SELECT n.night, i.credit_id, i.customer_id, i.order_id, i.currency, i.amount_minor AS granted, i.effective_at, i.expires_at, i.reason,
  coalesce(m.redeemed, 0)::BIGINT AS redeemed,
  (coalesce(m.taken, 0) - coalesce(m.reinstated, 0))::BIGINT AS taken, -- and can be given back
  m.voided_at,
  (i.amount_minor + coalesce(m.reinstated, 0) - coalesce(m.redeemed, 0) - coalesce(m.taken, 0))::BIGINT AS remaining
FROM nights n
JOIN published_posting i ON i.kind = 'issue' AND i.business_date < n.night
LEFT JOIN moved m ON m.night = n.night AND m.credit_id = i.credit_id;

-- Redemptions of a credit in the order of their instants. Before expiry, and
-- before a void, they take what remains; value that is gone already is given
-- back first. Each id counts once for a credit.
CREATE TABLE redeemed AS
WITH RECURSIVE known AS (
  SELECT DISTINCT credit_id, reference AS redemption_id, business_date FROM published_posting WHERE kind = 'redeem'
), queue AS (
  SELECT *, row_number() OVER (PARTITION BY night, credit_id ORDER BY redeemed_at, redemption_id) AS turn
  FROM (
    SELECT DISTINCT n.night, r.credit_id, r.redemption_id, r.amount, r.redeemed_at
    FROM nights n
    JOIN redemption_rows r ON r.dt BETWEEN n.night - getvariable('redemption_lookback_days') AND n.night
    JOIN opening o ON o.night = n.night AND o.credit_id = r.credit_id AND o.customer_id = r.customer_id AND o.currency = r.currency
    WHERE r.redeemed_at < n.as_of AND r.redeemed_at < o.expires_at AND (o.voided_at IS NULL OR r.redeemed_at < o.voided_at)
      AND NOT EXISTS (
        FROM known k WHERE k.credit_id = r.credit_id AND k.redemption_id = r.redemption_id AND k.business_date < n.night
      )
  )
), walk AS (
  SELECT o.night, o.credit_id, 0::BIGINT AS turn, o.remaining, o.taken, 0::BIGINT AS applied, 0::BIGINT AS reinstated
  FROM opening o
  SEMI JOIN queue q ON q.night = o.night AND q.credit_id = o.credit_id
  UNION ALL
  SELECT night, credit_id, turn,
    remaining - least(amount, remaining),
    taken - given_back,
    least(amount, remaining) + given_back,
    given_back
  FROM (
    SELECT q.night, q.credit_id, q.turn, q.amount, w.remaining, w.taken,
      least(greatest(q.amount - w.remaining, 0), w.taken)::BIGINT AS given_back
    FROM walk w
    JOIN queue q ON q.night = w.night AND q.credit_id = w.credit_id AND q.turn = w.turn + 1
  )
)
SELECT w.night, w.credit_id, q.redemption_id, w.applied, w.reinstated
FROM walk w
JOIN queue q ON q.night = w.night AND q.credit_id = w.credit_id AND q.turn = w.turn;

-- After redemptions, the credits whose order the bank has taken back lose the rest.
CREATE TABLE voided AS
SELECT o.night, o.credit_id, (o.remaining - coalesce(r.applied, 0))::BIGINT AS voided
FROM opening o
SEMI JOIN voidable_orders v ON v.night = o.night AND v.order_id = o.order_id
LEFT JOIN (
  SELECT night, credit_id, sum(applied - reinstated) AS applied FROM redeemed GROUP BY ALL
) AS r ON r.night = o.night AND r.credit_id = o.credit_id
WHERE o.remaining - coalesce(r.applied, 0) > 0;

-- What is left once expires_at and the days of grace are past. Grace is calendar
-- days of the workspace's zone, as expiry is.
CREATE TABLE forfeiture AS
SELECT o.night, o.credit_id, o.customer_id, o.order_id, o.currency, o.granted AS granted_minor,
  (o.redeemed + coalesce(r.applied, 0))::BIGINT AS redeemed_minor,
  (o.remaining - coalesce(r.applied - r.reinstated, 0))::BIGINT AS forfeited_minor,
  o.effective_at, o.expires_at, o.reason AS reason_code
FROM opening o
JOIN nights n USING (night)
LEFT JOIN (
  SELECT night, credit_id, sum(applied) AS applied, sum(reinstated) AS reinstated FROM redeemed GROUP BY ALL
) AS r ON r.night = o.night AND r.credit_id = o.credit_id
ANTI JOIN voided v ON v.night = o.night AND v.credit_id = o.credit_id
WHERE midnight(day_of(o.expires_at, getvariable('timezone')) + getvariable('grace_days'), getvariable('timezone')) <= n.as_of
  AND o.remaining - coalesce(r.applied - r.reinstated, 0) > 0;
