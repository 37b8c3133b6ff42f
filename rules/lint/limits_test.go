package lint_test

import (
	"slices"
	"strings"
	"testing"

	"amends/rules"
	"amends/rules/lint"
)

// limitRules give at most 10 dollars or 1500 yen each, but for the last.
const limitRules = `terms: {standard: {valid_days: 30}}
tables: {caps: {USD: 10.00, JPY: 1500}}
rules:
  - {id: a, on: late, when: days >= 1 and flag, amount: "min(0.10 * price, caps[currency])", reason: R}
  - {id: b, on: late, when: weight > 5, amount: "min(0.20 * price, caps[currency])", reason: R}
  - {id: open, on: late, when: level == "a", amount: 0.30 * price, reason: R}
`

// Limits and budgets of some rules, with the codes of L01x and L04x that are said.
func TestLimitsOfSomeRules(t *testing.T) {
	t.Parallel()
	const cap100 = `max_amount: {USD: 100.00, JPY: 15000}, exceed: deny`
	tests := []struct {
		name string
		text string
		want []string
	}{
		{"none", ``, []string{"L011"}},
		{"a cap of every rule", `limits: [{id: x, per: customer, ` + cap100 + `}]`, nil},
		{"a cap of another rule", `limits: [{id: x, per: customer, rules: [a, b], ` + cap100 + `}]`, []string{"L011"}},
		{"a cap of the rule", `limits: [{id: x, per: customer, rules: open, ` + cap100 + `}]`, nil},
		{"one of some rules after one of all", `limits: [{id: x, per: customer, ` + cap100 + `}, {id: y, per: customer, rules: a, ` + cap100 + `}]`, []string{"L043"}},
		{"one of all after one of some", `limits: [{id: x, per: customer, rules: open, ` + cap100 + `}, {id: y, per: customer, ` + cap100 + `}]`, nil},
		{"fewer rules after more", `limits: [{id: x, per: customer, rules: [b, open, a], ` + cap100 + `}, {id: y, per: customer, rules: [a, b], ` + cap100 + `}]`, []string{"L043"}},
		{"more rules after fewer", `limits: [{id: x, per: customer, rules: [a, open], ` + cap100 + `}, {id: y, per: customer, rules: [a, b], ` + cap100 + `}]`, nil},
		{"an order cannot reach it", `limits: [{id: x, per: order, rules: [a, b], max_amount: {USD: 10.00, JPY: 1500}, exceed: trim}]`, []string{"L011", "L046"}},
		{"in one currency it can", `limits: [{id: x, per: order, rules: [a, b], max_amount: {USD: 10.00, JPY: 1499}, exceed: trim}]`, []string{"L011"}},
		{"one of its rules has no cap", `limits: [{id: x, per: order, rules: [a, open], max_amount: {USD: 10.00, JPY: 1500}, exceed: trim}]`, nil},
		{"a customer can have many orders", `limits: [{id: x, per: customer, rules: a, max_amount: {USD: 10.00, JPY: 1500}, exceed: trim}]`, []string{"L011"}},
		{"of every rule, what others gave counts", `limits: [{id: x, per: order, max_amount: {USD: 10.00, JPY: 1500}, exceed: trim}]`, nil},
		{"a sum can reach it", `combine: sum
limits: [{id: x, per: order, rules: a, max_amount: {USD: 10.00, JPY: 1500}, exceed: trim}]`, []string{"L011"}},
		{"a count, too", `limits: [{id: x, per: order, rules: a, max_count: 1, max_amount: {USD: 10.00, JPY: 1500}, exceed: trim}]`, []string{"L011"}},
		{"a budget of a rule within the night's", `budgets: [{id: x, per: run, ` + cap100 + `}, {id: y, per: rule, rules: a, ` + cap100 + `}]`, []string{"L011", "L044"}},
		{"beside the night's of another rule", `budgets: [{id: x, per: run, rules: b, ` + cap100 + `}, {id: y, per: rule, rules: a, ` + cap100 + `}]`, []string{"L011"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book, list := rules.Parse([]rules.File{{Path: "r.yaml", Bytes: []byte(limitRules + test.text + "\n")}})
			program, more := rules.Compile(book, shop())
			if program == nil {
				t.Fatal(append(list, more...))
			}
			var said []string
			for _, d := range lint.Run(lint.Input{Program: program, Catalog: shop()}) {
				if strings.HasPrefix(d.Code, "L01") || strings.HasPrefix(d.Code, "L04") && d.Code != "L047" {
					said = append(said, d.Code)
				}
			}
			slices.Sort(said)
			if !slices.Equal(said, test.want) {
				t.Errorf("%v, want %v", said, test.want)
			}
		})
	}
}

// A limit of a rule is said to take something away where another rule, outside
// of it, pays the same rows and may give less.
func TestLimitsThatTakeAway(t *testing.T) {
	t.Parallel()
	const (
		flat = `  - {id: flat, on: late, when: days >= 1, amount: "min(0.01 * price, caps[currency])", reason: R}
`
		best = `  - {id: best, on: late, when: days >= 3, amount: "min(0.02 * price, caps[currency])", reason: R}
`
		limit = `limits: [{id: x, per: customer, rules: best, window_days: 60, max_count: 2, exceed: deny}]
`
	)
	tests := []struct {
		name, text string
		want       int
	}{
		{"both hit", "rules:\n" + flat + best + limit, 1},
		{"a trim denies where the count is full", "rules:\n" + flat + best + strings.Replace(limit, "deny", "trim", 1), 1},
		{"a person decides", "rules:\n" + flat + best + strings.Replace(limit, "deny", "hold", 1), 0},
		{"of every rule", "rules:\n" + flat + best + strings.Replace(limit, "rules: best, ", "", 1), 0},
		{"of both rules", "rules:\n" + flat + best + strings.Replace(limit, "rules: best", "rules: [best, flat]", 1), 0},
		{"rows apart", "rules:\n" + strings.Replace(flat, "days >= 1", "days >= 1 and days <= 2", 1) + best + limit, 0},
		{"dates apart", "rules:\n" + strings.Replace(flat, "reason", "until: 2026-01-31, reason", 1) + strings.Replace(best, "reason", "from: 2026-02-01, reason", 1) + limit, 0},
		{"a day of both", "rules:\n" + strings.Replace(flat, "reason", "until: 2026-02-01, reason", 1) + strings.Replace(best, "reason", "from: 2026-02-01, reason", 1) + limit, 1},
		{"the other never pays", "rules:\n" + strings.Replace(flat, "reason", "mode: shadow, reason", 1) + best + limit, 0},
		{"the limited one never pays", "rules:\n" + flat + strings.Replace(best, "reason", "mode: shadow, reason", 1) + limit, 0},
		{"the same amount, and the limited one stands first", "rules:\n" + strings.Replace(best, "0.02", "0.01", 1) + flat + limit, 1},
		{"the same amount, and the other stands first", "rules:\n" + flat + strings.Replace(best, "0.02", "0.01", 1) + limit, 0},
		{"the limited one never wins", "rules:\n" + flat + best + strings.Replace(limit, "rules: best", "rules: flat", 1), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := "terms: {standard: {valid_days: 30}}\ntables: {caps: {USD: 10.00, JPY: 1500}}\n" + test.text
			book, list := rules.Parse([]rules.File{{Path: "r.yaml", Bytes: []byte(text)}})
			program, more := rules.Compile(book, shop())
			if program == nil {
				t.Fatal(append(list, more...))
			}
			said := 0
			for _, d := range lint.Run(lint.Input{Program: program, Catalog: shop()}) {
				if d.Code == "L047" {
					said++
				}
			}
			if said != test.want {
				t.Errorf("said %d times, want %d", said, test.want)
			}
		})
	}
}

// A message that names the amount of the least purchase is not silent about it.
func TestMessagesThatNameTheLeastPurchase(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]int{
		"You have {amount} until {expires_on}.":                1,
		"You have {amount} until {expires_on}, from $30 on.":   0,
		"{amount} bis {expires_on}, ab $30.00 je Bestellung.":  0,
		"{amount} bis {expires_on}, ab $20.00 je Bestellung.":  1,
		"{amount} until {expires_on}, with an order of thirty": 0,
	} {
		text := "terms: {standard: {valid_days: 30, min_purchase: {USD: 30.00, JPY: 3000}}}\ntables: {caps: {USD: 10.00, JPY: 1500}}\n" +
			`rules: [{id: a, on: late, when: days >= 1, amount: "min(0.01 * price, caps[currency])", reason: R, message: "` + message + `"}]`
		book, list := rules.Parse([]rules.File{{Path: "r.yaml", Bytes: []byte(text)}})
		program, more := rules.Compile(book, shop())
		if program == nil {
			t.Fatal(append(list, more...))
		}
		said := 0
		for _, d := range lint.Run(lint.Input{Program: program, Catalog: shop()}) {
			if d.Code == "L032" {
				said++
			}
		}
		if said != want {
			t.Errorf("%q: said %d times, want %d", message, said, want)
		}
	}
}
