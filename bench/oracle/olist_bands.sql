-- Late orders by band and their worth, over all nights: from the table itself,
-- and from the facts that amends published beside each decision.

CREATE VIEW oracle_bands AS
SELECT rule_id, count(*) AS orders, sum(price) AS worth
FROM (SELECT DISTINCT rule_id, incident FROM matched WHERE rule_id LIKE 'late-%') AS m
JOIN order_rows o ON o.order_id = m.incident
GROUP BY rule_id;

CREATE VIEW amends_bands AS
SELECT rule_id, count(*) AS orders, sum(price) AS worth
FROM (
  SELECT DISTINCT event_id, unnest(from_json(matched_rules, '["VARCHAR"]')) AS rule_id, CAST(facts->>'price' AS DECIMAL(12, 2)) AS price
  FROM published_decision WHERE source = 'orders'
)
GROUP BY rule_id;
