package main

import (
	"context"
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
	rows      []int64
	rules     []int
	rounds    int
	codec     string
	groupRows int64
	customers int64
	credits   int64
	workers   int
}

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	o := options{}
	var rows, rules string
	flags.StringVar(&o.data, "data", filepath.Join(os.TempDir(), "amends-bench"), "folder for generated files; they are kept")
	flags.StringVar(&rows, "rows", "1000000", "deliveries of the night, several separated by commas")
	flags.StringVar(&rules, "rules", "10,30", "rules of the policy, several separated by commas")
	flags.IntVar(&o.rounds, "rounds", 5, "rounds; medians are of these")
	flags.StringVar(&o.codec, "codec", "zstd", "of the deliveries: zstd or snappy")
	flags.Int64Var(&o.groupRows, "group-rows", 122_880, "rows of a row group")
	flags.Int64Var(&o.customers, "customers", 3_000_000, "customers in the dimension")
	flags.Int64Var(&o.credits, "credits", 2_000_000, "credits in the ledger before the night")
	flags.IntVar(&o.workers, "workers", runtime.NumCPU(), "cores, for each side")
	night := flags.String("night", "", "run the measured night of a dataset's folder once, and nothing else")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *night != "" {
		c := &contender{folder: *night, workers: o.workers}
		_, _, _, err := c.night(ctx, false)
		return err
	}
	var err error
	if o.rows, err = numbers(rows); err != nil {
		return err
	}
	counts, err := numbers(rules)
	if err != nil {
		return err
	}
	for _, n := range counts {
		o.rules = append(o.rules, int(n))
	}
	return o.measure(ctx, out)
}

func numbers(list string) ([]int64, error) {
	var all []int64
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q: expected whole numbers above zero, separated by commas", list)
		}
		all = append(all, n)
	}
	return all, nil
}

func (o options) measure(ctx context.Context, out io.Writer) error {
	fmt.Fprintf(out, "%s, %d cores; medians of %d alternating rounds, page cache warm\n", runtime.Version(), o.workers, o.rounds)
	db, err := openDuck(ctx, o.workers)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, rows := range o.rows {
		set := dataset{rows: rows, groupRows: o.groupRows, codec: o.codec, customers: o.customers, credits: o.credits}
		folder, err := set.write(ctx, db, o.data)
		if err != nil {
			return err
		}
		c := &contender{folder: folder, workers: o.workers}
		if err := c.prepare(ctx); err != nil {
			return err
		}
		for _, n := range o.rules {
			m := &match{contender: c, duck: &duck{db: db, folder: folder, ledger: c.ledgerFile()}, rounds: o.rounds, out: out}
			fmt.Fprintf(out, "\n%s deliveries (%s, row groups of %d), %d rules, %s customers, ledger of %s credits\n",
				short(rows), o.codec, o.groupRows, n, short(o.customers), short(o.credits))
			if err := m.scans(ctx, joinless(n)); err != nil {
				return err
			}
			if err := m.nights(ctx, policy(n)); err != nil {
				return err
			}
		}
	}
	return nil
}
