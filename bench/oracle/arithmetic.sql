-- Arithmetic of DESIGN §2.5 and §4, on integers: a decimal is a count of
-- millionths, each operation is defined at six digits, ties go to even. DuckDB's
-- own round() goes away from zero at a tie, so it is not used.
--
-- Every quantity of these rulebooks is zero or more; a negative one would need
-- a floor that the // of integers is not.

-- exact: a literal such as 0.05 is a DECIMAL in SQL, never a double
CREATE MACRO millionths(x) AS CAST(CAST(x AS DECIMAL(30, 6)) * 1000000 AS HUGEINT);

CREATE MACRO half_even(numerator, denominator) AS (
  numerator // denominator
  + CASE
      WHEN 2 * (numerator % denominator) > denominator THEN 1
      WHEN 2 * (numerator % denominator) = denominator AND (numerator // denominator) % 2 = 1 THEN 1
      ELSE 0
    END
);

CREATE MACRO times(a, b) AS half_even(a * b, 1000000::HUGEINT);
CREATE MACRO divided(a, b) AS half_even(a * 1000000::HUGEINT, b);

-- millionths of a unit in one minor unit of a currency
CREATE MACRO minor_unit(currency) AS CAST(CASE currency WHEN 'JPY' THEN 1000000 ELSE 10000 END AS HUGEINT);

-- the one rounding of an amount
CREATE MACRO to_minor(amount, currency) AS CAST(half_even(amount, minor_unit(currency)) AS BIGINT);

-- The instant of a local time (DESIGN §5): one that a clock change skips is the
-- first after the gap, one that it repeats is the earlier. ICU answers neither,
-- so both are asked for. Changes are of one hour and at whole hours in every
-- zone of these workspaces.
CREATE MACRO instant_of(written, zone) AS (
  CASE
    WHEN timezone(zone, timezone(zone, written)) <> written
      THEN date_trunc('hour', timezone(zone, written))
    WHEN timezone(zone, timezone(zone, written) - INTERVAL 1 HOUR) = written
      THEN timezone(zone, written) - INTERVAL 1 HOUR
    ELSE timezone(zone, written)
  END
);

CREATE MACRO day_of(instant, zone) AS CAST(timezone(zone, instant) AS DATE);
CREATE MACRO midnight(day, zone) AS instant_of(CAST(day AS TIMESTAMP), zone);
