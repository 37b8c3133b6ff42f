package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"amends/pipeline"
	"amends/rules/calendar"
	"amends/samples"
)

// olistData is where the real orders are, where they are: see samples/olist.
const olistData = "../../shared/data/olist"

// nights is a workspace whose nights were run.
type nights struct {
	dir         string
	first, last calendar.Date
}

// runMarketplace writes the demo, applies the changes to its rules, and runs
// every night: what customers redeem depends on what the night before left open.
func runMarketplace(t *testing.T, options samples.Options, changes []change) nights {
	t.Helper()
	generator, err := samples.New(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := generator.WriteWorkspace(); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		edit(t, filepath.Join(options.Dir, c.file), c.old, c.new)
	}
	config := pipeline.Config{Dir: options.Dir}
	dates := generator.Nights()
	for _, date := range dates {
		if err := generator.WriteNight(date, openCredits(t, config)); err != nil {
			t.Fatal(err)
		}
		if _, err := pipeline.Run(t.Context(), config, pipeline.RunOptions{From: date, To: date}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return nights{dir: options.Dir, first: dates[0], last: dates[len(dates)-1]}
}

func openCredits(t *testing.T, config pipeline.Config) []samples.OpenCredit {
	t.Helper()
	credits, err := pipeline.OpenCredits(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	open := make([]samples.OpenCredit, len(credits))
	for i, c := range credits {
		open[i] = samples.OpenCredit{
			CreditID: c.CreditID, CustomerID: c.CustomerID, OrderID: c.OrderID, Currency: c.Currency,
			RemainingMinor: c.Remaining(), EffectiveAt: c.EffectiveAt, ExpiresAt: c.ExpiresAt,
		}
	}
	return open
}

// copyOlist copies the workspace of the real orders to where its state may be
// written. It skips the test where the orders are absent.
func copyOlist(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(olistData); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the real orders are not at %s, so there is nothing to run", olistData)
	}
	data, err := filepath.Abs(olistData)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"amends.yaml", "rules/limits.yaml", "rules/orders.yaml", "rules/reviews.yaml"} {
		content, err := os.ReadFile(filepath.Join("../samples/olist", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit(t, filepath.Join(dir, "amends.yaml"), "../../../shared/data/olist", data)
	return dir
}

// edit replaces every occurrence of a text that a file must have.
func edit(t *testing.T, path, old, new string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte(old)) {
		t.Fatalf("%s does not have %q, which the test changes", path, old)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(content, []byte(old), []byte(new)), 0o644); err != nil {
		t.Fatal(err)
	}
}
