package match_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules/ir"
)

// New York goes to daylight saving time on 2026-03-08: 2026-03-10 ends at 04:00
// UTC. The horizon of 30 days begins with 2026-02-09, at 05:00 UTC.
func TestWindow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		since, done string
		want        string
	}{
		{"at the last instant of the date", "2026-03-01T09:00:00Z", "2026-03-11T03:59:59.999999Z", "matched"},
		{"at as_of", "2026-03-01T09:00:00Z", "2026-03-11T04:00:00Z", "not-yet"},
		{"the horizon's first instant", "2026-02-09T05:00:00Z", "2026-03-10T15:00:00Z", "matched"},
		{"one microsecond older", "2026-02-09T04:59:59.999999Z", "2026-03-10T15:00:00Z", "out-of-window"},
		{"at equals since", "2026-03-10T15:00:00Z", "2026-03-10T15:00:00Z", "matched"},
		{"at before since", "2026-03-10T15:00:00.000001Z", "2026-03-10T15:00:00Z", "reject:at-before-since"},
		{"not yet, and older than the horizon", "2026-01-01T00:00:00Z", "2026-03-11T04:00:00Z", "not-yet"},
		{"before since, and after as_of", "2026-03-13T00:00:00Z", "2026-03-12T00:00:00Z", "reject:at-before-since"},
		{"before since, and older than the horizon", "2026-02-02T00:00:00Z", "2026-02-01T00:00:00Z", "reject:at-before-since"},
	}
	s := newShop(t)
	source := s.source(t, lateRule)
	for _, test := range tests {
		result := find(source, late().with(row{"shipped_at": at(test.since), "done_at": at(test.done)}))
		if got := outcomes(result, "deliveries"); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// A table without {date} is read from the first day of its lookback, in the
// workspace's days: 2026-03-08 began at 05:00 UTC, the days after at 04:00.
func TestGrowingTable(t *testing.T) {
	t.Parallel()
	tests := []struct{ first, done, want string }{
		{"2026-03-08", "2026-03-08T05:00:00Z", "matched"},
		{"2026-03-08", "2026-03-08T04:59:59.999999Z", "out-of-window"},
		{"2026-03-09", "2026-03-09T04:00:00Z", "matched"},
		{"2026-03-09", "2026-03-09T03:59:59.999999Z", "out-of-window"},
		{"2026-03-09", "2026-03-11T04:00:00Z", "not-yet"},
	}
	for _, test := range tests {
		s := newShop(t)
		s.event.Growing, s.event.FirstDay = true, date(test.first)
		result := s.find(t, lateRule, late().with(row{"done_at": at(test.done)}))
		if got := outcomes(result, "deliveries"); got != test.want {
			t.Errorf("from %s, at %s: %s, want %s", test.first, test.done, got, test.want)
		}
	}
}

func TestPartsOfAnEvent(t *testing.T) {
	t.Parallel()
	null := ir.Value{}
	tests := []struct {
		name    string
		changes row
		want    string
	}{
		{"whole", nil, "matched"},
		{"no key", row{"delivery_id": null}, "reject:null-key:delivery_id"},
		{"no customer", row{"customer_id": null}, "reject:null-key:customer_id"},
		{"an empty customer", row{"customer_id": text("")}, "reject:null-key:customer_id"},
		{"no order: it stands alone", row{"order_id": null}, "matched"},
		{"no seller", row{"seller_id": null}, "matched"},
		{"no version", row{"version": null}, "reject:null-key:version"},
		{"no since", row{"shipped_at": null}, "reject:null-key:shipped_at"},
		{"no at", row{"done_at": null}, "reject:unexpected-null:done_at"},
		{"no currency", row{"currency": null}, "reject:null-key:currency"},
		{"a currency that the workspace has not", row{"currency": text("EUR")}, "reject:unknown-currency:currency"},
		{"no currency at all", row{"currency": text("usd")}, "reject:unknown-currency:currency"},
		{"another zone", row{"zone": text("Asia/Tokyo")}, "matched"},
		{"no zone: the workspace's", row{"zone": null}, "matched"},
		{"an unknown zone", row{"zone": text("Mars/Olympus")}, "reject:unknown-zone:zone"},
		{"the machine's zone", row{"zone": text("Local")}, "reject:unknown-zone:zone"},
		{"what the rule needs", row{"days_late": null}, "reject:unexpected-null:days_late"},
		{"what nothing needs", row{"share": null, "careful": null}, "matched"},
		{"not late", row{"days_late": whole(0)}, "unmatched"},
	}
	source := newShop(t).source(t, lateRule)
	for _, test := range tests {
		if got := outcomes(find(source, late().with(test.changes)), "deliveries"); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestCurrencyOfTheSource(t *testing.T) {
	t.Parallel()
	for currency, want := range map[string]string{"USD": "matched", "EUR": "matched", "XYZ": "reject:unknown-currency"} {
		s := newShop(t)
		s.night.Currencies = nil // any that exists
		program := s.program(t, lateRule).Sources["deliveries"]
		s.event.CurrencyColumn, s.event.Currency = "", currency
		source := match.NewSource(s.event, s.night, program, s.dimensions, s.history)
		if got := outcomes(find(source, late()), "deliveries"); got != want {
			t.Errorf("%s: %s, want %s", currency, got, want)
		}
	}
}

// The incident carries what later stages need, worked out from the row.
func TestIncident(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.event.ID = []string{"delivery_id", "version", "due"}
	result := s.find(t, lateRule, late().with(row{"due": day("2026-03-08"), "zone": text("Europe/London")}))
	if len(result.Incidents) != 1 {
		t.Fatalf("%s", outcomes(result, "deliveries"))
	}
	key := award.NewKey("delivery", []ir.Value{text("d1")})
	got := *result.Incidents[0]
	got.Special = nil
	want := award.Incident{
		Origin:   &award.Origin{Source: "deliveries", Failure: "delivery", File: "a.parquet", Currency: "USD", Zone: "Europe/London"},
		Key:      key,
		Since:    instant("2026-03-01T09:00:00Z"),
		At:       instant("2026-03-10T15:00:00Z"),
		NewOrder: true,
	}
	want.SetParties(award.Parties{EventID: "d1/1/2026-03-08", Customer: "c1", Order: "o1", Seller: "s1"})
	want.SetFacts(award.FactsOf(`{"days_late":2,"done_at":"2026-03-10T15:00:00Z","price":"50"}`))
	want.SetAwards([]award.Award{{Rule: &award.Rule{RuleID: "late", Priority: 100, Reason: "LATE", Terms: "standard", Funding: "platform"}, Minor: 500}})
	if diff := cmp.Diff(want, got, plainly); diff != "" {
		t.Errorf("incident (-want +got):\n%s", diff)
	}
}

// since may be a date: its first instant in the row's zone.
func TestSinceOfADate(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Asia/Tokyo": "2026-03-07T15:00:00Z", "America/New_York": "2026-03-08T05:00:00Z", "": "2026-03-08T05:00:00Z"} {
		s := newShop(t)
		s.event.Since = "due"
		r := late().with(row{"due": day("2026-03-08"), "zone": text(name)})
		result := s.find(t, lateRule, r)
		if len(result.Incidents) != 1 || result.Incidents[0].Since != instant(want) {
			t.Errorf("%q: %s, %+v; want since %s", name, outcomes(result, "deliveries"), result.Incidents, want)
		}
	}
}

// What a rule says of its days is read in the row's zone, and as_of and the
// business date are the run's.
func TestClockOfRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		when, zone string
		want       string
	}{
		// 2026-03-10T15:00Z is the 11th in Tokyo, the 10th in New York.
		{`date(done_at) == date("2026-03-11")`, "Asia/Tokyo", "matched"},
		{`date(done_at) == date("2026-03-10")`, "America/New_York", "matched"},
		{`date(done_at) == date("2026-03-10")`, "", "matched"},
		{`days_between(shipped_at, done_at) == 10`, "Asia/Tokyo", "matched"},
		{`days_between(shipped_at, done_at) == 9`, "America/New_York", "matched"},
		{`business_date == date("2026-03-10")`, "Asia/Tokyo", "matched"},
		{`hours_between(done_at, as_of) == 13`, "Asia/Tokyo", "matched"}, // 04:00 of the 11th
		{`currency == "USD"`, "", "matched"},
	}
	s := newShop(t)
	for _, test := range tests {
		book := terms + "rules: [{id: r, on: deliveries, when: '" + test.when + "', amount: price, reason: LATE}]"
		result := s.find(t, book, late().with(row{"zone": text(test.zone)}))
		if got := outcomes(result, "deliveries"); got != test.want {
			t.Errorf("%s in %q: %s, want %s", test.when, test.zone, got, test.want)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		when, amount string
		mode         string
		want         string
		shadow       int64
	}{
		{"when of a live rule", "100 / days_late > 1", "price", "live", "reject:division-by-zero:/", 0},
		{"when of a shadow rule", "100 / days_late > 1", "price", "shadow", "unmatched", 1},
		{"amount of a live rule", "careful", "price / days_late", "live", "reject:division-by-zero:/", 0},
		{"amount of a shadow rule", "careful", "price / days_late", "shadow", "unmatched", 1},
		{"amount beyond 64 bits", "careful", "price * 1000000000000", "live", "reject:overflow:*", 0},
		{"amount of a rule that does not hold", "not careful", "price / days_late", "live", "unmatched", 0},
		{"false and a fault", `(note ?? "") == "x" and 100 / days_late > 1`, "price", "live", "unmatched", 0},
		{"a fault and false", `100 / days_late > 1 and (note ?? "") == "x"`, "price", "live", "unmatched", 0},
		{"true and a fault", `(note ?? "") != "x" and 100 / days_late > 1`, "price", "live", "reject:division-by-zero:/", 0},
		{"a fault or true", `100 / days_late > 1 or careful`, "price", "live", "matched", 0},
		{"a negative amount", "careful", "price - 2 * price", "live", "reject:negative-amount", 0},
		{"a negative amount that would round to zero", "careful", "-0.00002 * price", "live", "reject:negative-amount", 0},
		{"a negative amount of a shadow rule", "careful", "-price", "shadow", "unmatched", 1},
		{"a key that the table lacks", "careful", `caps[note ?? ""] * price`, "live", "reject:missing-key:none", 0},
	}
	s := newShop(t)
	for _, test := range tests {
		book := terms + "tables: {caps: {other: 0.5}}\nrules: [{id: r, on: deliveries, mode: " + test.mode +
			", when: '" + test.when + "', amount: '" + test.amount + "', reason: LATE}]"
		result := s.find(t, book, late().with(row{"days_late": whole(0)}))
		if got := outcomes(result, "deliveries"); got != test.want || result.ShadowFaults["r"] != test.shadow {
			t.Errorf("%s: %s with %d shadow faults, want %s with %d", test.name, got, result.ShadowFaults["r"], test.want, test.shadow)
		}
	}
}

// One fault of a live rule rejects the row, whatever other rules would give; of
// a shadow rule it takes nothing away.
func TestFaultBesideAnAward(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{"live": "reject:division-by-zero:/", "shadow": "matched"} {
		book := terms + `rules:
  - {id: first, on: deliveries, when: careful, amount: 0.1 * price, reason: LATE}
  - {id: second, on: deliveries, mode: ` + mode + `, when: 100 / days_late > 1, amount: price, reason: LATE}
`
		result := newShop(t).find(t, book, late().with(row{"days_late": whole(0)}))
		if got := outcomes(result, "deliveries"); got != want {
			t.Errorf("%s: %s, want %s", mode, got, want)
		}
	}
}

// from and until are business dates, both inclusive.
func TestRulesOfSomeDates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		dates string
		want  string
	}{
		{"", "matched"},
		{"from: 2026-03-10, ", "matched"},
		{"from: 2026-03-11, ", "unmatched"},
		{"until: 2026-03-10, ", "matched"},
		{"until: 2026-03-09, ", "unmatched"},
		{"from: 2026-03-10, until: 2026-03-10, ", "matched"},
	}
	for _, test := range tests {
		book := terms + "rules: [{id: r, on: deliveries, " + test.dates + "when: careful, amount: price, reason: LATE}]"
		if got := outcomes(newShop(t).find(t, book, late()), "deliveries"); got != test.want {
			t.Errorf("%q: %s, want %s", test.dates, got, test.want)
		}
	}
}

// A row that scan could not read is rejected with scan's reason, at its own
// place, and rows around it are found.
func TestUnreadRows(t *testing.T) {
	t.Parallel()
	source := newShop(t).source(t, lateRule)
	rows := []row{late(), late().with(row{"delivery_id": text("d2")}), late().with(row{"delivery_id": {}}), late().with(row{"delivery_id": text("d4")})}
	f := source.NewFinder()
	var d feed
	d.find(f, "deliveries", award.Place{File: "f", RowGroup: 3, Row: 100}, batch(source, rows), []match.RowReject{
		{Row: 1, Code: "not-a-number", Column: "share", Detail: "NaN"},
		{Row: 2, Code: "invalid-text", Column: "delivery_id", Detail: "bytes"},
	})
	result := d.merge(t, []*match.Finder{f}, nobody)
	want := []match.Reject{
		{Source: "deliveries", Place: award.Place{File: "f", RowGroup: 3, Row: 101}, Code: "not-a-number", Column: "share", Detail: "NaN"},
		{Source: "deliveries", Place: award.Place{File: "f", RowGroup: 3, Row: 102}, Code: "invalid-text", Column: "delivery_id", Detail: "bytes"},
	}
	if diff := cmp.Diff(want, result.Rejects); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	if c := result.Counts["deliveries"]; c != (match.Counts{Read: 4, Rejected: 2, Matched: 2}) {
		t.Errorf("counts %+v", c)
	}
	if !slices.ContainsFunc(result.Incidents, func(i *award.Incident) bool { return i.EventID() == "d4" && i.Row == 103 }) {
		t.Error("the row after the bad ones is not found at its place")
	}
}

// The first exclusion that holds gives the reason; those that cannot be
// evaluated are kept beside it.
func TestExclusions(t *testing.T) {
	t.Parallel()
	book := lateRule + `exclude:
  - {id: broken, when: 100 / version > 1}
  - {id: noted, on: [deliveries], when: '(note ?? "") == "x"'}
  - {id: careless, when: not careful}
  - {id: elsewhere, on: [complaints], when: careful}
  - {id: broken-too, when: 7 / version > 1}
`
	tests := []struct {
		name    string
		changes row
		want    string
		faults  []string
	}{
		{"none", row{"version": whole(100)}, "", nil},
		{"the second", row{"note": text("x"), "version": whole(100)}, "noted", nil},
		{"the second before the third", row{"note": text("x"), "careful": ir.BoolValue(false), "version": whole(100)}, "noted", nil},
		{"the third", row{"careful": ir.BoolValue(false), "version": whole(100)}, "careless", nil},
		{"faults only", row{"version": whole(0)}, "", []string{"broken: division-by-zero: /", "broken-too: division-by-zero: /"}},
		{"a fault, and one that holds", row{"version": whole(0), "note": text("x")}, "noted", []string{"broken: division-by-zero: /", "broken-too: division-by-zero: /"}},
	}
	s := newShop(t)
	s.event.Version = "" // the column is only the rules' here
	for _, test := range tests {
		result := s.find(t, book, late().with(test.changes))
		if len(result.Incidents) != 1 {
			t.Fatalf("%s: %s", test.name, outcomes(result, "deliveries"))
		}
		inc := result.Incidents[0]
		if inc.Exclusion() != test.want || !slices.Equal(inc.ExclusionFaults(), test.faults) {
			t.Errorf("%s: %q, %q; want %q, %q", test.name, inc.Exclusion(), inc.ExclusionFaults(), test.want, test.faults)
		}
	}
}

// history is asked for the windows that rules name, of the row's customer and
// in its currency.
func TestHistory(t *testing.T) {
	t.Parallel()
	book := terms + `rules:
  - {id: r, on: deliveries, when: credits(90) == 90 and credits(7) == 7, amount: credited(10), reason: LATE, uncapped: true}
`
	tests := []struct {
		currency string
		want     int64 // minor units
	}{{"USD", 1000}, {"JPY", 1000}, {"KWD", 10_000}}
	s := newShop(t)
	for _, test := range tests {
		if got := only(t, s.find(t, book, late().with(row{"currency": text(test.currency)}))).Minor; got != test.want {
			t.Errorf("%s: %d, want %d", test.currency, got, test.want)
		}
	}
	if got := outcomes(s.find(t, book, late().with(row{"customer_id": text("new")})), "deliveries"); got != "unmatched" {
		t.Errorf("a customer without credits: %s", got)
	}
	s.history = fixedHistory{fails: true}
	if got := outcomes(s.find(t, book, late()), "deliveries"); got != "reject:overflow:credited(10)" {
		t.Errorf("a sum beyond 64 bits: %s", got)
	}
}

// The projection names each column once, those that rules, keys and joins need.
func TestColumns(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	source := s.source(t, lateRule+"exclude: [{id: x, when: 'customer.tier == \"gold\" and order.status == nil'}]\n")
	got := slices.Sorted(slices.Values(source.Columns()))
	want := []string{"currency", "customer_id", "days_late", "delivery_id", "done_at", "order_id", "price", "seller_id", "shipped_at", "version", "zone"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if source.Columns()[source.CurrencyColumn()] != "currency" {
		t.Error("the currency's column is another")
	}
	s.event.CurrencyColumn, s.event.Currency = "", "USD"
	if got := match.NewSource(s.event, s.night, newShop(t).program(t, lateRule).Sources["deliveries"], nil, s.history).CurrencyColumn(); got != -1 {
		t.Errorf("a constant currency has column %d", got)
	}
}
