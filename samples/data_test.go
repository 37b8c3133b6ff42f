package samples

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// table is a file read back, by column name.
type table map[string]*parquetio.Column

func read(t *testing.T, dir, source string, date calendar.Date, file string) table {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "data", source, "dt="+date.String(), file))
	if err != nil {
		t.Fatal(err)
	}
	columns, err := parquetio.ReadTable(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		t.Fatalf("%s of %s: %v", source, date, err)
	}
	found := table{}
	for i := range columns {
		found[columns[i].Name] = &columns[i]
	}
	return found
}

func (t table) rows() int {
	for _, c := range t {
		return c.Rows()
	}
	return 0
}

// tally is what the deliveries of all nights hold, counted from the files.
type tally struct {
	rows, late, never, weather, badRows int
	ids, versions                       map[string]int
}

func count(t *testing.T, g *Generator) tally {
	t.Helper()
	n := tally{ids: map[string]int{}, versions: map[string]int{}}
	for _, night := range g.Nights() {
		for _, file := range []string{"part-0.parquet", "part-1.parquet"} {
			d := read(t, g.options.Dir, "deliveries", night, file)
			for i := range d.rows() {
				n.rows++
				id := d["delivery_id"].Strings[i]
				if strings.HasSuffix(id, "-bad") {
					n.badRows++
					continue
				}
				n.ids[id]++
				switch delivered := d["delivered_at"]; {
				case delivered.Null(i):
					n.never++
				case delivered.Ints[i] > d["promised_at"].Ints[i]:
					n.late++
				}
				if code := d["exception_code"]; !code.Null(i) && code.Strings[i] == "weather" {
					n.weather++
				}
			}
		}
	}
	return n
}

func TestDeliveriesAreAsManyAndAsLateAsStated(t *testing.T) {
	t.Parallel()
	g, err := New(Options{Dir: t.TempDir(), Deliveries: 60_000, Nights: 24, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, night := range g.Nights() {
		if err := g.WriteNight(night, nil); err != nil {
			t.Fatal(err)
		}
	}
	n := count(t, g)
	between := func(what string, got, low, high int) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: %d, want %d to %d", what, got, low, high)
		}
	}
	between("deliveries", len(n.ids), 57_000, 63_000)
	between("late ones of a thousand rows", n.late*1000/n.rows, 45, 80)
	between("rows without a delivery of a thousand", n.never*1000/n.rows, 15, 45)
	between("weather", n.weather, 200, 2500)
	between("bad rows", n.badRows, 24, 24) // one a night
	repeated := 0
	for _, rows := range n.ids {
		if rows > 1 {
			repeated++
		}
	}
	between("deliveries with several rows of a thousand", repeated*1000/len(n.ids), 20, 60)
}

// Law of the workspace: whatever row a night reads, and whatever credit is
// open, its order is in the night's file once, and its customer exists.
func TestEveryRowFindsItsDimensions(t *testing.T) {
	t.Parallel()
	g := small(t, 11)
	writeAll(t, g)
	nights := g.Nights()
	for i, night := range nights {
		orders := read(t, g.options.Dir, "orders", night, "orders.parquet")
		known := map[string]string{}
		for j, id := range orders["order_id"].Strings {
			if _, twice := known[id]; twice {
				t.Fatalf("%s: order %s stands twice", night, id)
			}
			known[id] = orders["customer_id"].Strings[j]
		}
		check := func(source, file string, date calendar.Date) {
			rows := read(t, g.options.Dir, source, date, file)
			for j, id := range rows["order_id"].Strings {
				customer, ok := known[id]
				if !ok {
					t.Errorf("%s: order %s of %s of %s is not in the night's orders", night, id, source, date)
				}
				if c := rows["customer_id"]; !c.Null(j) && c.Strings[j] != customer {
					t.Errorf("%s: order %s is of %s, a row says %s", night, id, customer, c.Strings[j])
				}
			}
		}
		for _, date := range nights[max(0, i-3) : i+1] {
			check("deliveries", "part-0.parquet", date)
			check("deliveries", "part-1.parquet", date)
			check("defects", "defects.parquet", date)
		}
		if i > 0 {
			for _, c := range openCredits(g, night, 40) {
				if known[c.OrderID] != c.CustomerID {
					t.Errorf("%s: order %s of an open credit is of %q", night, c.OrderID, known[c.OrderID])
				}
			}
		}
	}
}

// Every kind of redemption that a ledger must take or refuse occurs, and none
// is of a credit with nothing left.
func TestRedemptionsAreOfTheCreditsThatAreOpen(t *testing.T) {
	t.Parallel()
	g := small(t, 2)
	whole, partial, over, earlier, foreign := 0, 0, 0, 0, 0
	for i, night := range g.Nights() {
		open := openCredits(g, night, 400)
		open[0].RemainingMinor = 0
		begin := calendar.StartOfDay(night, g.business)
		rows := g.redemptions(night, open).columns
		credits, amounts, at := rows[1].Strings, rows[3].Ints, rows[5].Ints
		for j := range credits {
			k := slices.IndexFunc(open, func(c OpenCredit) bool { return c.CreditID == credits[j] })
			switch {
			case k < 0 || rows[2].Strings[j] != open[k].CustomerID || rows[4].Strings[j] != open[k].Currency:
				foreign++
				if i%5 != 4 {
					t.Errorf("%s: a redemption of nobody's credit %s", night, credits[j])
				}
				continue
			case k == 0:
				t.Errorf("%s: credit %s has nothing left and was redeemed", night, credits[j])
			case amounts[j] == 500:
				whole++
			case amounts[j] < 500:
				partial++
			default:
				over++
			}
			if at[j] < int64(open[k].EffectiveAt) || at[j] >= int64(begin)+day {
				t.Errorf("%s: redeemed at %s, before it was effective or after the night", night, calendar.Instant(at[j]))
			}
			if at[j] < int64(begin) {
				earlier++
			}
		}
	}
	if whole == 0 || partial == 0 || over == 0 || earlier == 0 || foreign != 2 {
		t.Errorf("whole %d, partial %d, over %d, late rows %d, bad %d: want some of each, and 2 bad", whole, partial, over, earlier, foreign)
	}
}

func TestARedemptionThatArrivesAfterTheForfeitureWasMadeInTime(t *testing.T) {
	t.Parallel()
	g := small(t, 4)
	night := g.Nights()[6]
	g.before = openCredits(g, night, 400)
	slices.SortFunc(g.before, compareCredits)
	expiry := calendar.StartOfDay(night.AddDays(-2), g.business)
	for i := range g.before {
		g.before[i].EffectiveAt = expiry - calendar.Instant(20*day)
		g.before[i].ExpiresAt = expiry
	}
	rows := newSheet(redemptionFields)
	g.redeemLate(rows, night, nil)
	if rows.rows() == 0 {
		t.Fatal("none of 400 forfeited credits has a late redemption")
	}
	for _, at := range rows.columns[5].Ints {
		if at >= int64(expiry) {
			t.Errorf("redeemed at %s, not before %s", calendar.Instant(at), expiry)
		}
	}
	still := newSheet(redemptionFields)
	g.redeemLate(still, night, g.before)
	if still.rows() != 0 {
		t.Errorf("%d late redemptions of credits that are still open", still.rows())
	}
}

func TestRefundsNeverGoBackFromTheirEnd(t *testing.T) {
	t.Parallel()
	g := small(t, 6)
	seen := map[string]int{}
	for n := range int32(20_000) {
		key, order := orderKey{g.options.First, n}, &purchase{troubled: n%2 == 0}
		last := "none"
		for age := range 60 {
			status := g.refundStatus(key, order, key.date.AddDays(age))
			if (last == "refunded" || last == "chargeback") && status != last {
				t.Fatalf("order %d: %s after %s", n, status, last)
			}
			last = status
			seen[status]++
		}
	}
	for _, status := range []string{"none", "refunded", "claim-pending", "chargeback-pending", "chargeback"} {
		if seen[status] == 0 {
			t.Errorf("no order is ever %s", status)
		}
	}
}

func TestOrderIDsGoBothWays(t *testing.T) {
	t.Parallel()
	date, number, ok := parseOrderID(orderID(DefaultFirst, 1234567))
	if !ok || date != DefaultFirst || number != 1234567 {
		t.Errorf("parsed %s %d %v", date, number, ok)
	}
	for _, id := range []string{"", "o-20260230-000001", "o-20260105-1", "o-20260105-000001x", "d-20260105-000001", "o-20260105--00001"} {
		if _, _, ok := parseOrderID(id); ok {
			t.Errorf("%q was taken for an order of the generator's", id)
		}
	}
}
