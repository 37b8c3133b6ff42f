-- What `amends run` published, over all nights: the history that a night reads
-- (rows of earlier nights), and what the night itself is compared with.

CREATE TABLE published_issuance AS FROM read_parquet(getvariable('state') || '/runs/*/issuance.parquet');
CREATE TABLE published_forfeiture AS FROM read_parquet(getvariable('state') || '/runs/*/forfeiture.parquet');
CREATE TABLE published_adjustment AS FROM read_parquet(getvariable('state') || '/runs/*/adjustments.parquet');
CREATE TABLE published_held AS FROM read_parquet(getvariable('state') || '/runs/*/held.parquet');
CREATE TABLE published_decision AS FROM read_parquet(getvariable('state') || '/runs/*/decisions.parquet');
CREATE TABLE published_posting AS FROM read_parquet(getvariable('state') || '/runs/*/postings.parquet');

-- A night's as_of is the instant that its date ends; a credit is usable from
-- the midnight that begins the effective date, the day after.
CREATE TABLE nights AS
WITH dates AS (
  SELECT CAST(unnest(range(getvariable('first_night')::DATE::TIMESTAMP, getvariable('last_night')::DATE::TIMESTAMP + INTERVAL 1 DAY, INTERVAL 1 DAY)) AS DATE) AS night
)
SELECT
  night,
  midnight(night + 1, getvariable('timezone')) AS as_of,
  night + 1 AS effective_on,
  midnight(night + 1, getvariable('timezone')) AS effective_at
FROM dates;

-- The text of an id of several columns joins them with a slash.
-- incident_id is a hash of the incident, and credit_id the same hash: it breaks
-- ties in the order of awards (§7), so the oracle takes it from what was published.
CREATE TABLE incident_ids AS
SELECT DISTINCT source, event_id, 'cr1_' || split_part(incident_id, '_', 2) AS credit_id
FROM published_decision;
