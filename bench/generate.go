package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"amends/rules/calendar"
)

// dataset is what one measurement reads.
type dataset struct {
	rows      int64  // deliveries
	groupRows int64  // rows of a row group
	codec     string // zstd or snappy
	ids       string // hashed or counted
	customers int64
	credits   int64 // in the ledger before the night
	resent    int64 // of a thousand deliveries, those that come a second time
}

func (d dataset) name() string {
	name := fmt.Sprintf("%s-%s-%d-c%s-l%s-defects", short(d.rows), d.codec, d.groupRows, short(d.customers), short(d.credits))
	if d.ids != hashed {
		name += "-" + d.ids
	}
	if d.resent > 0 {
		name += fmt.Sprintf("-r%d", d.resent)
	}
	return name
}

// The two kinds of ids that shops have: random digits, which no codec makes small,
// and numbers in the order of their events.
const (
	hashed  = "hashed"
	counted = "counted"
)

// id is the id number n of its kind of thing, which the prefix and the purpose name.
func (d dataset) id(prefix string, purpose int, n string) string {
	if d.ids == counted {
		return fmt.Sprintf("printf('%s%%016d', (%s)::BIGINT)", prefix, n)
	}
	return fmt.Sprintf("printf('%s%%016x', hash((%s) * 64 + %d))", prefix, n, purpose)
}

func short(n int64) string {
	switch {
	case n > 0 && n%1_000_000 == 0:
		return fmt.Sprintf("%dm", n/1_000_000)
	case n > 0 && n%1_000 == 0:
		return fmt.Sprintf("%dk", n/1_000)
	}
	return fmt.Sprint(n)
}

// measuredNight comes after the nights that the ledger is made of.
const measuredNight = "2026-01-15"

// nightCredits is how many credits a night of the ledger pays at most: what one
// night holds in memory stays small, however large the ledger.
const nightCredits = 200_000

// defectsOneIn is how many deliveries there are for each defect.
const defectsOneIn = 40

// ledgerNights are the dates on which the ledger was made, the last on the eve
// of the measured one, with the first of the credits that each paid.
func (d dataset) ledgerNights() (dates []calendar.Date, first []int64, err error) {
	measured, err := calendar.ParseDate(measuredNight)
	if err != nil {
		return nil, nil, err
	}
	n := (d.credits + nightCredits - 1) / nightCredits
	for i := range n {
		dates = append(dates, measured.AddDays(int(i-n)))
		first = append(first, i*nightCredits)
	}
	return dates, first, nil
}

// draw is a share of a hash: the same number for a row on every machine, another
// for each purpose.
func draw(purpose int, of string, below int64) string {
	return fmt.Sprintf("(hash(%s * 64 + %d) %% %d)::BIGINT", of, purpose, below)
}

func one(purpose int, of string, values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + v + "'"
	}
	return fmt.Sprintf("([%s])[1 + %s]", strings.Join(quoted, ", "), draw(purpose, of, int64(len(values))))
}

// deliveriesSQL makes deliveries of the night: 97 in 100 in time, 2 in 100 late by
// up to ten days, the rest lost or overdue. Of the two parcels of an order only
// one can be late, so that no two awards of an order are equal. An order has one
// customer. i, the number of the delivery, is a column for resentSQL.
func (d dataset) deliveriesSQL() string {
	return fmt.Sprintf(`
SELECT
  %[19]s AS delivery_id,
  %[20]s AS order_id,
  printf('C%%08d', customer) AS customer_id,
  CASE WHEN %[2]s < 70 THEN printf('S%%05d', %[3]s) END AS seller_id,
  (['EUR', 'GBP', 'JPY', 'USD', 'USD', 'USD', 'USD'])[1 + (hash(customer) %% 7)::BIGINT] AS currency,
  %[4]s AS category,
  %[5]s AS carrier,
  CASE WHEN i %% 2 = 0 THEN %[6]s ELSE 'standard' END AS service_level,
  arrival - INTERVAL 4 DAY - to_microseconds(%[7]s) AS shipped_at,
  CASE WHEN kind < 960 THEN date_trunc('day', arrival) + INTERVAL 20 HOUR + to_hours(24 * %[8]s)
       WHEN kind < 994 THEN date_trunc('day', arrival) + INTERVAL 20 HOUR - to_hours(24 * (1 + %[9]s * %[9]s // 9))
       ELSE arrival - INTERVAL 168 HOUR END AS promised_at,
  CASE WHEN kind < 994 THEN arrival END AS delivered_at,
  CASE WHEN kind >= 994 AND kind < 997 THEN 'lost'
       WHEN i %% 2 = 1 OR %[10]s < 970 THEN NULL
       ELSE %[11]s END AS exception_code,
  (300 + %[12]s * %[12]s // 1000)::BIGINT AS item_price,
  arrival + to_microseconds(%[13]s) AS updated_at, i
FROM (
  SELECT i, %[14]s AS customer,
    CASE WHEN i %% 2 = 0 THEN %[15]s ELSE %[16]s END AS kind,
    TIMESTAMP '%[17]s' + to_microseconds(%[18]s) AS arrival
  FROM range(%[1]d) AS t(i)
)`, d.rows,
		draw(3, "i", 100), draw(4, "i", 20_000), one(5, "i", categories), one(6, "i", carriers),
		one(7, "i", []string{"standard", "standard", "express", "same-day"}), draw(8, "i", 3*86_400_000_000),
		draw(9, "i", 3), draw(10, "i", 10), draw(11, "i", 1000),
		one(12, "i", []string{"weather", "address", "customs", "damaged"}), draw(13, "i", 7_000), draw(14, "i", 3_600_000_000),
		draw(15, "(i // 2)", d.customers), draw(16, "i", 1000), draw(17, "i", 960), measuredNight, draw(18, "i", 86_400_000_000),
		d.id("D", 1, "i"), d.id("O", 2, "i // 2"))
}

// resentSQL makes the rows that come a second time: a third as they were, a third
// newer and without a failure, a third newer and two days late where the parcel
// may be late.
func (d dataset) resentSQL() string {
	return fmt.Sprintf(`
SELECT * EXCLUDE (i, how, arrival) REPLACE (
  CASE how WHEN 0 THEN promised_at WHEN 2 THEN date_trunc('day', arrival) - INTERVAL 28 HOUR ELSE date_trunc('day', arrival) + INTERVAL 20 HOUR END AS promised_at,
  CASE how WHEN 0 THEN delivered_at ELSE arrival END AS delivered_at,
  CASE how WHEN 0 THEN exception_code END AS exception_code,
  CASE how WHEN 0 THEN updated_at ELSE updated_at + INTERVAL 1 HOUR END AS updated_at)
FROM (
  SELECT *, coalesce(delivered_at, promised_at + INTERVAL 168 HOUR) AS arrival,
    CASE WHEN i %% 2 = 1 AND %[2]s = 2 THEN 1 ELSE %[2]s END AS how
  FROM (%[1]s)
  WHERE %[3]s < %[4]d)`, d.deliveriesSQL(), draw(51, "i", 3), draw(50, "i", 1000), d.resent)
}

func (d dataset) customersSQL() string {
	return fmt.Sprintf(`
SELECT printf('C%%08d', i) AS customer_id, %s AS tier, %s AS lifetime_value
FROM range(%d) AS t(i)`, one(20, "i", []string{"none", "none", "plus", "prime"}), draw(21, "i", 4_000), d.customers)
}

// defectsSQL makes claims of the day, each about the order of some delivery.
func (d dataset) defectsSQL() string {
	return fmt.Sprintf(`
SELECT %s AS defect_id, %s AS order_id,
  printf('C%%08d', customer) AS customer_id, printf('S%%05d', %s) AS seller_id,
  (['EUR', 'GBP', 'JPY', 'USD', 'USD', 'USD', 'USD'])[1 + (hash(customer) %% 7)::BIGINT] AS currency,
  %s AS kind, %s AS evidence_count, %s AS case_status,
  (300 + draw * draw // 1000)::BIGINT AS item_price,
  TIMESTAMP '%s' + to_microseconds(%s) AS reported_at
FROM (SELECT i, delivery, %s AS customer, %s AS draw FROM (SELECT i, %s AS delivery FROM range(%d) AS t(i)))`,
		d.id("F", 40, "i"), d.id("O", 2, "delivery // 2"), draw(41, "i", 20_000), one(42, "i", defectKinds), draw(43, "i", 4), one(44, "i", caseStatuses),
		measuredNight, draw(45, "i", 86_400_000_000),
		draw(15, "(delivery // 2)", d.customers), draw(46, "i", 7_000), draw(47, "i", d.rows), max(d.rows/defectsOneIn, 1))
}

// earlierSQL makes what a night of the ledger pays: each row is one credit.
func (d dataset) earlierSQL(night calendar.Date, first int64) string {
	return fmt.Sprintf(`
SELECT %s AS event_id, %s AS order_id,
  printf('C%%08d', customer) AS customer_id,
  (['EUR', 'GBP', 'JPY', 'USD', 'USD', 'USD', 'USD'])[1 + (hash(customer) %% 7)::BIGINT] AS currency,
  (100 + %s)::BIGINT AS amount_minor,
  TIMESTAMP '%s' + to_microseconds(%s) AS at
FROM (SELECT i, %s AS customer FROM range(%d, %d) AS t(i))`,
		d.id("E", 30, "i"), d.id("P", 31, "i"), draw(32, "i", 900), night, draw(33, "i", 86_400_000_000), draw(34, "i", d.customers), first, min(first+nightCredits, d.credits))
}

// write makes the dataset below dir, once: a folder that is whole has its name.
func (d dataset) write(ctx context.Context, db *sql.DB, dir string) (string, error) {
	folder := filepath.Join(dir, d.name())
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	unfinished := fmt.Sprintf("%s.unfinished-%d", folder, os.Getpid())
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	nights, firsts, err := d.ledgerNights()
	if err != nil {
		return "", err
	}
	files := []struct{ path, query string }{
		{"data/deliveries/dt=" + measuredNight + "/part-0.parquet", "SELECT * EXCLUDE (i) FROM (" + d.deliveriesSQL() + ")"},
		{"data/defects/dt=" + measuredNight + "/part-0.parquet", d.defectsSQL()},
		{"data/customers.parquet", d.customersSQL()},
	}
	if d.resent > 0 {
		files = append(files, struct{ path, query string }{"data/deliveries/dt=" + measuredNight + "/part-1.parquet", d.resentSQL()})
	}
	for i, night := range nights {
		files = append(files, struct{ path, query string }{fmt.Sprintf("data/earlier/dt=%s/part-0.parquet", night), d.earlierSQL(night, firsts[i])})
	}
	for _, f := range files {
		path := filepath.Join(unfinished, f.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		copySQL := fmt.Sprintf("COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION %s, ROW_GROUP_SIZE %d)", f.query, path, d.codec, d.groupRows)
		if _, err := db.ExecContext(ctx, copySQL); err != nil {
			return "", fmt.Errorf("%s: %w", f.path, err)
		}
	}
	return folder, os.Rename(unfinished, folder)
}
