package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// options are what is measured.
type options struct {
	data      string
	program   string // amends; "" builds it
	rows      []int64
	rules     []int64
	codecs    []string
	groupRows []int64
	ids       []string
	resent    []int64
	rounds    int
	customers int64
	credits   int64
	workers   int
	engine    string // DuckDB's version, once it is open
}

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	o := options{}
	var rows, rules, codecs, groupRows, ids, resent string
	flags.StringVar(&o.data, "data", filepath.Join(os.TempDir(), "amends-bench"), "folder for generated files; they are kept")
	flags.StringVar(&o.program, "amends", "", "the program to measure (default: built from this tree)")
	flags.StringVar(&rows, "rows", "1000000", "deliveries of the night, several separated by commas")
	flags.StringVar(&rules, "rules", "10,30,50", "rules for deliveries, several separated by commas")
	flags.StringVar(&codecs, "codec", "zstd", "of the files: zstd, snappy, or both separated by a comma; the second is measured at the first of -rows and -rules")
	flags.StringVar(&groupRows, "group-rows", "122880", "rows of a row group; those after the first are measured at the first of -rows and -rules")
	flags.StringVar(&ids, "ids", hashed, "of deliveries and orders: hashed, counted, or both separated by a comma; the second is measured at the first of -rows and -rules")
	flags.StringVar(&resent, "resent", "0", "of a thousand deliveries, those that come a second time, in the same or a newer version, several separated by commas; those after the first are measured at the first of -rows and -rules")
	flags.IntVar(&o.rounds, "rounds", 5, "rounds; medians are of these")
	flags.Int64Var(&o.customers, "customers", 3_000_000, "customers in the dimension")
	flags.Int64Var(&o.credits, "credits", 2_000_000, "credits in the ledger before the night")
	flags.IntVar(&o.workers, "workers", runtime.NumCPU(), "cores, for each side")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if o.rows, err = numbers(rows, 1); err != nil {
		return err
	}
	if o.rules, err = numbers(rules, 1); err != nil {
		return err
	}
	if o.groupRows, err = numbers(groupRows, 1); err != nil {
		return err
	}
	for _, codec := range strings.Split(codecs, ",") {
		o.codecs = append(o.codecs, strings.TrimSpace(codec))
	}
	if o.resent, err = numbers(resent, 0); err != nil {
		return err
	}
	for _, kind := range strings.Split(ids, ",") {
		if kind = strings.TrimSpace(kind); kind != hashed && kind != counted {
			return fmt.Errorf("-ids: %q: expected %s or %s", kind, hashed, counted)
		}
		o.ids = append(o.ids, strings.TrimSpace(kind))
	}
	results, err := o.measure(ctx, log)
	if len(results) > 0 { // what was measured before an error counts
		err = errors.Join(err, writeTables(out, o, results))
	}
	return err
}

// numbers are those of a list, none below least.
func numbers(list string, least int64) ([]int64, error) {
	var all []int64
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil || n < least {
			return nil, fmt.Errorf("%q: expected whole numbers from %d, separated by commas", list, least)
		}
		all = append(all, n)
	}
	return all, nil
}

// plan is what is measured: every number of rows with every policy, and on the
// first of both the other codecs, row groups, ids and shares of resent rows.
func (o options) plan() (sets []dataset, rules [][]int64) {
	first := dataset{rows: o.rows[0], groupRows: o.groupRows[0], codec: o.codecs[0], ids: o.ids[0], resent: o.resent[0], customers: o.customers, credits: o.credits}
	add := func(n []int64, change func(*dataset)) {
		set := first
		change(&set)
		sets, rules = append(sets, set), append(rules, n)
	}
	for _, rows := range o.rows {
		add(o.rules, func(d *dataset) { d.rows = rows })
	}
	for _, codec := range o.codecs[1:] {
		add(o.rules[:1], func(d *dataset) { d.codec = codec })
	}
	for _, groupRows := range o.groupRows[1:] {
		add(o.rules[:1], func(d *dataset) { d.groupRows = groupRows })
	}
	for _, ids := range o.ids[1:] {
		add(o.rules[:1], func(d *dataset) { d.ids = ids })
	}
	for _, resent := range o.resent[1:] {
		add(o.rules[:1], func(d *dataset) { d.resent = resent })
	}
	return sets, rules
}

func (o *options) measure(ctx context.Context, log io.Writer) (results []*measured, err error) {
	if o.data, err = filepath.Abs(o.data); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.data, 0o755); err != nil {
		return nil, err
	}
	if o.program == "" {
		dir, err := os.MkdirTemp("", "amends-bench-program-")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		if o.program, err = buildProgram(ctx, dir); err != nil {
			return nil, err
		}
	}
	db, err := openDuck(ctx, o.workers)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(ctx, "SELECT version()").Scan(&o.engine); err != nil {
		return nil, err
	}
	sets, rules := o.plan()
	for i, set := range sets {
		found, err := o.on(ctx, log, db, set, rules[i])
		results = append(results, found...)
		if err != nil {
			return results, fmt.Errorf("%s: %w", set.name(), err)
		}
	}
	return results, nil
}

// on measures policies on one dataset.
func (o options) on(ctx context.Context, log io.Writer, db *sql.DB, set dataset, rules []int64) (results []*measured, err error) {
	fmt.Fprintf(log, "%s: %s deliveries, %s, row groups of %d, %s customers, ledger of %s credits\n",
		set.name(), short(set.rows), set.codec, set.groupRows, short(set.customers), short(set.credits))
	folder, err := set.write(ctx, db, o.data)
	if err != nil {
		return nil, err
	}
	c := &contender{set: set, folder: folder, program: o.program, workers: o.workers}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.prepare(ctx); err != nil {
		return nil, err
	}
	for _, n := range rules {
		fmt.Fprintf(log, " %d rules\n", n)
		m := &match{contender: c, duck: &duck{db: db, folder: folder, ledger: c.ledgerFiles(), resent: set.resent > 0}, rounds: o.rounds, log: log}
		found, err := m.play(ctx, int(n))
		if err != nil {
			return results, err
		}
		results = append(results, found)
	}
	return results, nil
}
