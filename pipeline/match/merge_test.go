package match_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules/ir"
)

// careless rejects its row: a tenth of a price below zero is no award.
var careless = row{"price": amount("-1")}

func TestRowsOfOneIncident(t *testing.T) {
	t.Parallel()
	version := func(n int64) row { return row{"version": whole(n)} }
	base := late()
	tests := []struct {
		name string
		rows []row
		want string
		pays int64 // minor units of the incident that is left
	}{
		{"the highest version counts", []row{base, base.with(version(3)).with(row{"price": amount("20")}), base.with(version(2))}, "matched merged merged", 200},
		{"identical rows are one", []row{base, base, base}, "matched merged merged", 500},
		{"the newest is no longer late", []row{base, base.with(version(2)).with(row{"days_late": whole(0)})}, "merged unmatched", 0},
		{"the newest is not yet final", []row{base, base.with(version(2)).with(row{"done_at": at("2026-03-12T00:00:00Z")})}, "merged not-yet", 0},
		{"the newest is rejected: the older does not pay in its place", []row{base, base.with(version(2)).with(careless)}, "merged reject:negative-amount", 0},
		{"an older row is rejected", []row{base.with(careless), base.with(version(2))}, "matched merged", 500},
		{"differing rows of the highest version", []row{base, base.with(version(2)), base.with(version(2)).with(row{"price": amount("1")})},
			"merged reject:conflicting-rows:version reject:conflicting-rows:version", 0},
		{"differing rows of an older version", []row{base, base.with(row{"price": amount("1")}), base.with(version(2))}, "matched merged merged", 500},
		{"rows that differ where nothing looks", []row{base, base.with(row{"share": ratio("0.9")})}, "matched merged", 500},
		{"one matches and one does not", []row{base, base.with(row{"days_late": whole(0)})}, "reject:conflicting-rows:version reject:conflicting-rows:version", 0},
		{"a row without a version may be the newest", []row{base, base.with(row{"version": {}})}, "reject:conflicting-rows:version reject:conflicting-rows:version", 0},
		{"the newest is no longer late and came twice", []row{base, base.with(version(2)).with(row{"days_late": whole(0)}), base.with(version(2)).with(row{"days_late": whole(0)})}, "merged merged unmatched", 0},
		{"two of the newest are not late, each in its way", []row{base, base.with(version(2)).with(row{"days_late": whole(0)}), base.with(version(2)).with(row{"days_late": whole(-1)})},
			"merged reject:conflicting-rows:version reject:conflicting-rows:version", 0},
		{"older ones were not late, each in its way", []row{base.with(version(2)), base.with(row{"days_late": whole(0)}), base.with(row{"days_late": whole(-1)})}, "matched merged merged", 500},
		{"identical rows without a version", []row{base.with(row{"version": {}}), base.with(row{"version": {}})}, "merged reject:null-key:version", 0},
		{"other incidents do not matter", []row{base, base.with(row{"delivery_id": text("d2")})}, "matched matched", 500},
		{"rows that none of them match", []row{base.with(row{"days_late": whole(0)}), base.with(row{"days_late": whole(-1)})}, "unmatched unmatched", 0},
	}
	source := newShop(t).source(t, lateRule)
	for _, test := range tests {
		result := find(source, test.rows...)
		if got := outcomes(result, "deliveries"); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		var pays int64
		if len(result.Incidents) > 0 {
			pays = result.Incidents[0].Awards()[0].Minor
		}
		if pays != test.pays {
			t.Errorf("%s: %d, want %d", test.name, pays, test.pays)
		}
	}
}

// Without a version any difference is one that nobody can settle.
func TestRowsWithoutVersions(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.event.Version = ""
	source := s.source(t, lateRule)
	for name, test := range map[string]struct {
		other row
		want  string
	}{
		"equal":                 {late(), "matched merged"},
		"differing":             {late().with(row{"price": amount("51")}), "reject:conflicting-rows reject:conflicting-rows"},
		"differing and useless": {late().with(careless), "reject:conflicting-rows reject:conflicting-rows"},
		"nothing looks there":   {late().with(row{"version": whole(9)}), "matched merged"},
	} {
		if got := outcomes(find(source, late(), test.other), "deliveries"); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// A row that could not be read looks, without the value, like one that has none;
// it is not that one, wherever it stands.
func TestUnreadTwin(t *testing.T) {
	t.Parallel()
	source := newShop(t).source(t, lateRule+`exclude: [{id: noted, when: '(note ?? "") == "x"'}]`)
	without := late().with(row{"note": {}})
	for bad := range 2 {
		f := source.NewFinder()
		var d feed
		d.find(f, "deliveries", award.Place{File: "f"}, batch(source, []row{without, without}), []match.RowReject{{Row: bad, Code: "invalid-text", Column: "note"}})
		result := d.merge(t, []*match.Finder{f}, nobody)
		if got := outcomes(result, "deliveries"); got != "reject:conflicting-rows:version reject:conflicting-rows:version" {
			t.Errorf("row %d unread: %s", bad, got)
		}
	}
}

const twoSources = terms + `rules:
  - {id: late, on: deliveries, when: days_late >= 1, amount: 0.1 * price, reason: LATE}
  - {id: told, on: complaints, when: days_late >= 1, amount: 0.1 * price, reason: TOLD}
  - {id: tried, on: complaints, mode: shadow, when: days_late >= 1, amount: price, reason: TOLD}
exclude:
  - {id: careless, on: [complaints], when: not careful}
  - {id: zeroth, on: [deliveries], when: 100 / days_late > 1000}
  - {id: first, on: [complaints], when: 100 / version < 0}
  - {id: noted, when: '(note ?? "") == "x"'}
`

// findBoth matches one delivery and one complaint of the same failure.
func findBoth(t testing.TB, s *shop, delivery, complaint row) *match.Result {
	sources := s.sources(t, twoSources)
	var finders []*match.Finder
	var d feed
	for name, r := range map[string]row{"deliveries": delivery, "complaints": complaint} {
		f := sources[name].NewFinder()
		d.find(f, name, award.Place{File: name}, batch(sources[name], []row{r}), nil)
		finders = append(finders, f)
	}
	return d.merge(panics{}, finders, nobody)
}

func TestSourcesOfOneFailure(t *testing.T) {
	t.Parallel()
	other := row{"delivery_id": text("d1"), "order_id": text("o1")}
	tests := []struct {
		name                  string
		delivery, complaint   row
		deliveries, complains string
		pays                  string // source of the incident
		exclusion             string
		faults                []string
	}{
		{"the higher award stands", row{"price": amount("30")}, other, "merged", "matched", "complaints", "", nil},
		{"the other way round", nil, row{"price": amount("30")}, "matched", "merged", "deliveries", "", nil},
		{"of equal awards the earlier rule's", nil, nil, "matched", "merged", "deliveries", "", nil},
		{"an exclusion of the lower", nil, row{"price": amount("30"), "careful": ir.BoolValue(false)}, "matched", "merged", "deliveries", "careless", nil},
		{"the winner's own exclusion first", row{"note": text("x")}, row{"price": amount("30"), "careful": ir.BoolValue(false)}, "matched", "merged", "deliveries", "noted", nil},
		{"a doubt of the lower", nil, row{"price": amount("30"), "version": whole(0)}, "matched", "merged", "deliveries", "", []string{"first: division-by-zero: /"}},
		{"one of them has none", row{"days_late": whole(0)}, nil, "unmatched", "matched", "complaints", "", nil},
		{"one of them is rejected", careless, nil, "reject:negative-amount", "matched", "complaints", "", nil},
		{"they name two customers", nil, row{"customer_id": text("c2")}, "reject:conflicting-rows", "reject:conflicting-rows", "", "", nil},
		{"they name two orders", nil, row{"order_id": text("o2")}, "reject:conflicting-rows", "reject:conflicting-rows", "", "", nil},
		{"the higher names no order", nil, row{"price": amount("30"), "order_id": {}}, "matched", "merged", "deliveries", "", nil},
		{"only the higher names an order", row{"price": amount("30"), "order_id": {}}, nil, "merged", "matched", "complaints", "", nil},
		{"they name two currencies", nil, row{"currency": text("JPY")}, "reject:conflicting-rows", "reject:conflicting-rows", "", "", nil},
		{"two customers, of whom one gets nothing", nil, row{"customer_id": text("c2"), "days_late": whole(0)}, "matched", "unmatched", "deliveries", "", nil},
	}
	s := newShop(t)
	for _, test := range tests {
		result := findBoth(t, s, late().with(test.delivery), late().with(test.complaint))
		if d, c := outcomes(result, "deliveries"), outcomes(result, "complaints"); d != test.deliveries || c != test.complains {
			t.Errorf("%s: deliveries %s, complaints %s; want %s, %s", test.name, d, c, test.deliveries, test.complains)
			continue
		}
		if test.pays == "" {
			if len(result.Incidents) != 0 {
				t.Errorf("%s: it pays", test.name)
			}
			continue
		}
		inc := result.Incidents[0]
		if inc.Order() != "o1" {
			t.Errorf("%s: order %q", test.name, inc.Order())
		}
		if inc.Source != test.pays || inc.Exclusion() != test.exclusion || !slices.Equal(inc.ExclusionFaults(), test.faults) || len(result.Incidents) != 1 {
			t.Errorf("%s: %s, %q, %q; want %s, %q, %q", test.name, inc.Source, inc.Exclusion(), inc.ExclusionFaults(), test.pays, test.exclusion, test.faults)
		}
	}
}

// Sources of failures of their own share nothing, whatever their keys are.
func TestSourcesOfTwoFailures(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	program := s.program(t, twoSources)
	var finders []*match.Finder
	var d feed
	for _, name := range []string{"complaints", "deliveries"} {
		event := s.event
		event.Source, event.Failure = name, name
		source := match.NewSource(event, s.night, program.Sources[name], s.dimensions, s.history)
		f := source.NewFinder()
		d.find(f, name, award.Place{}, batch(source, []row{late()}), nil)
		finders = append(finders, f)
	}
	result := d.merge(t, finders, nobody)
	if len(result.Incidents) != 2 || result.Incidents[0].ID() == result.Incidents[1].ID() {
		t.Errorf("%d incidents", len(result.Incidents))
	}
}

func TestOrderHasOneCustomer(t *testing.T) {
	t.Parallel()
	delivery := func(id, order, customer string) row {
		r := late().with(row{"delivery_id": text(id), "order_id": text(order), "customer_id": text(customer)})
		if order == "" {
			r["order_id"] = ir.Value{}
		}
		return r
	}
	const spoiled = "reject:order-of-several-customers"
	tests := []struct {
		name string
		rows []row
		want string
	}{
		{"one", []row{delivery("a", "o1", "c1"), delivery("b", "o1", "c1")}, "matched matched"},
		{"two tonight", []row{delivery("a", "o1", "c1"), delivery("b", "o1", "c2")}, spoiled + " " + spoiled},
		{"two tonight, another order", []row{delivery("a", "o1", "c1"), delivery("b", "o1", "c2"), delivery("c", "o2", "c2")}, "matched " + spoiled + " " + spoiled},
		{"without orders", []row{delivery("a", "", "c1"), delivery("b", "", "c2")}, "matched matched"},
		{"as in an earlier run", []row{delivery("a", "known", "c7")}, "matched"},
		{"unlike an earlier run", []row{delivery("a", "known", "c1")}, spoiled},
		{"one as in an earlier run, one unlike it", []row{delivery("a", "known", "c7"), delivery("b", "known", "c1")}, spoiled + " " + spoiled},
		{"a row that matches nothing does not count", []row{delivery("a", "o1", "c1"), delivery("b", "o1", "c2").with(row{"days_late": whole(0)})}, "matched unmatched"},
	}
	owner := func(order string) (string, bool) { return "c7", order == "known" }
	source := newShop(t).source(t, lateRule)
	for _, test := range tests {
		f := source.NewFinder()
		var d feed
		d.find(f, "deliveries", award.Place{}, batch(source, test.rows), nil)
		result := d.merge(t, []*match.Finder{f}, owner)
		if got := outcomes(result, "deliveries"); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		for _, inc := range result.Incidents {
			if inc.NewOrder != (inc.Order() != "" && inc.Order() != "known") {
				t.Errorf("%s: order %q is new: %t", test.name, inc.Order(), inc.NewOrder)
			}
		}
	}
}

// drawRow makes a row of few keys and values, so that many meet.
func drawRow(t *rapid.T) row {
	r := late().with(row{
		"delivery_id": text(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "id")),
		"order_id":    text(rapid.SampledFrom([]string{"o1", "o2", "o3"}).Draw(t, "order")),
		"version":     whole(rapid.Int64Range(0, 2).Draw(t, "version")),
		"days_late":   whole(rapid.Int64Range(-1, 2).Draw(t, "days late")),
		"price":       amount(rapid.SampledFrom([]string{"50", "50", "20", "-1"}).Draw(t, "price")),
	})
	switch rapid.IntRange(0, 9).Draw(t, "twist") {
	case 0:
		r["done_at"] = at("2026-03-12T00:00:00Z")
	case 1:
		r["shipped_at"] = at("2025-01-01T00:00:00Z")
	case 2:
		r["customer_id"] = text("c2")
	case 3:
		r["version"] = ir.Value{}
	case 4:
		r["delivery_id"] = ir.Value{}
	}
	return r
}

// placeless is a result as outputs show it but for where rows stood.
func placeless(r *match.Result) match.Result {
	out := *r
	out.Incidents = nil
	for _, inc := range r.Incidents {
		copied := *inc
		origin := *inc.Origin
		origin.File = ""
		copied.Origin, copied.Row, copied.RowGroup = &origin, 0, 0
		out.Incidents = append(out.Incidents, &copied)
	}
	out.Rejects = slices.Clone(r.Rejects)
	for i := range out.Rejects {
		out.Rejects[i].Place = award.Place{}
	}
	slices.SortFunc(out.Rejects, func(a, b match.Reject) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Detail, b.Detail))
	})
	return out
}

// Rows in any order, in any batches, over any finders in any order give one
// result, but for places; and every row has one outcome.
func TestAnyPartitionGivesOneResult(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sources := s.sources(t, twoSources)
	rapid.Check(t, func(t *rapid.T) {
		rows := map[string][]row{}
		var all []*match.Finder
		var whole, parted feed
		for _, name := range []string{"complaints", "deliveries"} {
			rows[name] = rapid.SliceOfN(rapid.Custom(drawRow), 0, 14).Draw(t, name)
			f := sources[name].NewFinder()
			whole.find(f, name, award.Place{File: name}, batch(sources[name], rows[name]), nil)
			all = append(all, f)
		}
		one := whole.merge(t, all, nobody)
		for name, list := range rows {
			c := one.Counts[name]
			if c.Read != int64(len(list)) || c.Read != c.Rejected+c.OutOfWindow+c.NotYet+c.Unmatched+c.Merged+c.Matched {
				t.Fatalf("%s: %d rows have outcomes %+v", name, len(list), c)
			}
			var rejects, matched int64
			for _, r := range one.Rejects {
				if r.Source == name {
					rejects++
				}
			}
			for _, inc := range one.Incidents {
				if inc.Source == name {
					matched++
				}
			}
			if rejects != c.Rejected || matched != c.Matched {
				t.Fatalf("%s: %d rejects and %d incidents, counted as %+v", name, rejects, matched, c)
			}
		}
		var parts []*match.Finder
		for _, name := range []string{"complaints", "deliveries"} {
			workers := make([]*match.Finder, rapid.IntRange(1, 4).Draw(t, "workers"))
			for i := range workers {
				workers[i] = sources[name].NewFinder()
			}
			shuffled := rapid.Permutation(rows[name]).Draw(t, "shuffled")
			for n := 0; len(shuffled) > 0; n++ {
				rows := rapid.IntRange(1, len(shuffled)).Draw(t, "batch")
				worker := rapid.IntRange(0, len(workers)-1).Draw(t, "worker")
				parted.find(workers[worker], name, award.Place{File: fmt.Sprint(name, n%3), Row: int64(n * 100)}, batch(sources[name], shuffled[:rows]), nil)
				shuffled = shuffled[rows:]
			}
			parts = append(parts, workers...)
		}
		parts = rapid.Permutation(parts).Draw(t, "finders")
		several := parted.merge(t, parts, nobody)
		if diff := gocmp.Diff(placeless(one), placeless(several), plainly); diff != "" {
			t.Fatalf("parted (-whole +parted):\n%s", diff)
		}
	})
}

// Rejects and incidents are sorted, so that files of them are.
func TestOrderOfResults(t *testing.T) {
	t.Parallel()
	source := newShop(t).source(t, lateRule)
	f := source.NewFinder()
	var d feed
	bad := late().with(row{"customer_id": {}})
	for _, place := range []award.Place{{File: "b", Row: 1}, {File: "a", Row: 7}, {File: "a", Row: 3}} {
		d.find(f, "deliveries", place, batch(source, []row{bad.with(row{"delivery_id": text(fmt.Sprint(place))})}), nil)
	}
	for i := range 20 {
		d.find(f, "deliveries", award.Place{}, batch(source, []row{late().with(row{"delivery_id": text(fmt.Sprint(i))})}), nil)
	}
	result := d.merge(t, []*match.Finder{f}, nobody)
	var places []award.Place
	for _, r := range result.Rejects {
		places = append(places, r.Place)
	}
	if want := []award.Place{{File: "a", Row: 3}, {File: "a", Row: 7}, {File: "b", Row: 1}}; !slices.Equal(places, want) {
		t.Errorf("rejects at %v, want %v", places, want)
	}
	if !slices.IsSortedFunc(result.Incidents, func(a, b *award.Incident) int { return a.Key.Compare(b.Key) }) || len(result.Incidents) != 20 {
		t.Error("incidents are not by id")
	}
}
