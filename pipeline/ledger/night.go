package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"amends/rules/calendar"
)

// Night is one business date's run over a Book. Its steps are methods, called
// in this order: Redeem, VoidCredits, Forfeit, Issue; Settle with or after
// Issue. Each applies its postings to the Book and returns them in the order of
// Compare; on an error the Book may hold some of them and is of no more use.
type Night struct {
	Date      calendar.Date
	AsOf      calendar.Instant // the instant Date ends
	Accounts  Accounts
	GraceDays int            // calendar days in Zone between expiry and forfeiture, ≥ 0
	Zone      *time.Location // the workspace's
}

// complete fills in what the night says of every posting.
func (n Night) complete(p *Posting) {
	p.BusinessDate = n.Date
	p.DebitAccount, p.CreditAccount = n.Accounts.sides(p.Kind, Kind(p.Reason))
	if p.ID == "" {
		p.ID = postingID(p).String()
	}
}

// post completes a posting, applies it and appends it to postings.
func (n Night) post(book *Book, postings []Posting, p Posting) ([]Posting, error) {
	n.complete(&p)
	if err := book.Apply(p); err != nil {
		return nil, err
	}
	return append(postings, p), nil
}

// posting returns one about a credit, as of the end of the night.
func (n Night) posting(kind Kind, c Credit, minor int64, reference string) Posting {
	return Posting{
		Kind: kind, CreditID: c.CreditID, IncidentID: c.IncidentID, CustomerID: c.CustomerID, OrderID: c.OrderID,
		SellerID: c.SellerID, Source: c.Source, EventID: c.EventID, Currency: c.Currency, RuleID: c.RuleID,
		Terms: c.Terms, Funding: c.Funding, Minor: minor, At: n.AsOf, Reference: reference,
	}
}

// VoidOrder asks to cancel what remains of a credit.
type VoidOrder struct {
	CreditID  string
	Reference string // the request's or rule's id
	Why       string
}

// VoidOutcome is what became of a VoidOrder.
type VoidOutcome string

// The outcomes of a VoidOrder.
const (
	VoidApplied     VoidOutcome = "voided"
	VoidNothingLeft VoidOutcome = "nothing-left"
	VoidUnknown     VoidOutcome = "unknown-credit"
)

// VoidResult is a VoidOrder with its outcome and the minor units that it took.
type VoidResult struct {
	VoidOrder
	Outcome     VoidOutcome
	VoidedMinor int64
}

// VoidCredits cancels what remains of credits. Of several orders for one credit
// the first by reference takes it all. The results are by credit and reference.
func (n Night) VoidCredits(book *Book, orders []VoidOrder) ([]Posting, []VoidResult, error) {
	orders = slices.SortedFunc(slices.Values(orders), func(a, b VoidOrder) int {
		return cmp.Or(cmp.Compare(a.CreditID, b.CreditID), cmp.Compare(a.Reference, b.Reference), cmp.Compare(a.Why, b.Why))
	})
	var postings []Posting
	results := make([]VoidResult, 0, len(orders))
	for _, order := range orders {
		result := VoidResult{VoidOrder: order, Outcome: VoidApplied}
		credit, ok := book.Credit(order.CreditID)
		switch {
		case !ok:
			result.Outcome = VoidUnknown
		case credit.Remaining() == 0:
			result.Outcome = VoidNothingLeft
		default:
			p := n.posting(Void, credit, credit.Remaining(), order.Reference)
			p.Reason = order.Why
			var err error
			if postings, err = n.post(book, postings, p); err != nil {
				return nil, nil, fmt.Errorf("void: %w", err)
			}
			result.VoidedMinor = p.Minor
		}
		results = append(results, result)
	}
	return postings, results, nil
}

// Forfeit takes what remains of each credit whose grace is over by AsOf. A Book
// with a past must hold them: see Due.
func (n Night) Forfeit(book *Book) ([]Posting, error) {
	release := book.hold()
	due := book.pick(book.records, func(r *record) bool { return r.remaining() > 0 && n.Due(r.expiresAt) })
	release()
	var postings []Posting
	for _, credit := range due {
		p := n.posting(Forfeit, credit, credit.Remaining(), credit.ExpiresAt.String())
		var err error
		if postings, err = n.post(book, postings, p); err != nil {
			return nil, fmt.Errorf("forfeit: %w", err)
		}
	}
	return postings, nil
}

// Due reports whether a credit that expires at an instant is forfeited by AsOf.
func (n Night) Due(expiresAt calendar.Instant) bool {
	return expiresAt <= n.AsOf && GraceEnd(expiresAt, n.GraceDays, n.Zone) <= n.AsOf
}

// GraceEnd returns the instant from which an expired credit may be forfeited:
// the same time of day graceDays calendar days later. Where a credit expires as
// a day starts that is the start of a day, also where a clock change moves it.
func GraceEnd(expiresAt calendar.Instant, graceDays int, zone *time.Location) calendar.Instant {
	if graceDays <= 0 {
		return expiresAt
	}
	date := calendar.DateOf(expiresAt, zone)
	if calendar.StartOfDay(date, zone) == expiresAt {
		return calendar.StartOfDay(date.AddDays(graceDays), zone)
	}
	const secondMicros, dayMicros = 1_000_000, 24 * 60 * 60 * 1_000_000
	_, offsetSeconds := time.UnixMicro(int64(expiresAt)).In(zone).Zone()
	local := int64(expiresAt) + int64(offsetSeconds)*secondMicros
	return calendar.FromLocal(local+int64(graceDays)*dayMicros, zone)
}

// Grant is a credit to issue.
type Grant struct {
	CreditID, IncidentID, CustomerID, OrderID, SellerID string
	Source, EventID, Currency                           string
	Minor                                               int64 // more than 0
	RuleID, Reason, Terms, Funding                      string
	Reference                                           string // "": the rule id
	EffectiveAt, ExpiresAt                              calendar.Instant
}

// Issue issues credits. A second one for a credit or incident is ErrPaidTwice.
func (n Night) Issue(book *Book, grants []Grant) ([]Posting, error) {
	byCredit := func(a, b Grant) int {
		return cmp.Or(cmp.Compare(a.CreditID, b.CreditID), cmp.Compare(a.IncidentID, b.IncidentID))
	}
	if !slices.IsSortedFunc(grants, byCredit) {
		grants = slices.Clone(grants)
		slices.SortStableFunc(grants, byCredit)
	}
	postings := make([]Posting, 0, len(grants))
	for _, g := range grants {
		var err error
		if postings, err = n.post(book, postings, n.Issued(&g)); err != nil {
			return nil, issueError(err)
		}
	}
	return postings, nil
}

func issueError(err error) error { return fmt.Errorf("issue: %w", err) }

// Issued returns the posting that issues a credit on this night.
func (n Night) Issued(g *Grant) Posting {
	p := Posting{
		Kind: Issue, CreditID: g.CreditID, IncidentID: g.IncidentID, CustomerID: g.CustomerID, OrderID: g.OrderID,
		SellerID: g.SellerID, Source: g.Source, EventID: g.EventID, Currency: g.Currency, Minor: g.Minor, At: n.AsOf,
		Reference: cmp.Or(g.Reference, g.RuleID), RuleID: g.RuleID, Reason: g.Reason, Terms: g.Terms, Funding: g.Funding,
		EffectiveAt: g.EffectiveAt, ExpiresAt: g.ExpiresAt,
	}
	n.complete(&p)
	return p
}

// Credit returns the credit that a grant of this night is, once it is issued.
func (n Night) Credit(g *Grant) Credit {
	return Credit{
		CreditID: g.CreditID, IncidentID: g.IncidentID, CustomerID: g.CustomerID, OrderID: g.OrderID, SellerID: g.SellerID,
		Source: g.Source, EventID: g.EventID, Currency: g.Currency, RuleID: g.RuleID, Reason: g.Reason, Terms: g.Terms, Funding: g.Funding,
		Issued: n.Date, EffectiveAt: g.EffectiveAt, ExpiresAt: g.ExpiresAt, GrantedMinor: g.Minor,
	}
}

// Settlement is what became of an incident other than an issue.
type Settlement struct {
	Kind                                                Kind // Deny, Hold, Reject or Lapse
	CreditID, IncidentID, CustomerID, OrderID, SellerID string
	Source, EventID, Currency                           string
	RuleID, Reason                                      string
	Reference                                           string // what caused it: a limit's, rule's or request's id
}

// Settle posts settlements. Of one incident and kind there can be one a night;
// where there are several kinds, they go in the order Deny, Hold, Reject, Lapse.
func (n Night) Settle(book *Book, settlements []Settlement) ([]Posting, error) {
	byKind := func(a, b Settlement) int {
		return cmp.Or(cmp.Compare(a.Kind.step(), b.Kind.step()),
			cmp.Compare(a.CreditID, b.CreditID), cmp.Compare(a.IncidentID, b.IncidentID))
	}
	if !slices.IsSortedFunc(settlements, byKind) {
		settlements = slices.Clone(settlements)
		slices.SortStableFunc(settlements, byKind)
	}
	postings := make([]Posting, 0, len(settlements))
	for _, s := range settlements {
		if s.Kind.step() <= Issue.step() {
			return nil, fmt.Errorf("settle incident %.60q: %w kind %.20q", s.IncidentID, ErrMalformed, string(s.Kind))
		}
		var err error
		postings, err = n.post(book, postings, Posting{
			Kind: s.Kind, CreditID: s.CreditID, IncidentID: s.IncidentID, CustomerID: s.CustomerID, OrderID: s.OrderID,
			SellerID: s.SellerID, Source: s.Source, EventID: s.EventID, Currency: s.Currency, At: n.AsOf,
			Reference: s.Reference, RuleID: s.RuleID, Reason: s.Reason,
		})
		if err != nil {
			return nil, fmt.Errorf("settle: %w", err)
		}
	}
	return postings, nil
}
