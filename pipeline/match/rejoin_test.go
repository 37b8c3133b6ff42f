package match_test

import (
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/ir"
)

// A dimension that joins on neither customer, order nor seller: the hold must
// keep the column, or no release could ever join it again.
func TestReleaseJoinsOnAColumnThatNoRuleReads(t *testing.T) {
	t.Parallel()
	zone, err := calendar.Load("UTC")
	if err != nil {
		t.Fatal(err)
	}
	catalog := &rules.Catalog{
		Sources: []rules.Source{{
			Name: "items", Currency: "USD", Customer: "customer", Since: "since", Value: "price",
			Columns: []rules.Column{
				{Name: "customer", Type: ir.Type{Kind: ir.String}}, {Name: "id", Type: ir.Type{Kind: ir.String}},
				{Name: "price", Type: ir.Type{Kind: ir.Money}}, {Name: "since", Type: ir.Type{Kind: ir.Time}}, {Name: "sku", Type: ir.Type{Kind: ir.Int}},
			},
			At: diag.Text{Source: "since"},
		}},
		Dimensions: []rules.Dimension{{Name: "product", On: "sku", Required: true, Columns: []rules.Column{{Name: "digital", Type: ir.Type{Kind: ir.Bool}}}}},
	}
	book, list := rules.Parse([]rules.File{{Path: "r.yaml", Bytes: []byte("terms: {standard: {valid_days: 9}}\n" +
		"rules: [{id: all, on: items, when: price > 0, amount: price, reason: X}]\n" +
		"exclude: [{id: digital, when: product.digital}]\n")}})
	program, more := rules.Compile(book, catalog)
	if list = append(list, more...); list.HasErrors() {
		t.Fatal(list.Err())
	}
	source := func(digital bool) *match.Source {
		product := match.NewDimension("product", "sku", true, []string{"digital"}, []ir.Kind{ir.Bool})
		product.Add(ir.Value{Kind: ir.Int, I: 7}, []ir.Value{ir.BoolValue(digital)}, "", false)
		event := match.Event{Source: "items", Failure: "items", ID: []string{"id"}, Incident: []string{"id"}, Customer: "customer", Since: "since", Value: "price", Currency: "USD"}
		night := match.Night{Date: 20_000, AsOf: calendar.AsOf(20_000, zone), Zone: zone, HorizonDays: 400}
		return match.NewSource(event, night, program.Sources["items"], map[string]*match.Dimension{"product": product}, nil)
	}
	row := map[string]ir.Value{
		"customer": ir.StringValue("ann"), "id": ir.StringValue("d1"), "price": {Kind: ir.Money, I: 5_000_000},
		"since": {Kind: ir.Time, I: int64(calendar.StartOfDay(20_000, zone))}, "sku": {Kind: ir.Int, I: 7},
	}
	s := source(false)
	batch := &ir.Batch{Rows: 1}
	for _, name := range s.Columns() {
		v := row[name]
		batch.Columns = append(batch.Columns, ir.Vector{Kind: v.Kind, Ints: []int64{v.I}, Strings: []string{v.S}})
	}
	finder := s.NewFinder()
	var d feed
	d.find(finder, "deliveries", award.Place{File: "f"}, batch, nil)
	found := d.merge(t, []*match.Finder{finder}, func(string) (string, bool) { return "", false })
	if len(found.Incidents) != 1 || found.Incidents[0].Exclusion() != "" {
		t.Fatalf("%+v", found)
	}
	inc := found.Incidents[0]
	for digital, want := range map[bool]string{false: "", true: "digital"} {
		if err := source(digital).Release(inc); err != nil || inc.Exclusion() != want || inc.ExclusionFaults() != nil {
			t.Errorf("digital %t: %q, %q, %v from %s; want %q", digital, inc.Exclusion(), inc.ExclusionFaults(), err, inc.Facts().JSON(), want)
		}
	}
}
