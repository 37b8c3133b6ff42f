package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

// maxWaiting is how many awards that wait the report names: more than a person
// decides before the next night. Those that lapse first are among them.
const maxWaiting = 200

// waiting are the awards that lapsed tonight and those that wait after it, with
// their sums. Which night lapses them is what the rulebook of tonight says.
func (n *night) waiting(holds []publish.Hold) (sums []report.WaitingMoney, list []report.WaitingAward, more int64) {
	lines := newTally[string, report.WaitingMoney]()
	add := func(h *publish.Hold, lapsed bool) {
		on := h.HeldSince.AddDays(n.rulebook.HoldDays)
		w := report.WaitingAward{
			CreditID: h.CreditID, CustomerID: h.CustomerID, OrderID: h.OrderID, Rule: h.RuleID, Currency: h.Currency, Minor: h.AmountMinor,
			HeldSince: h.HeldSince.String(), LapsesOn: on.String(), Lapsed: lapsed, LapsesNext: !lapsed && on <= n.date+1, Causes: causesOf(h),
		}
		if lapsed { // late, where hold_days was lowered since
			w.LapsesOn = n.date.String()
		}
		list = append(list, w)
		line := lines.line(h.Currency, func() report.WaitingMoney { return report.WaitingMoney{Currency: h.Currency} })
		if lapsed {
			line.LapsedCount, line.LapsedMinor = line.LapsedCount+1, sum(line.LapsedMinor, h.AmountMinor)
			return
		}
		line.Count, line.Minor = line.Count+1, sum(line.Minor, h.AmountMinor)
		if w.LapsesNext {
			line.LapseNextCount, line.LapseNextMinor = line.LapseNextCount+1, sum(line.LapseNextMinor, h.AmountMinor)
		}
	}
	for _, e := range n.requests.ended {
		if e.kind == ledger.Lapse {
			add(e.hold, true)
		}
	}
	for i := range holds {
		add(&holds[i], false)
	}
	slices.SortFunc(list, func(a, b report.WaitingAward) int {
		return cmp.Or(cmp.Compare(a.LapsesOn, b.LapsesOn), cmp.Compare(a.Currency, b.Currency), -cmp.Compare(a.Minor, b.Minor), cmp.Compare(a.CreditID, b.CreditID))
	})
	shown := min(len(list), maxWaiting)
	return lines.sorted(cmp.Compare[string]), list[:shown], int64(len(list) - shown)
}

// causesOf says what held an award: "approval large, budget nightly".
func causesOf(h *publish.Hold) string {
	var names []string
	for _, c := range h.HoldCauses {
		names = append(names, strings.TrimSpace(c.Kind+" "+c.ID))
	}
	return strings.Join(names, ", ")
}

// requestsAsked is what each request of the night is about, by what its targets
// are worth before anything is posted.
func (n *night) requestsAsked() []report.RequestEffect {
	held := map[string]*publish.Hold{}
	for i := range n.session.holds {
		held[n.session.holds[i].CreditID] = &n.session.holds[i]
	}
	effects := make([]report.RequestEffect, len(n.requests.read))
	for i, r := range n.requests.read {
		e := &effects[i]
		*e = report.RequestEffect{ID: r.ID, Kind: string(r.Kind), By: r.By, Why: r.Why, Asked: money.ByCurrency{}, Done: money.ByCurrency{}}
		targets := r.Credits
		if r.Kind == state.Reverse {
			for _, c := range n.book.CreditsOfRun(r.Run) {
				targets = append(targets, c.CreditID)
			}
		}
		for _, target := range targets {
			h, c := held[target], ledger.Credit{}
			switch {
			case r.Kind == state.Void || r.Kind == state.Reverse:
				if c, _ = n.book.Credit(target); c.Remaining() > 0 {
					e.AskedCount++
					add(e.Asked, c.Currency, c.Remaining())
				}
			case h != nil:
				minor := h.AmountMinor
				if r.AmountMinor != 0 {
					minor = r.AmountMinor
				}
				e.AskedCount++
				add(e.Asked, h.Currency, minor)
			}
		}
	}
	return effects
}

// requestEffects adds what came of the requests once the night is posted.
func (n *night) requestEffects(effects []report.RequestEffect) []report.RequestEffect {
	at := map[string]*report.RequestEffect{}
	for i := range effects {
		e := &effects[i]
		e.Outcome, e.Detail = n.requests.outcomes[i].Outcome, n.requests.outcomes[i].Detail
		at[e.ID] = e
	}
	did := func(id, currency string, minor int64) {
		if e := at[id]; e != nil { // void rules are no requests
			e.DoneCount++
			add(e.Done, currency, minor)
		}
	}
	for _, v := range n.voided {
		if v.Outcome == ledger.VoidApplied {
			c, _ := n.book.Credit(v.CreditID)
			did(v.Reference, c.Currency, v.VoidedMinor)
		}
	}
	for _, d := range n.releases() {
		if r := d.Incident.Released(); r != nil && d.Outcome == award.Issued {
			did(r.RequestID, d.Incident.Currency, d.Minor)
		}
	}
	for _, e := range n.requests.ended {
		did(e.reference, e.hold.Currency, e.hold.AmountMinor)
	}
	return effects
}
