package match_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules/ir"
)

// sievedRules read everything that a rule can: columns, dimensions, history,
// zones, tables and what faults.
const sievedRules = terms + `tables: {caps: {late: {USD: 10, JPY: 1500, KWD: 3}}}
rules:
  - {id: late, on: deliveries, when: 'days_late >= 1 and customer.tier == "prime"', amount: 'min(0.1 * price, caps.late[currency])', reason: LATE}
  - {id: spent, on: deliveries, when: 'customer.spent > 3 * price and credits(90) < 100', amount: credited(7), reason: LATE}
  - {id: night, on: deliveries, when: 'weekday(shipped_at) >= 6 and (note ?? "") startsWith "n"', amount: 0.2 * price, reason: LATE}
  - {id: faulty, on: deliveries, when: 'careful and 100 / days_late > 60', amount: 0.3 * price, reason: LATE}
  - {id: keyed, on: deliveries, when: 'caps.late[currency] > price', amount: 0.01 * price, reason: LATE}
  - {id: tried, on: deliveries, mode: shadow, when: '100 / days_late < 0', amount: price, reason: TOLD}
  - {id: over, on: deliveries, when: 'days_late > 90', amount: price, reason: LATE, until: 2026-01-01}
`

// drawSieved draws a row of which any part may be missing or odd.
func drawSieved(t *rapid.T, id int) row {
	r := late().with(row{"delivery_id": text(fmt.Sprintf("d%02d", id))})
	choose := func(column string, values ...ir.Value) {
		r[column] = rapid.SampledFrom(values).Draw(t, column)
	}
	choose("days_late", whole(0), whole(1), whole(1), whole(2), whole(-1), whole(-1), whole(100))
	choose("customer_id", text("c1"), text("c1"), text("c1"), text("c2"), text("c2"), text("c2"), text("new"), text(""), ir.Value{})
	choose("price", amount("50"), amount("50"), amount("90"), amount("5"), amount("0"), amount("-1"), amount("1400"))
	choose("note", text("none"), text(""), text("x"), ir.Value{})
	choose("careful", ir.BoolValue(true), ir.BoolValue(false), ir.BoolValue(false), ir.BoolValue(false))
	if rapid.IntRange(0, 3).Draw(t, "odd") == 0 {
		choose("currency", text("USD"), text("JPY"), text("KWD"), text("EUR"), text(""), ir.Value{})
		choose("zone", text("America/New_York"), text("Asia/Tokyo"), text("Nowhere/Else"), text(""), ir.Value{})
		choose("shipped_at", at("2026-03-01T09:00:00Z"), at("2026-03-07T02:00:00Z"), at("2025-01-01T00:00:00Z"), at("2026-03-11T00:00:00Z"), ir.Value{})
		choose("done_at", at("2026-03-10T15:00:00Z"), at("2026-03-11T04:00:00Z"), at("2026-03-11T03:59:59Z"), at("2026-03-05T00:00:00Z"), ir.Value{})
		choose("version", whole(1), ir.Value{})
		choose("seller_id", text("s1"), ir.Value{})
		choose("order_id", text("o1"), ir.Value{})
	}
	return r
}

// What the sieve passes is what a look at the row would have said: a batch's rows
// have the classes of their traces, which evaluate one row at a time.
func TestSieveAgainstTraces(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for i, id := range []string{"c1", "c2"} {
		s.dimensions["customer"].Add(text(id), []ir.Value{amount([]string{"200", "10"}[i]), text([]string{"prime", "plus"}[i])}, "USD", false)
	}
	growing := *s
	growing.event.Growing, growing.event.FirstDay = true, date("2026-03-08")
	sources := []*match.Source{s.source(t, sievedRules), growing.source(t, sievedRules)}
	const selective = terms + "rules: [{id: late, on: deliveries, when: days_late >= 1, amount: 0.1 * price, reason: LATE}]" // what is not looked at is what the sieve says
	computed := *s
	computed.at = "done_at + hours(0)"
	sources = append(sources, s.source(t, selective), growing.source(t, selective), computed.source(t, selective))
	seen, evens := map[match.RowClass]int{}, 0
	rapid.Check(t, func(t *rapid.T) {
		source := rapid.SampledFrom(sources).Draw(t, "source")
		rows := make([]row, rapid.IntRange(1, 70).Draw(t, "rows"))
		for i := range rows {
			rows[i] = drawSieved(t, i)
		}
		if rapid.Bool().Draw(t, "many") { // whole words of rows, of which each may be odd
			for i, n := len(rows), len(rows); i < 150; i++ {
				rows = append(rows, rows[i%n].with(row{"delivery_id": text(fmt.Sprintf("d%03d", i))}))
			}
		}
		var unread []match.RowReject
		if rapid.IntRange(0, 4).Draw(t, "unread") == 0 {
			unread = append(unread, match.RowReject{Row: rapid.IntRange(0, len(rows)-1).Draw(t, "unread row"), Code: "nan", Column: "share", First: rapid.Bool().Draw(t, "first")})
		}
		b := batch(source, rows)
		for c := range b.Columns {
			if rapid.Bool().Draw(t, "even") && even(&b.Columns[c]) {
				evens++
			}
		}
		want := map[match.RowClass]int64{}
		for i := range rows {
			var bad *match.RowReject
			if len(unread) > 0 && unread[0].Row == i {
				bad = &unread[0]
			}
			trace := source.Trace(award.Place{}, b, i, bad)
			want[trace.Class]++
			seen[trace.Class]++
		}
		var d feed
		f := source.NewFinder()
		d.find(f, "deliveries", award.Place{File: "f"}, b, unread)
		c := d.merge(t, []*match.Finder{f}, nobody).Counts["deliveries"]
		got := map[match.RowClass]int64{
			match.RowUnmatched: c.Unmatched, match.RowNotYet: c.NotYet, match.RowOutOfWindow: c.OutOfWindow, match.RowMatched: c.Matched,
		}
		for class, n := range got {
			if n != want[class] && !(class == match.RowMatched && n < want[class]) { // one order of several customers is rejected later
				t.Fatalf("%s: %d rows, traces say %d", class, n, want[class])
			}
		}
		if c.Read != int64(len(rows)) || c.Rejected+c.Matched != want[match.RowRejected]+want[match.RowMatched] {
			t.Fatalf("read %d of %d, %d rejected and %d matched, traces say %v", c.Read, len(rows), c.Rejected, c.Matched, want)
		}
	})
	for _, class := range []match.RowClass{match.RowUnmatched, match.RowNotYet, match.RowOutOfWindow, match.RowRejected, match.RowMatched} {
		if seen[class] == 0 {
			t.Errorf("no row was %s: the test shows nothing of it", class)
		}
	}
	if evens == 0 {
		t.Error("no column was even: the test shows nothing of them")
	}
	t.Log(seen, evens)
}

// Rows of one incident meet whatever their ids came as: in each pair of batches
// the second has a newer version that is no longer late, so nobody gets anything.
func TestEvenKeysMeetOthers(t *testing.T) {
	t.Parallel()
	source := newShop(t).source(t, terms+`rules: [{id: late, on: deliveries, when: days_late >= 1, amount: 0.1 * price, reason: LATE}]`)
	for _, forms := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
		var d feed
		f := source.NewFinder()
		for i, isEven := range forms {
			var rows []row
			for id := range 20 {
				rows = append(rows, late().with(row{"delivery_id": text(fmt.Sprintf("d%02d", id)), "order_id": text(fmt.Sprintf("o%02d", id)),
					"version": whole(int64(i)), "days_late": whole(int64(1 - i))}))
			}
			b := batch(source, rows)
			for c := range b.Columns {
				if isEven && !even(&b.Columns[c]) && b.Columns[c].Kind == ir.String {
					t.Fatalf("column %s is not even", source.Columns()[c])
				}
			}
			d.find(f, "deliveries", award.Place{File: fmt.Sprint("f", i)}, b, nil)
		}
		c := d.merge(t, []*match.Finder{f}, nobody).Counts["deliveries"]
		if c.Merged != 20 || c.Unmatched != 20 || c.Matched != 0 {
			t.Errorf("even %v: %d merged, %d unmatched, %d matched", forms, c.Merged, c.Unmatched, c.Matched)
		}
	}
}

// An incident that is kept keeps no page: its texts are its own.
func TestIncidentsShareNoPage(t *testing.T) {
	t.Parallel()
	source := newShop(t).source(t, terms+`rules: [{id: late, on: deliveries, when: 'days_late >= 1 and (note ?? "") != "x"', amount: 0.1 * price, reason: LATE, message: "Of {zone}: {amount}."}]
approval: [{id: noted, when: 'note == nil'}]
`)
	b := batch(source, []row{late().with(row{"delivery_id": text("delivery-1"), "note": text("a note")})})
	var page strings.Builder
	for c := range b.Columns {
		for _, text := range b.Columns[c].Strings {
			page.WriteString(text)
		}
	}
	whole, at := page.String(), 0
	for c := range b.Columns {
		for i, text := range b.Columns[c].Strings {
			b.Columns[c].Strings[i] = whole[at : at+len(text)]
			at += len(text)
		}
	}
	shares := func(text string) bool {
		from, of := uintptr(unsafe.Pointer(unsafe.StringData(text))), uintptr(unsafe.Pointer(unsafe.StringData(whole)))
		return text != "" && from >= of && from < of+uintptr(len(whole))
	}
	var d feed
	f := source.NewFinder()
	d.find(f, "deliveries", award.Place{}, b, nil)
	inc := d.merge(t, []*match.Finder{f}, nobody).Incidents[0]
	texts := []string{inc.EventID(), inc.Customer(), inc.Order(), inc.Seller(), inc.Currency, inc.Zone, inc.Facts().JSON(), inc.Awards()[0].Funding}
	for _, v := range inc.Values() {
		texts = append(texts, v.S)
	}
	for _, part := range inc.Awards()[0].Message() {
		texts = append(texts, part.Text)
	}
	for _, text := range texts {
		if shares(text) {
			t.Errorf("%q lies in the batch's page", text)
		}
	}
	if !slices.Contains(texts, "a note") || !shares(whole[:3]) {
		t.Error("the test looks at nothing")
	}
}

// A rule reads even texts as it reads others, and ids of no bytes are no ids.
func TestEvenTextsAreRead(t *testing.T) {
	t.Parallel()
	source := newShop(t).source(t, terms+`rules: [{id: late, on: deliveries, when: 'zone == "Asia/Tokyo" and days_late >= 1', amount: 0.1 * price, reason: LATE}]`)
	for _, test := range []struct {
		customer                     string
		matched, unmatched, rejected int64
	}{{"c1", 10, 20, 0}, {"", 0, 0, 30}} {
		var rows []row
		for id := range 30 {
			rows = append(rows, late().with(row{"delivery_id": text(fmt.Sprintf("d%02d", id)), "order_id": text(fmt.Sprintf("o%02d", id)),
				"zone": text([]string{"Asia/Tokyo", "Asia/Seoul", "Asia/Dhaka"}[id%3]), "customer_id": text(test.customer)}))
		}
		b := batch(source, rows)
		for c := range b.Columns {
			if !even(&b.Columns[c]) && b.Columns[c].Kind == ir.String {
				t.Fatalf("column %s is not even", source.Columns()[c])
			}
		}
		var d feed
		f := source.NewFinder()
		d.find(f, "deliveries", award.Place{File: "f"}, b, nil)
		c := d.merge(t, []*match.Finder{f}, nobody).Counts["deliveries"]
		if c.Matched != test.matched || c.Unmatched != test.unmatched || c.Rejected != test.rejected {
			t.Errorf("customer %q: %d matched, %d unmatched, %d rejected", test.customer, c.Matched, c.Unmatched, c.Rejected)
		}
	}
}
