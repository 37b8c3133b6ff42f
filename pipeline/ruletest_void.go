package pipeline

import (
	"maps"
	"slices"

	"amends/pipeline/match"
	"amends/rules"
	"amends/rules/money"
)

// without returns the names that are not among others, in their order.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

// beside is a rulebook as it is to the awards of a case when others of the night
// took so much before them: of every budget, and of the guardrails, only the rest
// is left. What is left of one that is passed already is nothing.
func beside(book *rules.Rulebook, tonight money.Amount) *rules.Rulebook {
	if tonight.Minor == 0 {
		return book
	}
	left := func(amounts money.ByCurrency) money.ByCurrency {
		if _, named := amounts[tonight.Currency]; !named {
			return amounts
		}
		amounts = maps.Clone(amounts)
		amounts[tonight.Currency] = max(amounts[tonight.Currency]-tonight.Minor, 0)
		return amounts
	}
	changed := *book
	changed.Budgets = slices.Clone(book.Budgets)
	for i := range changed.Budgets {
		changed.Budgets[i].MaxAmount = left(changed.Budgets[i].MaxAmount)
	}
	if book.Guardrails != nil {
		guardrails := *book.Guardrails
		guardrails.MaxAmount = left(guardrails.MaxAmount)
		changed.Guardrails = &guardrails
	}
	return &changed
}

// void takes the credit that the first row's incident has through the void rules.
func (n *testNight) void() {
	h := &n.ready.History
	if h.Credit.Currency == "" || len(n.ready.Events) == 0 {
		return
	}
	first, remaining := &n.ready.Events[0], h.Remaining
	if remaining.Currency == "" {
		remaining = h.Credit
	}
	seller, _ := match.Text(first.Values[n.events[first.Source].Seller])
	n.credit = &match.OpenCredit{
		CreditID: n.self.Key.CreditID(), Customer: n.self.Customer, Order: n.self.Order, Seller: seller,
		Currency: h.Credit.Currency, GrantedMinor: h.Credit.Minor, RemainingMinor: remaining.Minor,
	}
	id, _ := n.voids().Holds(first.Source, *n.credit)
	if n.voidedBy = id; id == "" {
		n.voidedBy = "none"
	}
}

func (n *testNight) voids() *match.Voids {
	return match.NewVoids(n.program.Voids, n.matchNight(), n.events, n.dimensions)
}
