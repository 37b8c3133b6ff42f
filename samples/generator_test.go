package samples

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/rules/calendar"
)

// small is enough for a night of each kind of row, and quick.
func small(t *testing.T, seed uint64) *Generator {
	t.Helper()
	g, err := New(Options{Dir: t.TempDir(), Deliveries: 12_000, Nights: 12, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// credits that a ledger might have open before a date: of orders that exist.
func openCredits(g *Generator, date calendar.Date, count int) []OpenCredit {
	var open []OpenCredit
	bought := date.AddDays(-9)
	p := g.plan(bought)
	for i := range min(count, len(p.orders)) {
		effective := calendar.StartOfDay(date.AddDays(-2), g.business)
		open = append(open, OpenCredit{
			CreditID:   fmt.Sprintf("cr1_%032x", mix(uint64(i), g.options.Seed)),
			CustomerID: customerID(p.orders[i].customer), OrderID: orderID(bought, i),
			Currency: g.markets[p.orders[i].market].currency, RemainingMinor: 500,
			EffectiveAt: effective, ExpiresAt: calendar.StartOfDay(date.AddDays(3), g.business),
		})
	}
	return open
}

func writeAll(t *testing.T, g *Generator) {
	t.Helper()
	if err := g.WriteWorkspace(); err != nil {
		t.Fatal(err)
	}
	for i, night := range g.Nights() {
		var open []OpenCredit
		if i > 0 {
			open = openCredits(g, night, 40)
		}
		if err := g.WriteNight(night, open); err != nil {
			t.Fatal(err)
		}
	}
}

// digests maps each file below dir to its SHA-256.
func digests(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		found[strings.TrimPrefix(path, dir)] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTheSameOptionsGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	first, second, other := small(t, 7), small(t, 7), small(t, 8)
	for _, g := range []*Generator{first, second, other} {
		writeAll(t, g)
	}
	a, b, c := digests(t, first.options.Dir), digests(t, second.options.Dir), digests(t, other.options.Dir)
	if want := 12*7 + 1 + 1 + 17; len(a) != want { // nights, customers, amends.yaml, rules with their tests and table
		t.Errorf("%d files, want %d", len(a), want)
	}
	for path, sum := range a {
		if b[path] != sum {
			t.Errorf("%s: differs between two runs of one seed", path)
		}
		if strings.Contains(path, "deliveries") && c[path] == sum {
			t.Errorf("%s: is the same for another seed", path)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%d files and %d files for one seed", len(a), len(b))
	}
}

func TestANightDoesNotDependOnTheNightsBefore(t *testing.T) {
	t.Parallel()
	whole, alone := small(t, 3), small(t, 3)
	for _, night := range whole.Nights() {
		if err := whole.WriteNight(night, nil); err != nil {
			t.Fatal(err)
		}
	}
	last := alone.Nights()[11]
	if err := alone.WriteNight(last, nil); err != nil {
		t.Fatal(err)
	}
	all := digests(t, whole.options.Dir)
	one := digests(t, alone.options.Dir)
	if len(one) != 7 {
		t.Errorf("a night has %d files, want 7", len(one))
	}
	for path, sum := range one {
		if all[path] != sum {
			t.Errorf("%s: differs when the nights before it were not written", path)
		}
	}
}

func TestOptionsOutOfRangeAreErrors(t *testing.T) {
	t.Parallel()
	for _, options := range []Options{
		{Deliveries: -1}, {Deliveries: maxDeliveries + 1}, {Nights: -1}, {Nights: maxNights + 1},
		{First: calendar.MinDate}, {First: calendar.MaxDate},
	} {
		if _, err := New(options); err == nil {
			t.Errorf("New(%+v) gave no error", options)
		}
	}
	g := small(t, 1)
	for _, date := range []calendar.Date{DefaultFirst - 1, DefaultFirst + 12} {
		if err := g.WriteNight(date, nil); err == nil {
			t.Errorf("WriteNight(%s) gave no error", date)
		}
	}
	if err := g.WriteNight(DefaultFirst, []OpenCredit{{CreditID: "cr1_x", OrderID: "somebody-elses"}}); err == nil {
		t.Error("an open credit of an unknown order gave no error")
	}
}

func TestDefaultsAreTheDemo(t *testing.T) {
	t.Parallel()
	g, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	nights := g.Nights()
	if len(nights) != 45 || nights[0].String() != "2026-01-05" || nights[44].String() != "2026-02-18" {
		t.Errorf("nights are %d from %s to %s, want 45 from 2026-01-05 to 2026-02-18", len(nights), nights[0], nights[len(nights)-1])
	}
}
