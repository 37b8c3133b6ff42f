package main

import (
	"cmp"
	"fmt"
	"strings"
)

// rule is one rule of a policy in both languages. Amounts are fractions of the
// item's price, in hundredths, below a cap of the currency.
type rule struct {
	id       string
	on       string // a source; "" means deliveries
	when     string // expr
	whenSQL  string // the same, on the columns of matchSQL
	percent  int    // of the item's price; 0: the cap itself
	cap      string // table of caps
	capTimes int
}

// capsMinor are the caps of every policy by table and currency, in minor units.
var capsMinor = map[string]map[string]int64{
	"late":     {"USD": 1000, "EUR": 900, "GBP": 800, "JPY": 1500},
	"loyal":    {"USD": 2500, "EUR": 2200, "GBP": 2000, "JPY": 3600},
	"lost":     {"USD": 5000, "EUR": 4500, "GBP": 4000, "JPY": 7000},
	"same_day": {"USD": 300, "EUR": 280, "GBP": 250, "JPY": 450},
}

var currencies = []string{"EUR", "GBP", "JPY", "USD"}

// baseRules are the ten rules of the smallest policy.
var baseRules = []rule{
	{"late-short", "", `arrived and days_late >= 1 and days_late <= 3 and not weather`,
		`arrived AND days_late BETWEEN 1 AND 3 AND NOT weather`, 5, "late", 1},
	{"late-week", "", `arrived and days_late >= 4 and days_late <= 7 and not weather`,
		`arrived AND days_late BETWEEN 4 AND 7 AND NOT weather`, 10, "late", 1},
	{"late-long", "", `arrived and days_late > 7 and not weather`,
		`arrived AND days_late > 7 AND NOT weather`, 20, "late", 2},
	{"late-prime", "", `arrived and days_late >= 1 and customer.tier == "prime" and not weather`,
		`arrived AND days_late >= 1 AND tier = 'prime' AND NOT weather`, 12, "late", 1},
	{"late-loyal", "", `arrived and days_late >= 1 and customer.lifetime_value >= 2000 and credits(90) == 0`,
		`arrived AND days_late >= 1 AND lifetime_value >= 2000 AND credits_90 = 0`, 15, "loyal", 1},
	{"same-day-missed", "", `service_level == "same-day" and delivered_at != nil and hours_between(promised_at, delivered_at) >= 2`,
		`service_level = 'same-day' AND delivered_at >= promised_at + INTERVAL 2 HOUR`, 0, "same_day", 1},
	{"lost", "", `delivered_at == nil and (exception_code ?? "") == "lost"`,
		`delivered_at IS NULL AND exception = 'lost'`, 30, "lost", 1},
	{"overdue", "", `delivered_at == nil and (exception_code ?? "") != "lost" and days_late >= 7`,
		`delivered_at IS NULL AND exception <> 'lost' AND days_late >= 7`, 8, "late", 1},
	{"crushed", "", `(exception_code ?? "") == "damaged" and item_price >= floors.crushed[currency]`,
		`exception = 'damaged' AND item_price >= floor_crushed`, 25, "lost", 1},
	{"slow-carrier", "", `carrier == "slowship" and arrived and days_late >= 2`,
		`carrier = 'slowship' AND arrived AND days_late >= 2`, 9, "late", 1},
}

// crushedFloorMinor is the least price that the rule crushed looks at.
var crushedFloorMinor = map[string]int64{"USD": 2000, "EUR": 2000, "GBP": 1500, "JPY": 3000}

// defectRules are what every policy has for defects.
var defectRules = []rule{
	{"damaged-proved", "defects", `kind == "damaged" and evidence_count >= 1 and item_price >= floors.crushed[currency]`,
		`kind = 'damaged' AND evidence_count >= 1 AND item_price >= floor_crushed`, 30, "lost", 1},
	{"wrong-item-prime", "defects", `kind == "wrong-item" and case_status == "confirmed" and customer.tier == "prime"`,
		`kind = 'wrong-item' AND case_status = 'confirmed' AND tier = 'prime'`, 20, "loyal", 1},
	{"missing-confirmed", "defects", `kind == "missing" and case_status == "confirmed"`,
		`kind = 'missing' AND case_status = 'confirmed'`, 50, "lost", 1},
}

var defectKinds = []string{"damaged", "wrong-item", "missing", "not-as-described"}
var caseStatuses = []string{"open", "confirmed", "refused", "withdrawn"}

var categories = []string{"apparel", "auto", "beauty", "books", "electronics", "garden", "grocery", "home", "music", "office", "pets", "toys"}
var carriers = []string{"fedup", "hermit", "parcelo", "slowship", "swiftly", "usual"}

// policy returns n rules for deliveries, and then those for defects: the first
// ten, and one for each of some categories and carriers, which differ as
// operators' rules do: in a set, a threshold and a share.
func policy(n int) []rule {
	rules := append([]rule{}, baseRules...)
	for i := 0; len(rules) < n; i++ {
		category, carrier := categories[i%len(categories)], carriers[i/2%len(carriers)]
		days, percent := 1+i%5, 3+i%9
		rules = append(rules, rule{
			id: fmt.Sprintf("late-%s-%s-%d", category, carrier, i),
			when: fmt.Sprintf(`arrived and category in [%q, %q] and carrier != %q and days_late >= %d and not weather`,
				category, categories[(i+5)%len(categories)], carrier, days),
			whenSQL: fmt.Sprintf(`arrived AND category IN ('%s', '%s') AND carrier <> '%s' AND days_late >= %d AND NOT weather`,
				category, categories[(i+5)%len(categories)], carrier, days),
			percent: percent, cap: "late", capTimes: 1 + i%2,
		})
	}
	return append(rules[:n], defectRules...)
}

// joinless is a policy that reads the event's columns alone: what a scan with
// rules costs, apart from joins.
func joinless(n int) []rule {
	rules := policy(n)
	for i := range rules {
		switch rules[i].id {
		case "late-prime":
			rules[i].when = `arrived and days_late >= 1 and service_level == "express" and not weather`
			rules[i].whenSQL = `arrived AND days_late >= 1 AND service_level = 'express' AND NOT weather`
		case "late-loyal":
			rules[i].when = `arrived and days_late >= 1 and category == "books"`
			rules[i].whenSQL = `arrived AND days_late >= 1 AND category = 'books'`
		case "wrong-item-prime":
			rules[i].when = `kind == "wrong-item" and case_status == "confirmed" and evidence_count >= 2`
			rules[i].whenSQL = `kind = 'wrong-item' AND case_status = 'confirmed' AND evidence_count >= 2`
		}
	}
	return rules
}

// numbered is a rule with its place in the policy, which is its priority.
type numbered struct {
	rule
	place int
}

// rulesOn are those of a policy that look at a source.
func rulesOn(rules []rule, source string) []numbered {
	var on []numbered
	for i, r := range rules {
		if cmp.Or(r.on, "deliveries") == source {
			on = append(on, numbered{r, i})
		}
	}
	return on
}

// rulebook is a policy as amends reads it.
func rulebook(rules []rule) string {
	var b strings.Builder
	b.WriteString("combine: highest\ntables:\n  caps:\n")
	for _, name := range []string{"late", "loyal", "lost", "same_day"} {
		fmt.Fprintf(&b, "    %s: %s\n", name, amounts(capsMinor[name]))
	}
	fmt.Fprintf(&b, "  floors:\n    crushed: %s\n", amounts(crushedFloorMinor))
	b.WriteString(`define:
  deliveries:
    days_late: days_between(promised_at, delivered_at ?? as_of)
    arrived: delivered_at != nil
    weather: (exception_code ?? "") == "weather"
terms:
  standard: {valid_days: 60}
limits:
`)
	fmt.Fprintf(&b, "  - {id: per-customer-quarter, per: customer, window_days: 90, max_count: %d, max_amount: %s, exceed: trim}\n", limitCount, amounts(limitMinor))
	b.WriteString("budgets:\n")
	fmt.Fprintf(&b, "  - {id: nightly, per: run, max_amount: %s, exceed: deny}\n", amounts(budgetMinor))
	b.WriteString("rules:\n")
	for i, r := range rules {
		amount := fmt.Sprintf("caps.%s[currency]", r.cap)
		if r.capTimes > 1 {
			amount = fmt.Sprintf("%d * %s", r.capTimes, amount)
		}
		if r.percent > 0 {
			amount = fmt.Sprintf("min(0.%02d * item_price, %s)", r.percent, amount)
		}
		fmt.Fprintf(&b, "  - id: %s\n    on: %s\n    when: '%s'\n    amount: '%s'\n    reason: DELIVERY_LATE\n    terms: standard\n    funding: platform\n    priority: %d\n",
			r.id, cmp.Or(r.on, "deliveries"), r.when, amount, 10+i)
	}
	b.WriteString("  - {id: earlier, on: earlier, when: amount_minor > 0, amount: amount_minor, reason: EARLIER, terms: standard, funding: platform}\n")
	return b.String()
}

// The limit of every policy decides something; the budget is only added up.
const limitCount = 4

var (
	limitMinor  = map[string]int64{"USD": 3000, "EUR": 2800, "GBP": 2500, "JPY": 4500}
	budgetMinor = map[string]int64{"USD": 9_000_000_000, "EUR": 9_000_000_000, "GBP": 9_000_000_000, "JPY": 9_000_000_000}
)

// amounts is a table of amounts by currency, in major units.
func amounts(minor map[string]int64) string {
	parts := make([]string, len(currencies))
	for i, c := range currencies {
		if c == "JPY" {
			parts[i] = fmt.Sprintf("%s: %d", c, minor[c])
			continue
		}
		parts[i] = fmt.Sprintf("%s: %d.%02d", c, minor[c]/100, minor[c]%100)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

const workspaceFile = `timezone: UTC
horizon_days: 400
currencies: [EUR, GBP, JPY, USD]
sources:
  deliveries:
    files: data/deliveries/dt={date}/*.parquet
    optional: true
    event:
      id: delivery_id
      version: updated_at
      incident: [delivery_id]
      order: order_id
      customer: customer_id
      seller: seller_id
      since: shipped_at
      at: delivered_at ?? (promised_at + hours(168))
      value: item_price
    currency: currency
    money: {item_price: minor}
    nullable: [delivered_at, exception_code, seller_id]
  defects:
    files: data/defects/dt={date}/*.parquet
    optional: true
    event:
      id: defect_id
      incident: [defect_id]
      order: order_id
      customer: customer_id
      seller: seller_id
      since: reported_at
      at: reported_at
      value: item_price
    currency: currency
    money: {item_price: minor}
    nullable: [seller_id]
  earlier:
    files: data/earlier/dt={date}/*.parquet
    optional: true
    event:
      id: event_id
      incident: [event_id]
      order: order_id
      customer: customer_id
      since: at
      at: at
      value: amount_minor
    currency: currency
    money: {amount_minor: minor}
  customers:
    files: data/customers.parquet
    dimension: {as: customer, key: customer_id, on: customer_id}
`
