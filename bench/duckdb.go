package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
)

// duck is DuckDB with the policy as SQL.
type duck struct {
	db     *sql.DB
	folder string // of the dataset
	ledger string // postings.parquet of the ledger's night
	rules  []rule
}

func openDuck(ctx context.Context, threads int) (*sql.DB, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		"SET TimeZone = 'UTC'",
		fmt.Sprintf("SET threads = %d", threads),
		"SET preserve_insertion_order = false",
		`CREATE MACRO half_even(n, d) AS n // d + CASE WHEN 2 * (n % d) > d THEN 1 WHEN 2 * (n % d) = d AND (n // d) % 2 = 1 THEN 1 ELSE 0 END`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	return db, nil
}

// guardSQL is a cheap condition that every row which any rule hits satisfies: it
// stands before the joins and the CASEs.
const guardSQL = `WHERE delivered_at IS NULL OR CAST(delivered_at AS DATE) > CAST(promised_at AS DATE)
  OR exception_code = 'damaged' OR (service_level = 'same-day' AND delivered_at >= promised_at + INTERVAL 2 HOUR)`

func byCurrency(minor map[string]int64, times int) string {
	var b strings.Builder
	b.WriteString("CASE currency")
	for _, c := range currencies {
		fmt.Fprintf(&b, " WHEN '%s' THEN %d", c, minor[c]*int64(times))
	}
	return b.String() + " END"
}

// amountSQL is what a rule gives, in minor units. Caps are whole minor units, so
// the lower of two amounts may be taken after rounding.
func (r rule) amountSQL() string {
	bound := byCurrency(capsMinor[r.cap], r.capTimes)
	if r.percent > 0 {
		bound = fmt.Sprintf("least(half_even(item_price * %d, 100), %s)", r.percent, bound)
	}
	return fmt.Sprintf("CASE WHEN %s THEN least(%s, item_price) END", r.whenSQL, bound)
}

// matchSQL gives each event that a rule hits its highest award and the rule.
func (d *duck) matchSQL(guarded bool) string {
	guard, joins, joined := "", "", ""
	if guarded {
		guard = guardSQL
	}
	if needsJoins(d.rules) {
		joined = ", c.tier, c.lifetime_value, coalesce(h.credits_90, 0) AS credits_90"
		joins = fmt.Sprintf(`JOIN read_parquet('%s/data/customers.parquet') AS c USING (customer_id)
  LEFT JOIN (SELECT customer_id, count(*) AS credits_90 FROM read_parquet('%s') WHERE kind = 'issue' GROUP BY ALL) AS h USING (customer_id)`,
			d.folder, d.ledger)
	}
	amounts := make([]string, len(d.rules))
	names := make([]string, len(d.rules))
	cases := make([]string, len(d.rules))
	for i, r := range d.rules {
		amounts[i] = fmt.Sprintf("%s AS a%d", r.amountSQL(), i)
		names[i] = fmt.Sprintf("a%d", i)
		cases[i] = fmt.Sprintf("WHEN a%d = award THEN %d", i, i)
	}
	return fmt.Sprintf(`
WITH events AS (
  SELECT delivery_id, order_id, customer_id, seller_id, currency, item_price, category, carrier, service_level, promised_at, delivered_at,
    coalesce(delivered_at, promised_at + INTERVAL 168 HOUR) AS final_at, delivered_at IS NOT NULL AS arrived,
    date_diff('day', CAST(promised_at AS DATE), CAST(coalesce(delivered_at, TIMESTAMP '%[1]s' + INTERVAL 1 DAY) AS DATE)) AS days_late,
    coalesce(exception_code, '') AS exception, coalesce(exception_code, '') = 'weather' AS weather, shipped_at, updated_at
  FROM read_parquet('%[2]s/data/deliveries/dt=%[1]s/*.parquet')
  %[3]s
), joined AS (
  SELECT e.*%[4]s, %[5]s AS floor_crushed FROM events AS e %[6]s
), priced AS (
  SELECT *, %[7]s FROM joined WHERE final_at < TIMESTAMP '%[1]s' + INTERVAL 1 DAY AND final_at >= shipped_at
), best AS (
  SELECT *, greatest(%[8]s) AS award FROM priced
)
SELECT delivery_id, order_id, customer_id, seller_id, currency, final_at, award, CASE %[9]s END AS rule FROM best WHERE award > 0`,
		measuredNight, d.folder, guard, joined, byCurrency(crushedFloorMinor, 1), joins,
		strings.Join(amounts, ",\n    "), strings.Join(names, ", "), strings.Join(cases, " "))
}

func needsJoins(rules []rule) bool {
	for _, r := range rules {
		if strings.Contains(r.when, "customer.") {
			return true
		}
	}
	return false
}

// nightSQL is the whole policy: combine per order net of history, the limit per
// customer, the budget, and what issuance.parquet has.
//
// The limit is greedy, but with a count and a sum that only grow it has a closed
// form: of each award what is left of the sum, as long as the count lasts.
func (d *duck) nightSQL(guarded bool) string {
	names := make([]string, len(d.rules))
	for i, r := range d.rules {
		names[i] = "'" + r.id + "'"
	}
	return fmt.Sprintf(`
WITH matched AS (%[1]s
), given AS (
  SELECT customer_id, order_id, currency, amount_minor FROM read_parquet('%[2]s') WHERE kind = 'issue'
), of_order AS (
  SELECT m.order_id, sum(g.amount_minor) AS got FROM (SELECT DISTINCT order_id FROM matched) AS m JOIN given AS g USING (order_id) GROUP BY ALL
), net AS (
  SELECT m.*, award - coalesce(got, 0)::BIGINT AS amount FROM matched AS m LEFT JOIN of_order USING (order_id)
  QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY award DESC, rule, final_at) = 1
), of_customer AS (
  SELECT customer_id, count(*) AS used_count, sum(amount_minor)::BIGINT AS used FROM given
  WHERE customer_id IN (SELECT customer_id FROM matched) GROUP BY ALL
), running AS (
  SELECT n.*, coalesce(used, 0) AS used, coalesce(used_count, 0) + row_number() OVER w AS nth,
    coalesce(used, 0) + sum(amount) OVER w AS total, %[3]s AS bound
  FROM net AS n LEFT JOIN of_customer USING (customer_id) WHERE amount > 0
  WINDOW w AS (PARTITION BY customer_id ORDER BY rule, final_at ROWS UNBOUNDED PRECEDING)
), limited AS (
  SELECT *, (least(bound, total) - least(bound, total - amount))::BIGINT AS paid FROM running WHERE nth <= %[4]d
), budgeted AS (
  SELECT *, sum(paid) OVER (PARTITION BY currency) AS spent FROM limited WHERE paid > 0
)
SELECT DATE '%[5]s' AS business_date, 'cr1_' || md5(delivery_id) AS credit_id, 'in1_' || md5(delivery_id) AS incident_id, 'deliveries' AS source,
  delivery_id AS event_id, customer_id, order_id, seller_id, paid AS amount_minor, currency, 'DELIVERY_LATE' AS reason_code,
  ([%[6]s])[1 + rule] AS rule_id, 'platform' AS funding, TIMESTAMP '%[5]s' + INTERVAL 1 DAY AS effective_at,
  TIMESTAMP '%[5]s' + INTERVAL 62 DAY AS expires_at, 'standard' AS terms, NULL::BIGINT AS min_purchase_minor,
  NULL::VARCHAR AS categories_only, NULL::VARCHAR AS categories_except, NULL::VARCHAR AS sold_by, false AS stackable, false AS transferable,
  NULL::VARCHAR AS message, NULL::VARCHAR AS approved_by, '%[7]s' AS rulebook_sha256
FROM budgeted WHERE spent <= %[8]s
ORDER BY credit_id`,
		d.matchSQL(guarded), d.ledger, byCurrency(limitMinor, 1), limitCount, measuredNight, strings.Join(names, ", "),
		strings.Repeat("0", 64), byCurrency(budgetMinor, 1))
}

// scan times the rules alone: every hit with its award, in a table.
func (d *duck) scan(ctx context.Context, guarded bool) (time.Duration, error) {
	started := time.Now()
	_, err := d.db.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE scanned AS "+d.matchSQL(guarded))
	return time.Since(started), err
}

// night times the policy up to a written file, sorted and compressed as amends'.
func (d *duck) night(ctx context.Context, guarded bool, dir string) (time.Duration, error) {
	started := time.Now()
	_, err := d.db.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION zstd)", d.nightSQL(guarded), filepath.Join(dir, "issuance.parquet")))
	return time.Since(started), err
}

// differences counts the rows of two issuance files that only one of them has.
func (d *duck) differences(ctx context.Context, left, right string) (onlyLeft, onlyRight, both int64, err error) {
	const columns = "event_id, customer_id, order_id, seller_id, amount_minor, currency, reason_code, rule_id, funding, epoch_us(effective_at), epoch_us(expires_at)"
	query := `
WITH l AS (SELECT ` + columns + ` FROM read_parquet('` + left + `')), r AS (SELECT ` + columns + ` FROM read_parquet('` + right + `'))
SELECT (SELECT count(*) FROM (FROM l EXCEPT ALL FROM r)), (SELECT count(*) FROM (FROM r EXCEPT ALL FROM l)), (SELECT count(*) FROM l)`
	err = d.db.QueryRowContext(ctx, query).Scan(&onlyLeft, &onlyRight, &both)
	return onlyLeft, onlyRight, both - onlyLeft, err
}
