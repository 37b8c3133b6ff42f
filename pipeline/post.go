package pipeline

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/resolve"
	"amends/rules/calendar"
	"amends/rules/money"
)

// post turns what was decided into postings, in the ledger's order:
// redemptions, voids, forfeitures, issues and settlements.
func (n *night) post() error {
	if err := n.prepareRedemptions(); err != nil {
		return fmt.Errorf("redemptions: %w", err)
	}
	step := n.step()
	postings, results, err := step.Redeem(n.book, n.redemptions.rows)
	if err != nil {
		return fmt.Errorf("redemptions: %w", err)
	}
	n.redeemed = results
	n.posted(postings)
	issues := n.issues()
	if err := n.passOpen(step); err != nil {
		return err
	}
	orders := append(n.requests.voids, n.pass.orders...)
	if postings, n.voided, err = step.VoidCredits(n.book, orders); err != nil {
		return fmt.Errorf("voids: %w", err)
	}
	n.posted(postings)
	if postings, err = step.Forfeit(n.book); err != nil {
		return fmt.Errorf("forfeitures: %w", err)
	}
	n.posted(postings)
	n.planTerms()
	if err = step.IssueMade(n.book, issues); err != nil {
		return fmt.Errorf("issues: %w", err)
	}
	if postings, err = step.Settle(n.book, n.settlements()); err != nil {
		return fmt.Errorf("settlements: %w", err)
	}
	n.posted(postings)
	n.finishRequests()
	for _, d := range n.dimensions {
		d.Forget()
	}
	return nil
}

// issues are the credits that tonight issues, which it finds among the decisions. What
// deciding found of a credit says whether anything was ever posted under it.
func (n *night) issues() ledger.Issues {
	n.issued = make([]*award.Decision, 0, len(n.decisions))
	blank := make([]bool, 0, len(n.decisions))
	at := 0 // of the incidents that were decided, which stand as decisions do: these have repeats among them
	for _, d := range n.decisions {
		decided := at < len(n.people.incidents) && n.people.incidents[at] == d.Incident
		if d.Outcome == award.Issued {
			n.issued = append(n.issued, d)
			blank = append(blank, decided && n.people.credits.Any() && n.people.credits.At(at).Nothing())
		}
		if decided {
			at++
		}
	}
	return ledger.Issues{
		Count: len(n.issued), Workers: n.config.Workers,
		Grant:    func(i int) ledger.Grant { return n.grant(n.issued[i], idsOf(n.issued[i].Incident)) },
		Incident: func(i int) string { return n.issued[i].Incident.ID() },
		Blank:    func(i int) bool { return blank[i] },
	}
}

// step is the night as the ledger sees it.
func (n *night) step() ledger.Night {
	return ledger.Night{Date: n.date, AsOf: n.asOf, Accounts: n.accounts(), GraceDays: n.work.GraceDays, Zone: n.zone}
}

// moves visits what each of tonight's postings moves, issues in sums.
func (n *night) moves(issued money.ByCurrency) iter.Seq2[ledger.Kind, money.Amount] {
	return func(yield func(ledger.Kind, money.Amount) bool) {
		for i := range n.postings {
			p := &n.postings[i]
			if !yield(p.Kind, money.Amount{Minor: p.Minor, Currency: p.Currency}) {
				return
			}
		}
		for currency, minor := range issued {
			if !yield(ledger.Issue, money.Amount{Minor: minor, Currency: currency}) {
				return
			}
		}
	}
}

// madePostings are all of tonight's postings, in the ledger's order. Issues are
// made again from what issued them: a large night's are never in memory all at
// once.
func (n *night) madePostings() publish.Made[ledger.Posting] {
	step := n.step()
	before := slices.IndexFunc(n.postings, func(p ledger.Posting) bool { return settles(p.Kind) })
	if before < 0 {
		before = len(n.postings)
	}
	issued := func(i int) *award.Decision {
		if i < before || i >= before+len(n.issued) {
			return nil
		}
		return n.issued[i-before]
	}
	given := func(i int) *ledger.Posting {
		if i < before {
			return &n.postings[i]
		}
		return &n.postings[i-len(n.issued)]
	}
	row := func(i int, row *ledger.Posting, of func(*award.Incident) ids) {
		if d := issued(i); d != nil {
			g := n.grant(d, of(d.Incident))
			*row = step.Issued(&g)
			return
		}
		*row = *given(i)
	}
	return publish.Made[ledger.Posting]{
		Rows: len(n.postings) + len(n.issued), InOrder: slices.IsSortedFunc(n.postings, ledger.Compare),
		Row: func(i int, p *ledger.Posting) { row(i, p, idsOf) },
		In: func(i int, p *ledger.Posting, texts *publish.Texts) {
			row(i, p, func(inc *award.Incident) ids { return idsIn(texts, inc) })
		},
	}
}

// madeOpen are the credits that tonight issues: nothing happens to them before
// tomorrow.
func (n *night) madeOpen() publish.Made[ledger.Credit] {
	step := n.step()
	row := func(d *award.Decision, row *ledger.Credit, of ids) {
		g := n.grant(d, of)
		*row = step.Credit(&g)
	}
	return publish.Made[ledger.Credit]{
		Rows: len(n.issued), InOrder: true,
		Row: func(i int, c *ledger.Credit) { row(n.issued[i], c, idsOf(n.issued[i].Incident)) },
		In: func(i int, c *ledger.Credit, texts *publish.Texts) {
			row(n.issued[i], c, idsIn(texts, n.issued[i].Incident))
		},
	}
}

// settles reports whether a posting moves nothing: such ones come after issues.
func settles(kind ledger.Kind) bool {
	return kind == ledger.Deny || kind == ledger.Hold || kind == ledger.Reject || kind == ledger.Lapse
}

// posted adds a step's postings, without a copy of the first ones: most nights
// have hardly any but those that settle.
func (n *night) posted(postings []ledger.Posting) {
	if len(n.postings) == 0 {
		n.postings = postings
		return
	}
	n.postings = append(n.postings, postings...)
}

func (n *night) accounts() ledger.Accounts {
	a := n.work.Accounts
	return ledger.Accounts{Expense: a.Expense, Liability: a.Liability, Breakage: a.Breakage, Clearing: a.Clearing}
}

// grant is the credit that a decision issues, with its ids.
func (n *night) grant(d *award.Decision, of ids) ledger.Grant {
	inc, a := d.Incident, d.Award
	from, until := n.term(a.Terms)
	g := ledger.Grant{
		CreditID: of.credit, IncidentID: of.incident, CustomerID: inc.Customer(), OrderID: inc.Order(), SellerID: inc.Seller(),
		Source: inc.Source, EventID: inc.EventID(), Currency: inc.Currency, Minor: d.Minor,
		RuleID: a.RuleID, Reason: a.Reason, Terms: a.Terms, Funding: a.Funding, EffectiveAt: from, ExpiresAt: until,
	}
	if inc.Released() != nil {
		g.Reference = inc.Released().RequestID
	}
	return g
}

// usableTime is when a credit can be used: half-open.
type usableTime struct{ from, until calendar.Instant }

// term is the time of terms, worked out once for each of them.
func (n *night) term(terms string) (from, until calendar.Instant) {
	t := n.terms[terms]
	return t.from, t.until
}

func (n *night) planTerms() {
	n.terms = make(map[string]usableTime, len(n.rulebook.Terms))
	for name, t := range n.rulebook.Terms {
		from, until := term(t, n.effective, n.zone)
		n.terms[name] = usableTime{from, until}
	}
}

// settlements are the zero-amount postings: what ends an incident, or keeps it
// waiting, without a credit. A released hold always ends: what it is denied or
// suppressed for is its denial.
func (n *night) settlements() []ledger.Settlement {
	var list []ledger.Settlement
	for _, d := range n.decisions {
		kind := ledger.Deny
		switch {
		case d.Outcome == award.Held && d.Incident.Released() == nil:
			kind = ledger.Hold
		case d.Outcome == award.Denied, d.Outcome == award.Suppressed && d.Incident.Released() != nil:
		default:
			continue
		}
		inc := d.Incident
		s := ledger.Settlement{
			Kind: kind, CreditID: inc.CreditID(), IncidentID: inc.ID(), CustomerID: inc.Customer(), OrderID: inc.Order(), SellerID: inc.Seller(),
			Source: inc.Source, EventID: inc.EventID(), Currency: inc.Currency, Reason: d.Reason, Reference: strings.Join(d.LimitedBy(), ","),
		}
		if d.Award != nil {
			s.RuleID = d.Award.RuleID
		}
		list = append(list, s)
	}
	for _, e := range n.requests.ended {
		h := e.hold
		list = append(list, ledger.Settlement{
			Kind: e.kind, CreditID: h.CreditID, IncidentID: h.IncidentID, CustomerID: h.CustomerID, OrderID: h.OrderID, SellerID: h.SellerID,
			Source: h.Source, EventID: h.EventID, Currency: h.Currency, RuleID: h.RuleID, Reason: e.reason, Reference: e.reference,
		})
	}
	return list
}

// holdsAfter are the holds that wait when the night is over: those carried, and
// tonight's.
func (n *night) holdsAfter() []publish.Hold {
	holds := slices.Clone(n.requests.carried)
	for _, d := range n.decisions {
		if d.Outcome != award.Held {
			continue
		}
		inc, a := d.Incident, d.Award
		h := publish.Hold{
			CreditID: inc.CreditID(), IncidentID: inc.ID(), Failure: inc.Failure, Source: inc.Source, EventID: inc.EventID(),
			CustomerID: inc.Customer(), OrderID: inc.Order(), SellerID: inc.Seller(),
			AmountMinor: d.Minor, GrossMinor: d.GrossMinor, Currency: inc.Currency,
			ReasonCode: a.Reason, RuleID: a.RuleID, Priority: a.Priority, Funding: a.Funding, Terms: a.Terms, Message: a.Message(),
			Since: inc.Since, At: inc.At, Zone: inc.Zone, Facts: inc.Facts().JSON(), HoldCauses: d.Causes(), HeldSince: n.date,
			RulebookSHA256: n.rulebook.SHA256,
		}
		if inc.Released() != nil {
			h.HeldSince = inc.Released().HeldSince
			h.HoldCauses = bothCauses(inc.Released().Causes, d.Causes())
		}
		holds = append(holds, h)
	}
	slices.SortFunc(holds, func(a, b publish.Hold) int { return cmp.Compare(a.CreditID, b.CreditID) })
	return holds
}

// bothCauses are what a person let pass and what holds the award again: the next
// approval names both, or an award with two doubts would never get out.
func bothCauses(approved, now []award.Cause) []award.Cause {
	causes := slices.Clone(now)
	for _, c := range approved {
		if !slices.ContainsFunc(causes, func(o award.Cause) bool { return o.Kind == c.Kind && o.ID == c.ID }) {
			causes = append(causes, c)
		}
	}
	return causes
}

// approve says what holds an award that would pay so much: what rules say, and
// what the night is in doubt about.
func (n *night) approve(inc *award.Incident, minor int64) []award.Cause {
	return append(n.sources[inc.Source].Approve(inc, minor), n.doubts(inc)...)
}

// doubts are what holds an award beside the rulebook's approvals: terms without
// a minimum purchase in its currency, and compensation given elsewhere that
// could not be read.
func (n *night) doubts(inc *award.Incident) []award.Cause {
	var causes []award.Cause
	if a := highest(inc); a != nil {
		t := n.rulebook.Terms[a.Terms]
		if _, named := t.MinPurchase[inc.Currency]; len(t.MinPurchase) > 0 && !named {
			causes = append(causes, award.Cause{Kind: "terms", ID: t.Name, Why: "min_purchase has no amount in " + inc.Currency})
		}
	}
	if why, unread := n.history.unread(inc.Customer(), inc.Order()); unread {
		causes = append(causes, award.Cause{Kind: "history", ID: "external-credit", Why: why})
	}
	return causes
}

// highest is the award that resolve chooses: the highest live one, of equal ones
// the first in the rulebook.
func highest(inc *award.Incident) *award.Award {
	var best *award.Award
	for i := range inc.Awards() {
		if a := &inc.Awards()[i]; !a.Shadow && (best == nil || a.Minor > best.Minor) {
			best = a
		}
	}
	return best
}

func (n *night) policy() *resolve.Policy {
	return &resolve.Policy{
		Combine: n.rulebook.Combine, Limits: n.rulebook.Limits, Budgets: n.rulebook.Budgets, MinAward: n.rulebook.MinAward,
		Guardrails: n.rulebook.Guardrails, Date: n.date, HorizonDays: n.work.HorizonDays,
	}
}

// guardHistory is what the nights of the guardrails' window would have issued.
func (n *night) guardHistory() resolve.GuardHistory {
	h := resolve.GuardHistory{Totals: map[string][]int64{}}
	g := n.rulebook.Guardrails
	if g == nil {
		return h
	}
	for _, past := range n.session.issuable {
		if past.date < n.date.AddDays(-g.MedianDays) || past.date >= n.date {
			continue
		}
		for currency, minor := range past.minor {
			if minor > 0 {
				h.Totals[currency] = append(h.Totals[currency], minor)
			}
		}
	}
	return h
}
