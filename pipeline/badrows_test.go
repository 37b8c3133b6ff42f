package pipeline_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/pipeline/publish"
	"amends/rules/calendar"
)

// badRow is one row that must be rejected: what is done to a good one, and what
// the run says of it.
type badRow struct {
	name         string
	do           func(t demoTable, row int)
	code, column string
}

func setInt(column string, v int64) func(demoTable, int) {
	return func(t demoTable, row int) { t.column(column).Ints[row] = v }
}

func setText(column, v string) func(demoTable, int) {
	return func(t demoTable, row int) { t.column(column).Strings[row] = v }
}

func setNull(column string) func(demoTable, int) {
	return func(t demoTable, row int) { t.null(column, row) }
}

// spoil appends copies of a row to a file, each with an id of its own and one
// thing wrong, and gives the index of the first.
func (w *demo) spoil(name, id string, good int, bad []badRow) int {
	w.t.Helper()
	rows := w.table(name)
	first := rows.rows()
	t := rows.pick(append(demoRows(rows), slices.Repeat([]int{good}, len(bad))...)...)
	for i, b := range bad {
		t.column(id).Strings[first+i] = fmt.Sprintf("bad-%d", i)
		b.do(t, first+i)
	}
	w.write(name, t, parquetio.WriteOptions{RowGroupRows: 50})
	return first
}

// rejected checks that each bad row is in rejects.parquet, at its place.
func (w *demo) rejected(night calendar.Date, name string, first int, bad []badRow) {
	w.t.Helper()
	rejects := demoOutput(w, night, publish.RejectsFile, publish.ReadRejects)
	for i, b := range bad {
		row := int64(first + i)
		at := slices.IndexFunc(rejects, func(r publish.Reject) bool { return r.File == name && r.Row == row })
		if at < 0 {
			w.t.Errorf("%s: row %d of %s is not in rejects", b.name, row, name)
			continue
		}
		if r := rejects[at]; r.Code != b.code || r.Column != b.column || r.RowGroup != int(row/50) {
			w.t.Errorf("%s: rejected as %q, column %q, row group %d (%s); want %q, %q, %d", b.name, r.Code, r.Column, r.RowGroup, r.Detail, b.code, b.column, row/50)
		}
	}
	count := 0
	for _, r := range rejects {
		if r.File == name {
			count++
		}
	}
	if count != len(bad) {
		w.t.Errorf("%d rows of %s are rejected, want %d", count, name, len(bad))
	}
}

func TestBadDeliveriesAreRejectedWithTheirPlace(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, badNight)
	w.replace("amends.yaml", "max_reject_percent: 5}", "max_reject_percent: 50}")
	_, name, good := demoPaid(newRunDemo(t), badNight)
	bad := []badRow{
		{"no id", setNull("delivery_id"), "null-key", "delivery_id"},
		{"an empty id", setText("delivery_id", ""), "null-key", "delivery_id"},
		{"another empty id", setText("delivery_id", ""), "null-key", "delivery_id"},
		{"no customer", setNull("customer_id"), "null-key", "customer_id"},
		{"an empty customer", setText("customer_id", ""), "null-key", "customer_id"},
		{"no version", setNull("updated_at"), "null-key", "updated_at"},
		{"no since", setNull("shipped_at"), "null-key", "shipped_at"},
		{"no currency", setNull("currency"), "unknown-currency", "item_price"},
		{"no such currency", setText("currency", "ZZZ"), "unknown-currency", "item_price"},
		{"a currency of elsewhere", setText("currency", "CHF"), "unknown-currency", "currency"},
		{"no price", setNull("item_price"), "unexpected-null", "item_price"},
		{"a negative price", setInt("item_price", -200), "negative-amount", ""},
		{"a price beyond 64 bits", setInt("item_price", math.MaxInt64), "money-overflow", "item_price"},
		{"a price far below zero", setInt("item_price", math.MinInt64), "money-overflow", "item_price"},
		{"no promise", setNull("promised_at"), "unexpected-null", "promised_at"},
		{"no zone of this world", setText("zone", "Mars/Olympus"), "unknown-zone", "zone"},
		{"delivered before it was shipped", func(t demoTable, row int) {
			t.column("delivered_at").Ints[row] = t.column("shipped_at").Ints[row] - 1
		}, "at-before-since", ""},
		{"delivered in the year 30,000", setInt("delivered_at", int64(calendar.MaxInstant)*3), "time-out-of-range", "delivered_at"},
		{"of a customer that nobody knows", setText("customer_id", "c-nobody"), "missing-row", "customer.tier"},
	}
	first := w.spoil(name, "delivery_id", good, bad)
	w.mustRun(badNight, badNight)
	w.rejected(badNight, name, first, bad)
	w.conserved(badNight)
}

// Rows of one delivery and version that differ are rejected, both.
func TestConflictingRowsAreRejected(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, badNight)
	event, name, good := demoPaid(newRunDemo(t), badNight)
	rows := w.table(name)
	other := rows.pick(good)
	other.column("item_price").Ints[0]++
	w.write(demoFile("deliveries", badNight, "other.parquet"), other, parquetio.WriteOptions{})
	w.mustRun(badNight, badNight)
	var places []string
	for _, r := range demoOutput(w, badNight, publish.RejectsFile, publish.ReadRejects) {
		if r.Code == "conflicting-rows" {
			places = append(places, fmt.Sprint(r.File, " ", r.Row))
		}
	}
	slices.Sort(places)
	want := []string{demoFile("deliveries", badNight, "other.parquet") + " 0", fmt.Sprint(name, " ", good)}
	slices.Sort(want)
	if !slices.Equal(places, want) {
		t.Errorf("conflicting rows at %q, want %q", places, want)
	}
	for _, r := range demoOutput(w, badNight, publish.DecisionsFile, publish.ReadDecisions) {
		if r.EventID == event {
			t.Errorf("delivery %s was decided: %s", event, r.Outcome)
		}
	}
	w.conserved(badNight)
}

// Money in major units may be a double; what is no amount rejects its row.
func TestDoublesThatAreNoMoney(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, badNight)
	w.replace("amends.yaml", "money: {monthly_fee: minor}", "money: {monthly_fee: major}")
	name := demoFile("service", badNight, "service.parquet")
	rows := w.table(demoFile("service", demoFirst, "service.parquet"))
	values := []float64{9.5, math.NaN(), math.Inf(1), 1e300, -9.5, 9.12345678}
	t2 := rows.pick(slices.Repeat([]int{0}, len(values))...)
	zone, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for i := range values {
		t2.column("outage_id").Strings[i] = fmt.Sprintf("bad-%d", i)
		t2.column("started_at").Ints[i] = int64(calendar.StartOfDay(badNight, zone))
		t2.column("ended_at").Ints[i] = int64(calendar.StartOfDay(badNight, zone)) + 5*3_600_000_000
	}
	*t2.column("monthly_fee") = parquetio.Column{Name: "monthly_fee", Type: parquetio.Double, Floats: values}
	for i := range values {
		t2.column("minutes_out").Ints[i] = 300
	}
	w.write(name, t2, parquetio.WriteOptions{})
	w.mustRun(badNight, badNight)
	got := map[int64]string{}
	for _, r := range demoOutput(w, badNight, publish.RejectsFile, publish.ReadRejects) {
		if r.File == name {
			got[r.Row] = r.Code + " " + r.Column
		}
	}
	want := map[int64]string{1: "nan monthly_fee", 2: "not-finite monthly_fee", 3: "money-overflow monthly_fee", 4: "negative-amount "}
	if !maps.Equal(got, want) {
		t.Errorf("rejected %v, want %v", got, want)
	}
	w.conserved(badNight)
}

func TestBadExternalCreditsAreRejected(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, badNight)
	name, good := demoFile("goodwill", badNight, "goodwill.parquet"), 0
	if w.table(name).rows() == 0 {
		w.put(name, w.anyGoodwill())
	}
	bad := []badRow{
		{"no id", setNull("credit_ref"), "null-key", "credit_ref"},
		{"no customer", setNull("customer_id"), "null-key", "customer_id"},
		{"an empty customer", setText("customer_id", ""), "null-key", "customer_id"},
		{"no time", setNull("given_at"), "null-key", "given_at"},
		{"no amount", setNull("amount"), "null-key", "amount"},
		{"no such currency", setText("currency", "ZZZ"), "unknown-currency", "amount"},
		{"below zero", setInt("amount", -1), "negative-amount", "amount"},
		{"zero", setInt("amount", 0), "negative-amount", "amount"},
		{"beyond 64 bits", setInt("amount", math.MaxInt64), "money-overflow", "amount"},
		{"one of two that differ", setText("credit_ref", "twice"), "conflicting-rows", "credit_ref"},
		{"the other", func(t demoTable, row int) {
			t.column("credit_ref").Strings[row] = "twice"
			t.column("amount").Ints[row]++
		}, "conflicting-rows", "credit_ref"},
	}
	first := w.spoil(name, "credit_ref", good, bad)
	w.mustRun(badNight, badNight)
	w.rejected(badNight, name, first, bad)
	w.conserved(badNight)
}

// anyGoodwill is a file of external credits with rows.
func (w *demo) anyGoodwill() []byte {
	w.t.Helper()
	files, err := demoMade()
	if err != nil {
		w.t.Fatal(err)
	}
	for d := range demoNightsOf {
		name := demoFile("goodwill", d, "goodwill.parquet")
		w.put("probe.parquet", files[name])
		if w.table("probe.parquet").rows() > 0 {
			return files[name]
		}
	}
	w.t.Fatal("no night has an external credit")
	return nil
}

// Rows of one key that differ are a fault where a field of theirs is needed: in
// a rule's condition it rejects the row, in an exclusion it holds the award.
func TestConflictingDimensionRows(t *testing.T) {
	t.Parallel()
	made := newRunDemo(t)
	event, file, row := demoPaid(made, badNight)
	customer, order := made.table(file).column("customer_id").Strings[row], made.table(file).column("order_id").Strings[row]
	double := func(w *demo, name, key, value, change string) {
		rows := w.table(name)
		at := slices.Index(rows.column(key).Strings, value)
		t := rows.pick(append(demoRows(rows), at)...)
		t.column(change).Strings[rows.rows()] = "another"
		w.write(name, t, parquetio.WriteOptions{})
	}
	t.Run("customers", func(t *testing.T) {
		t.Parallel()
		w := newDemoBefore(t, badNight)
		double(w, "data/customers.parquet", "customer_id", customer, "tier")
		w.mustRun(badNight, badNight)
		rejects := demoOutput(w, badNight, publish.RejectsFile, publish.ReadRejects)
		at := slices.IndexFunc(rejects, func(r publish.Reject) bool { return r.File == file && r.Row == int64(row) })
		if at < 0 || rejects[at].Code != "conflicting-rows" || rejects[at].Column != "customer.tier" {
			t.Errorf("rejects %+v, want the delivery of %s among them", rejects, customer)
		}
		w.conserved(badNight)
	})
	t.Run("orders", func(t *testing.T) {
		t.Parallel()
		w := newDemoBefore(t, badNight)
		double(w, demoFile("orders", badNight, "orders.parquet"), "order_id", order, "refund_status")
		w.mustRun(badNight, badNight)
		holds := demoOutput(w, badNight, publish.HeldFile, publish.ReadHolds)
		at := slices.IndexFunc(holds, func(h publish.Hold) bool { return h.EventID == event })
		if at < 0 || !slices.ContainsFunc(holds[at].HoldCauses, func(c award.Cause) bool { return c.ID == "compensated" }) {
			t.Errorf("delivery %s is not held for the exclusion that could not be evaluated: %+v", event, holds)
		}
		w.conserved(badNight)
	})
}

// Each redemption that the ledger cannot take has its outcome beside it, and
// changes nothing.
func TestBadRedemptionsHaveTheirOutcome(t *testing.T) {
	t.Parallel()
	const night = demoFirst + 8
	w := newDemoBefore(t, night)
	name := demoFile("redemptions", night, "bad.parquet")
	open := demoOutput(w, night-1, publish.OpenFile, publish.ReadOpen)
	zone, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	asOf := calendar.AsOf(night, zone)
	begin := int64(calendar.StartOfDay(night, zone))
	var live, other, expired *ledger.Credit
	taken := w.table(demoFile("redemptions", night, "redemptions.parquet")).column("credit_id").Strings
	for i := range open {
		c := &open[i]
		switch usable := c.ExpiresAt > asOf && int64(c.EffectiveAt) < begin && !slices.Contains(taken, c.CreditID); {
		case usable && live == nil && c.Remaining() > 10:
			live = c
		case usable && other == nil && c.Remaining() > 10 && c.CustomerID != live.CustomerID:
			other = c
		case int64(c.ExpiresAt) <= begin && c.ExpiresAt > calendar.AsOf(night-3, zone):
			expired = c
		}
	}
	if live == nil || other == nil || expired == nil {
		t.Fatalf("credits %v %v %v: the demo shows too little", live, other, expired)
	}
	type redemption struct {
		id, credit, customer, currency string
		amount, at                     int64
		outcome                        ledger.RedemptionOutcome
		applied, excess                int64
	}
	good := redemption{credit: live.CreditID, customer: live.CustomerID, currency: live.Currency, amount: 1, at: begin + 100}
	of := func(id string, outcome ledger.RedemptionOutcome, applied, excess int64, change func(r *redemption)) redemption {
		r := good
		r.id, r.outcome, r.applied, r.excess = id, outcome, applied, excess
		change(&r)
		return r
	}
	foreign := "EUR"
	if live.Currency == foreign {
		foreign = "USD"
	}
	list := []redemption{
		of("good", ledger.Applied, 1, 0, func(r *redemption) {}),
		of("good", ledger.Duplicate, 0, 0, func(r *redemption) {}),
		of("good", ledger.Conflicting, 0, 0, func(r *redemption) { r.amount, r.at = 2, r.at+1 }),
		of("unknown", ledger.UnknownCredit, 0, 0, func(r *redemption) { r.credit = "cr1_nobody" }),
		of("customer", ledger.WrongCustomer, 0, 0, func(r *redemption) { r.customer = other.CustomerID }),
		of("currency", ledger.WrongCurrency, 0, 0, func(r *redemption) { r.currency = foreign }),
		of("zero", ledger.NotPositive, 0, 0, func(r *redemption) { r.amount = 0 }),
		of("early", ledger.BeforeEffective, 0, 0, func(r *redemption) { r.at = int64(live.EffectiveAt) - 1 }),
		of("tomorrow", ledger.NotYet, 0, 0, func(r *redemption) { r.at = int64(asOf) }),
		of("expired", ledger.Expired, 0, 0, func(r *redemption) {
			r.credit, r.customer, r.currency, r.at = expired.CreditID, expired.CustomerID, expired.Currency, int64(expired.ExpiresAt)
		}),
		of("above", ledger.AppliedPartly, other.Remaining(), 7, func(r *redemption) {
			r.credit, r.customer, r.currency, r.amount = other.CreditID, other.CustomerID, other.Currency, other.Remaining()+7
		}),
		of("nothing left", ledger.NothingLeft, 0, 3, func(r *redemption) {
			r.credit, r.customer, r.currency, r.amount, r.at = other.CreditID, other.CustomerID, other.Currency, 3, r.at+1
		}),
		of("no amount", "null-key", 0, 0, func(*redemption) {}),
		of("", "null-key", 0, 0, func(*redemption) {}),
		of("no credit", "null-key", 0, 0, func(r *redemption) { r.credit = "" }),
		of("nobody", "null-key", 0, 0, func(r *redemption) { r.customer = "" }),
		of("negative", "negative-amount", 0, 0, func(r *redemption) { r.amount = -5 }),
		of("beyond 64 bits", "money-overflow", 0, 0, func(r *redemption) { r.amount = math.MaxInt64 }),
		of("no such currency", "unknown-currency", 0, 0, func(r *redemption) { r.currency = "ZZZ" }),
	}
	rows := make(demoTable, 6)
	for i, c := range []string{"redemption_id", "credit_id", "customer_id", "amount", "currency", "redeemed_at"} {
		rows[i] = parquetio.Column{Name: c, Type: parquetio.String}
	}
	rows[3].Type, rows[5].Type = parquetio.Int64, parquetio.Timestamp
	for _, r := range list {
		rows[0].Strings, rows[1].Strings, rows[2].Strings = append(rows[0].Strings, r.id), append(rows[1].Strings, r.credit), append(rows[2].Strings, r.customer)
		rows[3].Ints, rows[4].Strings, rows[5].Ints = append(rows[3].Ints, r.amount), append(rows[4].Strings, r.currency), append(rows[5].Ints, r.at)
	}
	rows.null("amount", slices.IndexFunc(list, func(r redemption) bool { return r.id == "no amount" }))
	w.write(name, rows, parquetio.WriteOptions{})
	w.mustRun(night, night)

	got := map[int64]string{}
	for _, r := range demoOutput(w, night, publish.RedemptionsFile, publish.ReadRedemptions) {
		if r.File == name {
			got[r.Row] = fmt.Sprintf("%s %s applied %d excess %d", r.RedemptionID, r.Outcome, r.AppliedMinor, r.ExcessMinor)
		}
	}
	for _, r := range demoOutput(w, night, publish.RejectsFile, publish.ReadRejects) {
		if r.File == name {
			if list[r.Row].outcome != ledger.RedemptionOutcome(r.Code) {
				t.Errorf("%s: rejected as %s, want %s", list[r.Row].id, r.Code, list[r.Row].outcome)
			}
			got[r.Row] = "rejected"
		}
	}
	for i, r := range list {
		want := fmt.Sprintf("%s %s applied %d excess %d", r.id, r.outcome, r.applied, r.excess)
		if strings.Contains("null-key negative-amount money-overflow unknown-currency", string(r.outcome)) {
			want = "rejected"
		}
		if got[int64(i)] != want {
			t.Errorf("row %d: %q, want %q", i, got[int64(i)], want)
		}
	}
	redeemed := map[string]int64{}
	for _, p := range demoOutput(w, night, publish.PostingsFile, publish.ReadPostings) {
		if p.Kind == ledger.Redeem {
			redeemed[p.CreditID] += p.Minor
		}
	}
	if redeemed[live.CreditID] != 1 || redeemed[other.CreditID] != other.Remaining() || redeemed[expired.CreditID] != 0 {
		t.Errorf("redeemed %d, %d and %d; want 1, %d and 0", redeemed[live.CreditID], redeemed[other.CreditID], redeemed[expired.CreditID], other.Remaining())
	}
	w.conserved(night)
}
