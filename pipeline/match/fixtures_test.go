package match_test

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

// row is one event by column; a column that it does not name is null.
type row map[string]ir.Value

// with is the row with some columns changed.
func (r row) with(changes row) row {
	r = maps.Clone(r)
	maps.Copy(r, changes)
	return r
}

func text(s string) ir.Value   { return ir.StringValue(s) }
func whole(i int64) ir.Value   { return ir.Value{Kind: ir.Int, I: i} }
func ratio(s string) ir.Value  { return ir.Value{Kind: ir.Decimal, I: millionths(s)} }
func amount(s string) ir.Value { return ir.Value{Kind: ir.Money, I: millionths(s)} }
func at(s string) ir.Value     { return ir.Value{Kind: ir.Time, I: int64(instant(s))} }
func day(s string) ir.Value    { return ir.Value{Kind: ir.Date, I: int64(date(s))} }

func millionths(s string) int64 {
	d, err := money.ParseDecimal(s)
	if err != nil {
		panic(err) // a test's own text
	}
	return int64(d)
}

func instant(s string) calendar.Instant {
	t, err := calendar.ParseInstant(s)
	if err != nil {
		panic(err) // a test's own text
	}
	return t
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err) // a test's own text
	}
	return d
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := calendar.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// late is a delivery that every test begins with: two days late, of 50 dollars,
// final on the business date.
func late() row {
	return row{
		"delivery_id": text("d1"), "order_id": text("o1"), "customer_id": text("c1"), "seller_id": text("s1"),
		"currency": text("USD"), "price": amount("50"), "shipped_at": at("2026-03-01T09:00:00Z"),
		"done_at": at("2026-03-10T15:00:00Z"), "version": whole(1), "days_late": whole(2), "share": ratio("0.1"),
		"note": text("none"), "zone": text("America/New_York"), "careful": ir.BoolValue(true),
	}
}

// columns of both event sources: deliveries and complaints, of one failure.
func columns() []rules.Column {
	column := func(name string, kind ir.Kind, nullable bool) rules.Column {
		return rules.Column{Name: name, Type: ir.Type{Kind: kind, Nullable: nullable}}
	}
	return []rules.Column{
		column("delivery_id", ir.String, false), column("order_id", ir.String, true), column("customer_id", ir.String, false),
		column("seller_id", ir.String, true), column("currency", ir.String, false), column("price", ir.Money, false),
		column("shipped_at", ir.Time, false), column("done_at", ir.Time, false), column("version", ir.Int, false),
		column("days_late", ir.Int, false), column("share", ir.Decimal, false), column("note", ir.String, true),
		column("zone", ir.String, false), column("careful", ir.Bool, false), column("due", ir.Date, true),
	}
}

// shop is what a test matches with; a test changes what it is about.
type shop struct {
	at         string // when severity is final; done_at where it is empty
	night      match.Night
	event      match.Event // of deliveries; complaints are the same but for their name
	dimensions map[string]*match.Dimension
	history    match.History
}

func newShop(t testing.TB) *shop {
	newYork := zone(t, "America/New_York")
	d := date("2026-03-10")
	return &shop{
		night: match.Night{
			Date: d, AsOf: calendar.AsOf(d, newYork), Zone: newYork, HorizonDays: 30, Currencies: []string{"JPY", "KWD", "USD"},
		},
		event: match.Event{
			Source: "deliveries", Failure: "delivery", ID: []string{"delivery_id"}, Incident: []string{"delivery_id"},
			Version: "version", Order: "order_id", Customer: "customer_id", Seller: "seller_id", Since: "shipped_at",
			Value: "price", Zone: "zone", CurrencyColumn: "currency",
		},
		dimensions: map[string]*match.Dimension{
			"customer": match.NewDimension("customer", "customer_id", true, []string{"spent", "tier"}, []ir.Kind{ir.Money, ir.String}),
			"order":    match.NewDimension("order", "order_id", false, []string{"status"}, []ir.Kind{ir.String}),
		},
		history: fixedHistory{},
	}
}

const terms = "terms: {standard: {valid_days: 30}}\n"

// lateRule gives a tenth of the price for a day or more.
const lateRule = terms + "rules: [{id: late, on: deliveries, when: days_late >= 1, amount: 0.1 * price, reason: LATE}]\n"

// program compiles a rulebook against the shop's catalog.
func (s *shop) program(t testing.TB, book string) *rules.Program {
	t.Helper()
	at := cmp.Or(s.at, "done_at")
	done := diag.Text{Source: at, Parts: []diag.Part{{Pos: diag.Pos{File: "amends.yaml", Line: 1, Col: 1}, Line: at}}}
	catalog := &rules.Catalog{Currencies: s.night.Currencies, Dimensions: []rules.Dimension{
		{Name: "customer", On: "customer_id", Required: true, Columns: []rules.Column{
			{Name: "spent", Type: ir.Type{Kind: ir.Money}}, {Name: "tier", Type: ir.Type{Kind: ir.String}},
		}},
		{Name: "order", On: "order_id", Columns: []rules.Column{{Name: "status", Type: ir.Type{Kind: ir.String, Nullable: true}}}},
	}}
	for _, name := range []string{"complaints", "deliveries"} {
		catalog.Sources = append(catalog.Sources, rules.Source{
			Name: name, Columns: columns(), CurrencyColumn: s.event.CurrencyColumn, Currency: s.event.Currency, Order: "order_id",
			Customer: "customer_id", Seller: "seller_id", Since: "shipped_at", Value: "price", Zone: "zone", At: done,
		})
	}
	parsed, list := rules.Parse([]rules.File{{Path: "rules.yaml", Bytes: []byte(book)}})
	if list.HasErrors() {
		t.Fatalf("rulebook:\n%v", list.Err())
	}
	program, list := rules.Compile(parsed, catalog)
	if list.HasErrors() {
		t.Fatalf("rulebook:\n%v", list.Err())
	}
	return program
}

func (s *shop) source(t testing.TB, book string) *match.Source {
	t.Helper()
	return s.sources(t, book)["deliveries"]
}

func (s *shop) sources(t testing.TB, book string) map[string]*match.Source {
	t.Helper()
	program := s.program(t, book)
	sources := map[string]*match.Source{}
	for _, name := range []string{"complaints", "deliveries"} {
		event := s.event
		event.Source = name
		sources[name] = match.NewSource(event, s.night, program.Sources[name], s.dimensions, s.history)
	}
	return sources
}

// batch lays rows out in the columns that a source wants.
func batch(source *match.Source, rows []row) *ir.Batch {
	kinds := map[string]ir.Kind{}
	for _, c := range columns() {
		kinds[c.Name] = c.Type.Kind
	}
	b := &ir.Batch{Rows: len(rows)}
	for _, name := range source.Columns() {
		v := ir.Vector{Kind: kinds[name]}
		for _, r := range rows {
			value := r[name]
			v.Valid = append(v.Valid, !value.Null())
			if v.Kind == ir.String {
				v.Strings = append(v.Strings, value.S)
			} else {
				v.Ints = append(v.Ints, value.I)
			}
		}
		b.Columns = append(b.Columns, v)
	}
	return b
}

// even makes a column of texts as scan does of ids: of one length, at one distance.
// It reports whether the column is so.
func even(v *ir.Vector) bool {
	if v.Kind != ir.String || v.Dict != nil || len(v.Strings) == 0 || slices.Contains(v.Valid, false) {
		return false
	}
	var memory strings.Builder
	for _, text := range v.Strings {
		if len(text) != len(v.Strings[0]) {
			return false
		}
		memory.WriteString(text + "####")
	}
	v.Even = ir.NewEvenTexts(memory.String(), len(v.Strings[0]), len(v.Strings[0])+4)
	v.Strings, v.Valid = nil, nil
	return true
}

// feed hands batches to finders, and remembers them for when rows of them are
// read again.
type feed struct{ batches []fed }

// file is a file in memory.
type file struct{ bytes.Buffer }

func (f *file) ReadAt(p []byte, at int64) (int, error) {
	return bytes.NewReader(f.Bytes()).ReadAt(p, at)
}

type fed struct {
	source string
	place  award.Place
	batch  *ir.Batch
}

func (d *feed) find(f *match.Finder, source string, place award.Place, batch *ir.Batch, unread []match.RowReject) {
	if len(d.batches)%3 == 1 { // so that some batches lie aside and others do not
		f.PutAside(func() (match.Aside, error) { return &file{}, nil }, 1)
	}
	f.Find(place, batch, unread)
	d.batches = append(d.batches, fed{source, place, batch})
}

func (d *feed) merge(t failer, finders []*match.Finder, owner func(string) (string, bool)) *match.Result {
	t.Helper()
	result, err := d.tryMerge(finders, owner)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (d *feed) tryMerge(finders []*match.Finder, owner func(string) (string, bool)) (*match.Result, error) {
	return match.Merge(finders, ownersAre(owner), func(recalls []*match.Recall) error {
		for _, r := range recalls {
			for _, b := range d.batches {
				if b.source == r.Source && b.place.File == r.File && b.place.RowGroup == r.RowGroup {
					r.Find(b.place, withColumns(b.batch, r.Columns()))
				}
			}
		}
		return nil
	})
}

// withColumns is a batch as it is read with some of its columns; none stands for all.
func withColumns(batch *ir.Batch, columns []int) *ir.Batch {
	if columns == nil {
		return batch
	}
	some := &ir.Batch{Rows: batch.Rows, Columns: make([]ir.Vector, len(batch.Columns))}
	for _, c := range columns {
		some.Columns[c] = batch.Columns[c]
	}
	return some
}

// failer is a test, or a property's.
type failer interface {
	Helper()
	Fatal(...any)
}

// find matches rows that stand one after the other in one file.
func find(source *match.Source, rows ...row) *match.Result {
	var d feed
	f := source.NewFinder()
	d.find(f, "deliveries", award.Place{File: "a.parquet"}, batch(source, rows), nil)
	return d.merge(panics{}, []*match.Finder{f}, nobody)
}

// panics fails where there is no test at hand.
type panics struct{}

func (panics) Helper()           {}
func (panics) Fatal(args ...any) { panic(args) }

// find matches deliveries under a rulebook.
func (s *shop) find(t testing.TB, book string, rows ...row) *match.Result {
	t.Helper()
	return find(s.source(t, book), rows...)
}

// nobody owned an order in an earlier run.
func nobody(string) (string, bool) { return "", false }

// outcomes says what became of the rows of a source: "matched 1", or the codes
// and columns of rejects.
func outcomes(result *match.Result, source string) string {
	c := result.Counts[source]
	var said []string
	for name, n := range map[string]int64{
		"out-of-window": c.OutOfWindow, "not-yet": c.NotYet, "unmatched": c.Unmatched, "merged": c.Merged, "matched": c.Matched,
	} {
		for range n {
			said = append(said, name)
		}
	}
	for _, r := range result.Rejects {
		if r.Source == source {
			said = append(said, strings.TrimSuffix("reject:"+r.Code+":"+r.Column, ":"))
		}
	}
	slices.SortFunc(said, cmp.Compare[string])
	return strings.Join(said, " ")
}

// only is the one award of the one incident.
func only(t testing.TB, result *match.Result) award.Award {
	t.Helper()
	if len(result.Incidents) != 1 || len(result.Incidents[0].Awards()) != 1 {
		t.Fatalf("%d incidents, %s; want one with one award", len(result.Incidents), outcomes(result, "deliveries"))
	}
	return result.Incidents[0].Awards()[0]
}

// fixedHistory answers by customer and days: the count is the days, the sum a
// tenth of them in each currency.
type fixedHistory struct{ fails bool }

func (h fixedHistory) Near(first, end int) {}

func (h fixedHistory) Credits(of match.Asked, days int) int64 {
	if of.Customer == "new" {
		return 0
	}
	return int64(days)
}

func (h fixedHistory) Credited(_ match.Asked, currency string, days int) (money.Decimal, error) {
	if h.fails {
		return 0, money.ErrOverflow
	}
	if currency == "JPY" {
		return money.DecimalFromInt(int64(days) * 100)
	}
	return money.DecimalFromInt(int64(days))
}

// ownersAre are owners that are known without getting ready.
func ownersAre(owner func(order string) (string, bool)) match.OrderOwners {
	return func(incidents []*award.Incident) (match.OrderOwner, error) {
		return func(i int) (string, bool) { return owner(incidents[i].Order()) }, nil
	}
}
