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
	ledger string // postings.parquet of the ledger's nights, as a pattern
	rules  []rule
	resent bool // rows come in several versions, of which the newest counts, once
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

// form is a way to write the policy in SQL. All give the same rows.
type form struct {
	name string
	// guarded puts a cheap condition before the joins and the CASEs, and reads of
	// the ledger only the customers that are left.
	guarded bool
	// oneNumber packs award and rule into one number, so that the highest award
	// needs no second look for its rule.
	oneNumber bool
}

// forms are those that were the fastest of what was tried; the fastest counts.
// Slower were: a filter of all rules' conditions before the awards, ids read only
// for hits by file_row_number, and the guarded one without MATERIALIZED.
var forms = []form{
	{name: "guarded", guarded: true},
	{name: "guarded, one number", guarded: true, oneNumber: true},
	{name: "plain CASE"},
}

// Cheap conditions that every row which any rule hits satisfies.
const (
	deliveryGuard = `WHERE delivered_at IS NULL OR CAST(delivered_at AS DATE) > CAST(promised_at AS DATE)
  OR exception_code = 'damaged' OR (service_level = 'same-day' AND delivered_at >= promised_at + INTERVAL 2 HOUR)`
	defectGuard = `WHERE (kind = 'damaged' AND evidence_count >= 1) OR (kind IN ('wrong-item', 'missing') AND case_status = 'confirmed')`
)

// packed is more than there are rules in a policy.
const packed = 256

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
func (r numbered) amountSQL(f form) string {
	bound := byCurrency(capsMinor[r.cap], r.capTimes)
	if r.percent > 0 {
		bound = fmt.Sprintf("least(half_even(item_price * %d, 100), %s)", r.percent, bound)
	}
	amount := fmt.Sprintf("least(%s, item_price)", bound)
	if f.oneNumber { // of equal awards the earlier rule's is the greater number
		amount = fmt.Sprintf("%d * %s + %d", packed, amount, packed-1-r.place)
	}
	return fmt.Sprintf("CASE WHEN %s THEN %s END", r.whenSQL, amount)
}

// hitsSQL gives the rows of events that a rule of a source hits, each with its
// highest award and the rule, as the columns of matchSQL.
func (d *duck) hitsSQL(source, events, id, version string, f form) string {
	rules := rulesOn(d.rules, source)
	amounts, names, cases := make([]string, len(rules)), make([]string, len(rules)), make([]string, len(rules))
	for i, r := range rules {
		names[i] = fmt.Sprintf("a%d", r.place)
		amounts[i] = r.amountSQL(f) + " AS " + names[i]
		cases[i] = fmt.Sprintf("WHEN %s = award THEN %d", names[i], r.place)
	}
	award, place, joins, joined := "award", "CASE "+strings.Join(cases, " ")+" END", "", ""
	if f.oneNumber {
		award, place = fmt.Sprintf("award // %d", packed), fmt.Sprintf("%d - award %% %d", packed-1, packed)
	}
	if needsJoins(d.rules) {
		joined = ", c.tier, c.lifetime_value, coalesce(u.credits_90, 0) AS credits_90, coalesce(u.used, 0) AS used"
		joins = fmt.Sprintf("JOIN read_parquet('%s/data/customers.parquet') AS c USING (customer_id) LEFT JOIN used AS u USING (customer_id)", d.folder)
	} else {
		joined = ", 0 AS credits_90, 0 AS used"
	}
	return fmt.Sprintf(`SELECT '%[1]s' AS source, %[2]s AS event_id, order_id, customer_id, seller_id, currency, final_at,%[12]s credits_90, used, %[3]s AS award, %[4]s AS rule
  FROM (SELECT *, greatest(%[5]s) AS award FROM (
    SELECT *, %[6]s
    FROM (SELECT e.*%[7]s, %[8]s AS floor_crushed FROM %[9]s AS e %[10]s)
    WHERE final_at < TIMESTAMP '%[11]s' + INTERVAL 1 DAY AND final_at >= since))
  WHERE award > 0`,
		source, id, award, place, strings.Join(names, ", "), strings.Join(amounts, ",\n      "), joined, byCurrency(crushedFloorMinor, 1), events, joins, measuredNight, version)
}

// matchSQL is the WITH clause up to matched: each event that a rule hits, with
// its highest award and the rule.
func (d *duck) matchSQL(f form) string {
	deliveryWhere, defectWhere, materialized, touched := "", "", "", ""
	if f.guarded {
		deliveryWhere, defectWhere, materialized = deliveryGuard, defectGuard, "MATERIALIZED "
		touched = "WHERE customer_id IN (SELECT customer_id FROM events UNION ALL SELECT customer_id FROM claims)"
	}
	found, newest, version, noVersion := "matched", "", "", ""
	if d.resent {
		found, newest, version, noVersion = "found", d.newestSQL(), " updated_at AS version,", " NULL::TIMESTAMP AS version,"
	}
	used := ""
	if needsJoins(d.rules) {
		used = fmt.Sprintf(`, given AS (
  SELECT customer_id, order_id, currency, amount_minor FROM read_parquet('%s') WHERE kind = 'issue'
), used AS (
  SELECT customer_id, count(*) AS credits_90, sum(amount_minor)::BIGINT AS used FROM given %s GROUP BY ALL
)`, d.ledger, touched)
	}
	return fmt.Sprintf(`WITH events AS %[1]s(
  SELECT delivery_id, order_id, customer_id, seller_id, currency, item_price, category, carrier, service_level, promised_at, delivered_at,
    coalesce(delivered_at, promised_at + INTERVAL 168 HOUR) AS final_at, delivered_at IS NOT NULL AS arrived,
    date_diff('day', CAST(promised_at AS DATE), CAST(coalesce(delivered_at, TIMESTAMP '%[2]s' + INTERVAL 1 DAY) AS DATE)) AS days_late,
    coalesce(exception_code, '') AS exception, coalesce(exception_code, '') = 'weather' AS weather, shipped_at AS since, updated_at
  FROM read_parquet('%[3]s/data/deliveries/dt=%[2]s/*.parquet')
  %[4]s
), claims AS %[1]s(
  SELECT defect_id, order_id, customer_id, seller_id, currency, item_price, kind, evidence_count, case_status,
    reported_at AS final_at, reported_at AS since
  FROM read_parquet('%[3]s/data/defects/dt=%[2]s/*.parquet')
  %[5]s
)%[6]s, %[9]s AS (
  %[7]s
  UNION ALL
  %[8]s
)%[10]s`, materialized, measuredNight, d.folder, deliveryWhere, defectWhere, used,
		d.hitsSQL("deliveries", "events", "delivery_id", version, f), d.hitsSQL("defects", "claims", "defect_id", noVersion, f), found, newest)
}

// newestSQL gives matched of the rows found: those whose row is the newest of its
// delivery, once. A row that no rule hits may be newer.
func (d *duck) newestSQL() string {
	return fmt.Sprintf(`, several AS (
  SELECT delivery_id, max(updated_at) AS newest
  FROM read_parquet('%s/data/deliveries/dt=%s/*.parquet')
  WHERE delivery_id IN (SELECT event_id FROM found) GROUP BY ALL HAVING count(*) > 1
), matched AS (
  SELECT * FROM found WHERE event_id NOT IN (SELECT delivery_id FROM several)
  UNION ALL
  SELECT DISTINCT found.* FROM found JOIN several ON event_id = delivery_id AND version = newest
)`, d.folder, measuredNight)
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
func (d *duck) nightSQL(f form) string {
	names := make([]string, len(d.rules))
	for i, r := range d.rules {
		names[i] = "'" + r.id + "'"
	}
	return fmt.Sprintf(`%[1]s, of_order AS (
  SELECT m.order_id, sum(g.amount_minor) AS got FROM (SELECT DISTINCT order_id FROM matched) AS m JOIN given AS g USING (order_id) GROUP BY ALL
), net AS (
  SELECT m.*, award - coalesce(got, 0)::BIGINT AS amount FROM matched AS m LEFT JOIN of_order USING (order_id)
  QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY award DESC, rule, final_at) = 1
), running AS (
  SELECT *, credits_90 + row_number() OVER w AS nth, used + sum(amount) OVER w AS total, %[2]s AS bound
  FROM net WHERE amount > 0
  WINDOW w AS (PARTITION BY customer_id ORDER BY rule, final_at ROWS UNBOUNDED PRECEDING)
), limited AS (
  SELECT *, (least(bound, total) - least(bound, total - amount))::BIGINT AS paid FROM running WHERE nth <= %[3]d
), budgeted AS (
  SELECT *, sum(paid) OVER (PARTITION BY currency) AS spent FROM limited WHERE paid > 0
)
SELECT DATE '%[4]s' AS business_date, 'cr1_' || md5(event_id) AS credit_id, 'in1_' || md5(event_id) AS incident_id, source,
  event_id, customer_id, order_id, seller_id, paid AS amount_minor, currency, 'DELIVERY_LATE' AS reason_code,
  ([%[5]s])[1 + rule] AS rule_id, 'platform' AS funding, TIMESTAMP '%[4]s' + INTERVAL 1 DAY AS effective_at,
  TIMESTAMP '%[4]s' + INTERVAL 62 DAY AS expires_at, 'standard' AS terms, NULL::BIGINT AS min_purchase_minor,
  NULL::VARCHAR AS categories_only, NULL::VARCHAR AS categories_except, NULL::VARCHAR AS sold_by, false AS stackable, false AS transferable,
  NULL::VARCHAR AS message, NULL::VARCHAR AS approved_by, '%[6]s' AS rulebook_sha256
FROM budgeted WHERE spent <= %[7]s
ORDER BY credit_id`,
		d.matchSQL(f), byCurrency(limitMinor, 1), limitCount, measuredNight, strings.Join(names, ", "),
		strings.Repeat("0", 64), byCurrency(budgetMinor, 1))
}

// scan times the rules alone: every hit with its award, in a table.
func (d *duck) scan(ctx context.Context, f form) (time.Duration, error) {
	started := time.Now()
	_, err := d.db.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE scanned AS "+d.matchSQL(f)+" FROM matched")
	return time.Since(started), err
}

// night times the policy up to a written file, sorted and compressed as amends'.
func (d *duck) night(ctx context.Context, f form, dir string) (time.Duration, error) {
	started := time.Now()
	_, err := d.db.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION zstd)", d.nightSQL(f), filepath.Join(dir, "issuance.parquet")))
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
