package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"amends/pipeline"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/rules/calendar"
	"amends/samples"
)

type demoCommand struct {
	Dir        string `placeholder:"DIR" default:"amends-demo" help:"The folder to make (default: amends-demo)."`
	Deliveries int    `placeholder:"N" default:"200000" help:"About how many deliveries, over all nights (default: 200000)."`
	Nights     int    `placeholder:"N" default:"45" help:"How many nights (default: 45)."`
	Seed       uint64 `placeholder:"N" default:"1" help:"Another seed gives other data of the same kind (default: 1)."`
	Workers    int    `placeholder:"N" help:"How many cores to use (default: all)."`
}

// Help is shown by amends demo --help.
func (demoCommand) Help() string {
	return `Four marketplaces with late, lost, damaged and wrong parcels, refunds, chargebacks, redemptions and agents' own credits. It leaves a workspace in which every other command works. Run again, it goes on where it was stopped.

Examples:

  amends demo
  amends demo --dir small --deliveries 5000 --nights 10`
}

// demoFile marks the folder of a demo, and holds the options it was made with.
const demoFile = "demo.json"

type demoOptions struct {
	Deliveries int    `json:"deliveries"`
	Nights     int    `json:"nights"`
	Seed       uint64 `json:"seed"`
}

// Run makes the demo and runs its nights.
func (c *demoCommand) Run(ctx ctxArgument, a *app) error {
	if a.config.Dir != "." {
		return fmt.Errorf("%w: demo makes a workspace of its own, and -C names one that is there: name the new folder with --dir %s", pipeline.ErrUsage, a.config.Dir)
	}
	if c.Deliveries < 1 || c.Nights < 1 {
		return fmt.Errorf("%w: --deliveries and --nights want 1 or more", pipeline.ErrUsage)
	}
	g, err := samples.New(samples.Options{Dir: c.Dir, Deliveries: c.Deliveries, Nights: c.Nights, Seed: c.Seed})
	if err != nil {
		return fmt.Errorf("%w: %w", pipeline.ErrUsage, err)
	}
	if err := c.claim(); err != nil {
		return err
	}
	d := &demo{app: a, data: g, nights: g.Nights(), dir: c.Dir, config: pipeline.Config{Dir: c.Dir, Workers: c.Workers}}
	if err := d.run(ctx); err != nil {
		return err
	}
	return d.story(*c)
}

// claim makes the folder a demo's, or finds that it is one of the same options.
func (c *demoCommand) claim() error {
	want := demoOptions{c.Deliveries, c.Nights, c.Seed}
	entries, err := os.ReadDir(c.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) == 0 {
		content, err := json.Marshal(want)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(c.Dir, 0o777); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(c.Dir, demoFile), append(content, '\n'), 0o666)
	}
	content, err := os.ReadFile(filepath.Join(c.Dir, demoFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not empty and no demo: name another folder with --dir", c.Dir)
	}
	if err != nil {
		return err
	}
	var have demoOptions
	if err := json.Unmarshal(content, &have); err != nil {
		return fmt.Errorf("%s: %w; remove the folder %s to begin again", demoFile, err, c.Dir)
	}
	if have != want {
		return fmt.Errorf("%s holds a demo of other options (--deliveries %d --nights %d --seed %d): remove the folder, or name another with --dir",
			c.Dir, have.Deliveries, have.Nights, have.Seed)
	}
	return nil
}

// dataWriter makes the demo's files: samples.Generator, or a test's witness.
type dataWriter interface {
	WriteWorkspace() error
	WriteNight(date calendar.Date, open []samples.OpenCredit) error
}

// demo is one call of the command.
type demo struct {
	app    *app
	data   dataWriter
	nights []calendar.Date
	dir    string
	config pipeline.Config
}

// run writes what nights need and runs those that are not committed.
func (d *demo) run(ctx context.Context) error {
	done := 0
	for done < len(d.nights) && d.committed(done) {
		done++
	}
	switch done {
	case len(d.nights):
		d.app.tell("all %d nights are committed already; remove the folder %s to begin again", done, d.dir)
		return nil
	case 0:
		if err := d.data.WriteWorkspace(); err != nil {
			return err
		}
	default:
		d.app.tell("%s committed already; going on with %s", report.Counted(int64(done), "night is", "nights are"), d.nights[done])
	}
	// The generator goes through all nights in order: those that are committed
	// get the bytes that they have.
	for i := range done + 1 {
		if err := d.write(i); err != nil {
			return err
		}
	}
	bar := newProgress(d.app.err)
	config := d.config
	config.Progress = bar.report
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var failed error
	next, began := done, now()
	_, err := pipeline.Run(ctx, config, pipeline.RunOptions{From: d.nights[done], To: d.nights[len(d.nights)-1]}, func(*pipeline.NightResult) {
		if next++; next < len(d.nights) {
			if failed = d.write(next); failed != nil {
				cancel(failed)
			}
		}
	})
	bar.clear()
	d.app.tell("%s in %s", report.Counted(int64(next-done), "night", "nights"), now().Sub(began).Round(100*time.Millisecond))
	if failed != nil {
		return failed
	}
	return err
}

// folder is where the run of a date is.
func (d *demo) folder(date calendar.Date) string {
	return filepath.Join(d.dir, "state", "runs", date.String())
}

// committed reports whether a night is in the chain: a run's folder alone is
// not yet a commit, its manifest's number is.
func (d *demo) committed(night int) bool {
	_, err := os.Stat(filepath.Join(d.dir, "state", "manifests", strconv.Itoa(night+1)+".json"))
	return err == nil
}

// write makes the files of one night, in which customers redeem of the credits
// that the night before left open.
func (d *demo) write(night int) error {
	if night == 0 {
		return d.data.WriteNight(d.nights[0], nil)
	}
	before := d.folder(d.nights[night-1])
	credits, err := readRows(filepath.Join(before, publish.OpenFile), publish.ReadOpen)
	if err != nil {
		return err
	}
	holds, err := readRows(filepath.Join(before, publish.HeldFile), publish.ReadHolds)
	if err != nil {
		return err
	}
	open := make([]samples.OpenCredit, 0, len(credits)+len(holds))
	for _, c := range credits {
		open = append(open, samples.OpenCredit{CreditID: c.CreditID, CustomerID: c.CustomerID, OrderID: c.OrderID, Currency: c.Currency,
			RemainingMinor: c.Remaining(), EffectiveAt: c.EffectiveAt, ExpiresAt: c.ExpiresAt})
	}
	for _, h := range holds { // nothing to redeem, but their orders stay known
		open = append(open, samples.OpenCredit{CreditID: h.CreditID, CustomerID: h.CustomerID, OrderID: h.OrderID, Currency: h.Currency})
	}
	return d.data.WriteNight(d.nights[night], open)
}

// readRows reads one published file whole.
func readRows[R any](path string, read func(r io.ReaderAt, size int64) ([]R, error)) ([]R, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rows, err := read(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}
