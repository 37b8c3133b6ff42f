-- Both sides in the same columns, for EXCEPT ALL in both directions.

CREATE VIEW oracle_issuance AS
SELECT night, source, event_id, customer_id, order_id, seller_id, amount_minor, currency, reason_code, rule_id, funding, terms, effective_at, expires_at
FROM issuance;
CREATE VIEW amends_issuance AS
SELECT business_date AS night, source, event_id, customer_id, order_id, seller_id, amount_minor, currency, reason_code, rule_id, funding, terms, effective_at, expires_at
FROM published_issuance;

CREATE VIEW oracle_forfeiture AS
SELECT night, credit_id, customer_id, order_id, currency, granted_minor, redeemed_minor, forfeited_minor, effective_at, expires_at, reason_code
FROM forfeiture;
CREATE VIEW amends_forfeiture AS
SELECT business_date AS night, credit_id, customer_id, order_id, currency, granted_minor, redeemed_minor, forfeited_minor, effective_at, expires_at, reason_code
FROM published_forfeiture;

-- the awards that a night put on hold
CREATE VIEW oracle_held AS
SELECT night, source, event_id, rule_id, gross_minor, amount_minor FROM outcomes WHERE outcome = 'held';
CREATE VIEW amends_held AS
SELECT business_date AS night, source, event_id, rule_id, gross_minor, amount_minor FROM published_held WHERE held_since = business_date;

-- what became of every incident that a live rule matched
CREATE VIEW oracle_decision AS
SELECT night, source, event_id, rule_id, gross_minor, amount_minor, outcome FROM outcomes;
CREATE VIEW amends_decision AS
SELECT business_date AS night, source, event_id, rule_id, gross_minor, amount_minor, outcome
FROM published_decision WHERE rule_id IS NOT NULL;

-- how balances moved
CREATE VIEW oracle_movement AS
SELECT night, 'redeem' AS kind, credit_id, redemption_id AS reference, applied AS minor FROM redeemed WHERE applied > 0
UNION ALL
SELECT night, 'reinstate', credit_id, redemption_id, reinstated FROM redeemed WHERE reinstated > 0
UNION ALL
SELECT night, 'void', credit_id, NULL, voided FROM voided;
CREATE VIEW amends_movement AS
SELECT business_date AS night, kind, credit_id, CASE WHEN kind <> 'void' THEN reference END AS reference, amount_minor AS minor
FROM published_posting WHERE kind IN ('redeem', 'reinstate', 'void');
