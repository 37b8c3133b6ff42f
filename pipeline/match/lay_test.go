package match_test

import (
	"fmt"
	"slices"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules/ir"
)

// Incidents come out side by side, each with what is its own.
func TestIncidentsOwnWhatTheyHave(t *testing.T) {
	t.Parallel()
	source := newShop(t).source(t, lateRule)
	f := source.NewFinder()
	var d feed
	const rows = 6000 // many slabs of each part
	for i := range rows {
		d.find(f, "deliveries", award.Place{Row: int64(i)}, batch(source, []row{late().with(row{
			"delivery_id": text(fmt.Sprint("d", i)), "customer_id": text(fmt.Sprint("customer ", i)), "order_id": text(fmt.Sprint("o", i*i)),
		})}), nil)
	}
	result := d.merge(t, []*match.Finder{f}, nobody)
	if len(result.Incidents) != rows {
		t.Fatalf("%d incidents", len(result.Incidents))
	}
	minor := result.Incidents[0].Awards()[0].Minor
	for _, inc := range result.Incidents {
		_ = append(inc.Awards(), award.Award{Minor: minor + 1}) // which is nobody else's
	}
	for _, inc := range result.Incidents {
		i := inc.Row
		got := []string{inc.ID(), inc.EventID(), inc.Customer(), inc.Order()}
		key := award.NewKey("delivery", []ir.Value{ir.StringValue(fmt.Sprint("d", i))})
		if want := []string{key.IncidentID(), fmt.Sprint("d", i), fmt.Sprint("customer ", i), fmt.Sprint("o", i*i)}; !slices.Equal(got, want) {
			t.Fatalf("row %d: %q, want %q", i, got, want)
		}
		if len(inc.Awards()) != 1 || inc.Awards()[0].Minor != minor {
			t.Fatalf("row %d: awards %+v", i, inc.Awards())
		}
	}
}
