package ruletest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/rules"
)

// The changes of a rule are those of what it says and reads, and of limits that
// name it.
func TestMutantsOfARule(t *testing.T) {
	t.Parallel()
	const text = `tables:
  caps: {late: {EUR: 9.00, USD: 10.00}, lost: {EUR: 20.00, USD: 20.00}}
  flat: 5.00
define:
  deliveries: {days_late: "days_between(a, b)", very: days_late > 7, other: "days_between(a, c)"}
  defects: {very: x > 3}
terms: {standard: {valid_days: 30}}
rules:
  - {id: late, on: deliveries, when: very and caps == 1, amount: "min(price, caps.late[currency])", reason: R}
  - {id: lost, on: deliveries, when: other, amount: "min(price, caps.lost.USD) * flat", reason: R}
limits:
  - {id: both, per: customer, max_count: 3, exceed: deny}
  - {id: own, per: customer, rules: [late], max_count: 2, exceed: deny}
budgets:
  - {id: one, per: run, rules: lost, max_amount: {USD: 5.00}, exceed: hold}
`
	book, list := rules.Parse([]rules.File{{Path: "r.yaml", Bytes: []byte(text)}})
	if list.HasErrors() {
		t.Fatal(list)
	}
	of := func(id string) []string {
		var all []string
		for _, m := range MutantsOf(book, []string{id}) {
			if name := m.Of; len(all) == 0 || all[len(all)-1] != name {
				all = append(all, name)
			}
		}
		return all
	}
	want := []string{"rule late", "define very", "table caps.late.EUR", "table caps.late.USD", "table caps.lost.EUR", "table caps.lost.USD", "limit own"}
	if diff := cmp.Diff(want, of("late")); diff != "" {
		t.Errorf("late reads all of caps besides (-want +got): %s", diff)
	}
	want = []string{"rule lost", "table caps.lost.USD", "table flat", "budget one"}
	if diff := cmp.Diff(want, of("lost")); diff != "" {
		t.Errorf("lost (-want +got): %s", diff)
	}
	for expression, reads := range map[string]bool{
		"caps.late[currency]":  true,
		"caps.late.USD":        true,
		`caps["late"].USD`:     true,
		"caps . late . USD":    true,
		"caps.late.EUR":        false,
		"caps.lost[currency]":  false,
		"order.caps.late.USD":  false,
		`"caps.late.USD" == x`: false,
	} {
		if readsEntry(expression, "caps.late.USD") != reads {
			t.Errorf("%s reads caps.late.USD: not %v", expression, reads)
		}
	}
}
