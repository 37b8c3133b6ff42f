package match_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules/ir"
)

const held = lateRule + `exclude:
  - {id: doubtful, when: 100 / version > 1000}
  - {id: paid-back, when: '(order.status ?? "") == "refunded"'}
  - {id: often, when: credits(90) > 100}
approval:
  - {id: large, when: 'amount > caps[currency]'}
  - {id: rich, when: 'customer.spent > caps[currency]'}
  - {id: broken, on: [deliveries], when: 100 / days_late > 1000}
  - {id: elsewhere, on: [complaints], when: careful}
tables: {caps: {USD: 10, JPY: 1000, KWD: 3}}
`

// heldShop knows customer c1, who spent 5 dollars, and order o1.
func heldShop(t testing.TB, status string) *shop {
	s := newShop(t)
	s.dimensions["customer"].Add(text("c1"), []ir.Value{amount("5"), text("gold")}, "USD", false)
	s.dimensions["order"].Add(text("o1"), []ir.Value{text(status)}, "", false)
	return s
}

// kept is an incident as a hold keeps it: with facts, without values.
func kept(t testing.TB, changes row) *award.Incident {
	result := heldShop(t, "sent").find(t, held, late().with(changes))
	if len(result.Incidents) != 1 {
		t.Fatalf("%s", outcomes(result, "deliveries"))
	}
	inc := result.Incidents[0]
	inc.Special = nil
	return inc
}

// A released hold has its event as it was and its dimensions as they are.
func TestRelease(t *testing.T) {
	t.Parallel()
	inc := kept(t, nil)
	before := inc.Facts()
	for status, want := range map[string]string{"sent": "", "refunded": "paid-back"} {
		s := heldShop(t, status)
		source := s.source(t, held)
		if err := source.Release(inc); err != nil {
			t.Fatal(err)
		}
		if inc.Exclusion() != want || inc.ExclusionFaults() != nil || !inc.Facts().Equal(before) {
			t.Errorf("order %s: %q, %q, %s; want %q", status, inc.Exclusion(), inc.ExclusionFaults(), inc.Facts().JSON(), want)
		}
		if got := source.Approve(inc, 1000); got != nil {
			t.Errorf("order %s: %+v", status, got)
		}
	}
	// Where the order is gone, its status is null again; a required customer is a fault.
	s := newShop(t)
	source := s.source(t, held)
	if err := source.Release(inc); err != nil || inc.Exclusion() != "" {
		t.Errorf("without dimensions: %q, %v", inc.Exclusion(), err)
	}
	want := []award.Cause{{Kind: "approval", ID: "rich", Why: "cannot be evaluated: missing-row: customer.spent"}}
	if diff := cmp.Diff(want, source.Approve(inc, 500)); diff != "" {
		t.Errorf("approval without a customer (-want +got):\n%s", diff)
	}
}

// What the kept facts do not say is a fault: a later rulebook that asks for more
// gets no answer.
func TestReleaseUnderAnotherRulebook(t *testing.T) {
	t.Parallel()
	inc := kept(t, nil)
	source := heldShop(t, "sent").source(t, lateRule+"exclude: [{id: new, when: share > 1}, {id: same, when: days_late > 1}]\n")
	if err := source.Release(inc); err != nil {
		t.Fatal(err)
	}
	if want := []string{"new: unexpected-null: share"}; inc.Exclusion() != "same" || !slices.Equal(inc.ExclusionFaults(), want) {
		t.Errorf("%q, %q; want same, %q", inc.Exclusion(), inc.ExclusionFaults(), want)
	}
	inc.SetFacts(award.FactsOf("{"))
	if err := source.Release(inc); err == nil {
		t.Error("facts that are none were taken")
	}
}

func TestApprove(t *testing.T) {
	t.Parallel()
	cause := func(id, why string) award.Cause { return award.Cause{Kind: "approval", ID: id, Why: why} }
	const large = "amount > caps[currency]"
	tests := []struct {
		name    string
		changes row
		minor   int64
		want    []award.Cause
	}{
		{"ten dollars", nil, 1000, nil},
		{"ten dollars and a cent", nil, 1001, []award.Cause{cause("large", large)}},
		{"a thousand yen", row{"currency": text("JPY"), "price": amount("9")}, 1000, []award.Cause{cause("rich", "cannot be evaluated: out-of-domain: customer.spent")}},
		{"above a thousand yen", row{"currency": text("JPY"), "price": amount("9")}, 1001, []award.Cause{cause("large", large), cause("rich", "cannot be evaluated: out-of-domain: customer.spent")}},
		{"more than can be said in millionths", nil, 1 << 62, []award.Cause{cause("large", "cannot be evaluated: overflow: amount")}},
	}
	for _, test := range tests {
		s := heldShop(t, "sent")
		source := s.source(t, held)
		inc := find(source, late().with(test.changes)).Incidents[0]
		before := slices.Clone(inc.Values())
		if diff := cmp.Diff(test.want, source.Approve(inc, test.minor)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if !slices.Equal(before, inc.Values()) {
			t.Errorf("%s: the incident's values changed", test.name)
		}
	}
}

const voided = `
void:
  - {id: broken, when: 100 / len(customer.tier) > 50}
  - {id: charged-back, when: '(order.status ?? "") == "chargeback"'}
  - {id: no-status, when: order.status == nil}
  - {id: small, when: 'remaining < caps[currency] and amount > remaining'}
  - {id: dated, when: 'business_date == date("2026-03-10") and customer.tier == "closed" and hours_between(as_of, as_of) == 0'}
tables: {caps: {USD: 1, JPY: 100, KWD: 1}}
`

func TestVoids(t *testing.T) {
	t.Parallel()
	credit := match.OpenCredit{CreditID: "cr1_x", Customer: "c1", Order: "o1", Currency: "USD", GrantedMinor: 500, RemainingMinor: 500}
	tests := []struct {
		name   string
		source string
		change func(*match.OpenCredit)
		want   string
		faults []string
	}{
		{"none holds", "deliveries", func(*match.OpenCredit) {}, "", nil},
		{"its order", "deliveries", func(c *match.OpenCredit) { c.Order = "o2" }, "charged-back", nil},
		{"an order without a row, optional", "deliveries", func(c *match.OpenCredit) { c.Order = "o9" }, "no-status", nil},
		{"no order: rules on orders are not about it", "deliveries", func(c *match.OpenCredit) { c.Order = "" }, "", nil},
		{"no order, and another rule holds", "deliveries", func(c *match.OpenCredit) { c.Order, c.RemainingMinor = "", 99 }, "small", nil},
		{"99 cents left of five dollars", "deliveries", func(c *match.OpenCredit) { c.RemainingMinor = 99 }, "small", nil},
		{"a dollar left", "deliveries", func(c *match.OpenCredit) { c.RemainingMinor = 100 }, "", nil},
		{"99 yen left", "deliveries", func(c *match.OpenCredit) { c.Currency, c.RemainingMinor = "JPY", 99 }, "small", nil},
		{"its customer", "deliveries", func(c *match.OpenCredit) { c.Customer = "c2" }, "dated", nil},
		{"a customer without a row, required", "deliveries", func(c *match.OpenCredit) { c.Customer = "c9" }, "",
			[]string{"broken: missing-row: customer.tier", "dated: missing-row: customer.tier"}},
		{"a rule that divides by nothing", "deliveries", func(c *match.OpenCredit) { c.Customer, c.Order = "c3", "o2" }, "charged-back",
			[]string{"broken: division-by-zero: /"}},
		{"a source that the workspace no longer has", "gone", func(*match.OpenCredit) {}, "", nil},
		{"its order, by what another source calls it", "gone", func(c *match.OpenCredit) { c.Order = "o2" }, "charged-back", nil},
	}
	s := newShop(t)
	for customer, tier := range map[string]string{"c1": "gold", "c2": "closed", "c3": ""} {
		s.dimensions["customer"].Add(text(customer), []ir.Value{amount("5"), text(tier)}, "USD", false)
	}
	for order, status := range map[string]string{"o1": "sent", "o2": "chargeback"} {
		s.dimensions["order"].Add(text(order), []ir.Value{text(status)}, "", false)
	}
	voids := match.NewVoids(s.program(t, lateRule+voided).Voids, s.night, map[string]match.Event{"deliveries": s.event}, maps.Clone(s.dimensions))
	for _, test := range tests {
		c := credit
		test.change(&c)
		id, faults := voids.Holds(test.source, c)
		if id != test.want || !slices.Equal(faults, test.faults) {
			t.Errorf("%s: %q, %q; want %q, %q", test.name, id, faults, test.want, test.faults)
		}
	}
	none := match.NewVoids(s.program(t, lateRule).Voids, s.night, nil, nil)
	if id, faults := none.Holds("deliveries", credit); id != "" || faults != nil {
		t.Errorf("without rules: %q, %q", id, faults)
	}
}
