package match_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules/ir"
)

// lookedRules give whatever a rule can give, of rows of which each part may be
// missing: amounts with faults and beyond what they may be, funding from columns
// and history, messages with values, exclusions and approvals.
const lookedRules = terms + `tables: {caps: {USD: 10, JPY: 1500, KWD: 3}, odd: {none: 1, x: 2}}
define: {deliveries: {late: "days_late >= 1"}}
exclude:
  - {id: refunded, on: [deliveries], when: '(order.status ?? "") == "refunded"'}
  - {id: doubtful, on: [deliveries], when: '100 / days_late > 60 and customer.tier == "plus"'}
  - {id: dear, on: [deliveries], when: 'customer.spent > 3.5 * price'}
rules:
  - {id: plain, on: deliveries, when: 'late', amount: '0.1 * price', reason: LATE}
  - {id: told, on: deliveries, when: 'late and careful', amount: 'min(0.3 * price, caps[currency])', reason: LATE, message: "Late by {days_late} days: {amount}, {price} in {zone}, {careful} {shipped_at} {customer.tier}"}
  - {id: said, on: deliveries, when: 'late', amount: '0.2 * price', reason: LATE, message: "We are sorry. {amount} until {expires_on}."}
  - {id: borne, on: deliveries, when: 'days_late == 2', amount: 'price - share * price', reason: LATE, funding: 'careful ? "seller" : (note ?? "platform")'}
  - {id: spent, on: deliveries, when: 'customer.spent > 3 * price', amount: '3 * credited(7)', reason: LATE, uncapped: true}
  - {id: keyed, on: deliveries, when: 'days_late > 1', amount: 'odd[note ?? "none"] * price', reason: LATE}
  - {id: faulty, on: deliveries, when: 'days_late != 1', amount: 'price / (days_late + 1)', reason: LATE}
  - {id: tried, on: deliveries, mode: shadow, when: '100 / days_late > 0', amount: '0 - price', reason: TOLD}
  - {id: seen, on: deliveries, mode: shadow, when: 'credits(90) > 3', amount: '2 * price', reason: TOLD, message: "{days_late} of {currency}"}
approval:
  - {id: large, when: 'amount > 5 * price or customer.spent > 100 * price or note == nil'}
`

// lookedRows draws rows of few orders, of which an order has one customer, and most a
// row.
func lookedRows(t *rapid.T) []row {
	rows := make([]row, rapid.IntRange(1, 70).Draw(t, "rows"))
	for i := range rows {
		rows[i] = drawSieved(t, i).with(row{"order_id": text(fmt.Sprint("o", 1+2*rapid.IntRange(0, 1).Draw(t, "order"))), "version": whole(1)})
		if rapid.IntRange(0, 3).Draw(t, "due") > 0 {
			rows[i]["due"] = day("2026-03-08")
		}
		if rapid.IntRange(0, 5).Draw(t, "orderless") > 0 {
			rows[i]["order_id"] = text(fmt.Sprint("o", i))
		}
	}
	return rows
}

// lookedAsReference holds what came of row i to what the reference says of it, and
// counts in seen what the row shows.
func lookedAsReference(t *rapid.T, i int, result *match.Result, want *award.Incident, class match.RowClass, reject match.RowReject, seen map[string]int) {
	place := award.Place{File: "f", Row: int64(i)}
	at := slices.IndexFunc(result.Incidents, func(inc *award.Incident) bool { return inc.Place() == place })
	refused := slices.IndexFunc(result.Rejects, func(r match.Reject) bool { return r.Place == place })
	switch {
	case refused >= 0 && result.Rejects[refused].Code == match.CodeSeveralCustomers:
	case class == match.RowRejected && reject.Code != "":
		got := result.Rejects[refused]
		if diff := cmp.Diff(match.RowReject{Code: reject.Code, Column: reject.Column, Detail: reject.Detail}, match.RowReject{Code: got.Code, Column: got.Column, Detail: got.Detail}); diff != "" {
			t.Fatalf("row %d (-want +got):\n%s", i, diff)
		}
		seen[reject.Code]++
	case class == match.RowMatched:
		want.NewOrder = want.Order() != "" // nobody owned one before
		if diff := cmp.Diff(want, result.Incidents[at], plainly, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("row %d (-want +got):\n%s", i, diff)
		}
		for _, a := range want.Awards() {
			seen[a.RuleID]++
		}
		seen[want.Exclusion()]++
		seen["faults "+fmt.Sprint(len(want.ExclusionFaults()))]++
	case at >= 0 || refused >= 0:
		t.Fatalf("row %d is %s, and has an incident or a reject", i, class)
	}
}

// A row that is looked at with others is what the reference says of it alone: its
// class, its reject, and every part of its incident.
func TestLookerAgainstReference(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for i, id := range []string{"c1", "c2"} {
		s.dimensions["customer"].Add(text(id), []ir.Value{amount([]string{"200", "10"}[i]), text([]string{"prime", "plus"}[i])}, "USD", false)
	}
	s.dimensions["order"].Add(text("o1"), []ir.Value{text("refunded")}, "", false)
	several := *s
	several.event.ID = []string{"delivery_id", "version", "due"}
	several.event.Value, several.event.Zone = "", ""
	failing := *s
	failing.history = fixedHistory{fails: true}
	sources := []*match.Source{s.source(t, lookedRules), several.source(t, lookedRules), failing.source(t, lookedRules)}
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		source := rapid.SampledFrom(sources).Draw(t, "source")
		rows := lookedRows(t)
		b := batch(source, rows)
		var d feed
		f := source.NewFinder()
		for from := 0; from < len(rows); { // in batches of any size
			n := rapid.IntRange(1, len(rows)-from).Draw(t, "batch")
			d.find(f, "deliveries", award.Place{File: "f", Row: int64(from)}, batch(source, rows[from:from+n]), nil)
			from += n
		}
		result := d.merge(t, []*match.Finder{f}, nobody)
		wantFaults := map[string]int64{}
		for i := range rows {
			place := award.Place{File: "f", Row: int64(i)}
			want, class, reject, shadow := source.Reference(place, b, i)
			for _, id := range shadow {
				wantFaults[id]++
			}
			lookedAsReference(t, i, result, want, class, reject, seen)
		}
		if diff := cmp.Diff(wantFaults, result.ShadowFaults, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("faults of shadow rules (-want +got):\n%s", diff)
		}
		for id, n := range wantFaults {
			seen["fault of "+id] += int(n)
		}
	})
	t.Log(seen)
	for _, what := range []string{
		"plain", "told", "said", "borne", "spent", "faulty", "seen", "refunded", "doubtful", "", "faults 0", "faults 1",
		match.CodeBadFunding, match.CodeNegativeAmount, "division-by-zero", "missing-key", "missing-row", "unexpected-null", "out-of-domain", "fault of tried",
	} {
		if seen[what] == 0 {
			t.Errorf("%q never came about: the test shows nothing of it", what)
		}
	}
}

// A row that the columns let through and the customer's tier does not is of its
// incident all the same: it is merged, or it is the version that counts.
func TestVersionsThatTheJoinDecides(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for id, tier := range map[string]string{"c1": "prime", "c2": "plus"} {
		s.dimensions["customer"].Add(text(id), []ir.Value{amount("5"), text(tier)}, "USD", false)
	}
	const book = terms + `rules: [{id: late, on: deliveries, when: 'days_late >= 1 and customer.tier == "prime"', amount: 0.1 * price, reason: LATE}]`
	of := func(version int64, customer string) row {
		return late().with(row{"version": whole(version), "customer_id": text(customer)})
	}
	for _, test := range []struct {
		rows []row
		want string
	}{
		{[]row{of(1, "c2"), of(2, "c1")}, "matched merged"},
		{[]row{of(2, "c1"), of(1, "c2")}, "matched merged"},
		{[]row{of(1, "c1"), of(2, "c2")}, "merged unmatched"},
		{[]row{of(1, "c2"), of(2, "c2")}, "unmatched unmatched"}, // no hit: nobody asks which row counts
		{[]row{of(1, "c1"), of(1, "c2")}, "reject:conflicting-rows:version reject:conflicting-rows:version"},
		{[]row{of(1, "c1"), of(2, "lost")}, "merged reject:missing-row:customer.tier"},
	} {
		if got := outcomes(s.find(t, book, test.rows...), "deliveries"); got != test.want {
			t.Errorf("%v: %s, want %s", test.rows, got, test.want)
		}
	}
}
