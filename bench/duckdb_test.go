package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
)

// oracle is a DuckDB in memory that has resolved nights by itself and read what
// amends published of them.
type oracle struct {
	t  *testing.T
	db *sql.DB
}

func newOracle(t *testing.T) *oracle {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // variables and the zone belong to a connection
	t.Cleanup(func() { _ = db.Close() })
	o := &oracle{t: t, db: db}
	o.run("SET TimeZone = 'UTC'")
	return o
}

// openOracle computes the nights of a workspace with the SQL of its rulebook.
func openOracle(t *testing.T, n nights, rulebook string, changes []change) *oracle {
	t.Helper()
	o := newOracle(t)
	o.set("workspace", n.dir)
	o.set("state", filepath.Join(n.dir, "state"))
	o.set("olist", olistData)
	o.set("first_night", n.first.String())
	o.set("last_night", n.last.String())
	o.exec("arithmetic.sql")
	o.exec(rulebook + "_rulebook.sql")
	for _, c := range changes {
		if c.sql != "" {
			o.run(c.sql)
		}
	}
	for _, file := range []string{"published.sql", rulebook + "_match.sql", "resolve.sql", "ledger.sql", "compare.sql"} {
		o.exec(file)
	}
	return o
}

// exec runs every statement of a file in oracle/.
func (o *oracle) exec(file string) {
	o.t.Helper()
	content, err := os.ReadFile(filepath.Join("oracle", file))
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.db.ExecContext(o.t.Context(), string(content)); err != nil {
		o.t.Fatalf("%s: %v", file, err)
	}
}

func (o *oracle) run(statement string) {
	o.t.Helper()
	if _, err := o.db.ExecContext(o.t.Context(), statement); err != nil {
		o.t.Fatalf("%s: %v", statement, err)
	}
}

func (o *oracle) set(variable, value string) {
	o.t.Helper()
	o.run("SET VARIABLE " + variable + " = '" + strings.ReplaceAll(value, "'", "''") + "'")
}

// rows returns the one text column of a query.
func (o *oracle) rows(query string) (texts []string) {
	o.t.Helper()
	rows, err := o.db.QueryContext(o.t.Context(), query)
	if err != nil {
		o.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			o.t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if err := rows.Err(); err != nil {
		o.t.Fatal(err)
	}
	return texts
}

// differences returns the rows that only one side has, duplicates counted.
func (o *oracle) differences(what string) (onlyOracle, onlyAmends []string) {
	o.t.Helper()
	except := func(left, right string) []string {
		return o.rows("SELECT CAST(d AS VARCHAR) FROM (FROM " + left + "_" + what + " EXCEPT ALL FROM " + right + "_" + what + ") AS d ORDER BY ALL")
	}
	return except("oracle", "amends"), except("amends", "oracle")
}

// shownRows is how many rows of a difference a message shows: the first night's
// are the cause, and what follows from them is noise.
const shownRows = 8

// wantNoDifference compares everything that compare.sql names, row by row.
func (o *oracle) wantNoDifference() {
	o.t.Helper()
	for _, what := range []string{"issuance", "forfeiture", "held", "decision", "movement"} {
		count := o.rows("SELECT CAST(count(*) AS VARCHAR) FROM oracle_" + what)[0]
		o.t.Logf("%s: %s rows", what, count)
		onlyOracle, onlyAmends := o.differences(what)
		if len(onlyOracle)+len(onlyAmends) == 0 {
			continue
		}
		o.t.Errorf("%s: %d rows are the oracle's alone, %d are amends' alone", what, len(onlyOracle), len(onlyAmends))
		for _, side := range []struct {
			name string
			rows []string
		}{{"oracle", onlyOracle}, {"amends", onlyAmends}} {
			for _, row := range side.rows[:min(shownRows, len(side.rows))] {
				o.t.Logf("only %s: %s", side.name, row)
			}
		}
	}
}

// wantReasons fails where the nights never decided by one of the reasons: what
// does not happen is not compared.
func (o *oracle) wantReasons(reasons []string) {
	o.t.Helper()
	got := o.rows("SELECT DISTINCT reason FROM published_decision ORDER BY reason")
	for _, reason := range reasons {
		if !slices.Contains(got, reason) {
			o.t.Errorf("no decision has the reason %q; there are %s", reason, strings.Join(got, ", "))
		}
	}
}
