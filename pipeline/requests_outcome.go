package pipeline

import (
	"fmt"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

// asked is what a request's targets come to as the night begins, in minor units
// by currency. What is not there any more counts for nothing.
func (n *night) asked(r *state.Request, holds map[string]*publish.Hold) money.ByCurrency {
	total := money.ByCurrency{}
	for _, target := range r.Credits {
		h := holds[target]
		switch c, ok := n.book.Credit(target); {
		case r.Kind == state.Void && ok:
			add(total, c.Currency, c.Remaining())
		case r.Kind == state.Approve && h != nil && r.AmountMinor != 0:
			add(total, r.Currency, r.AmountMinor)
		case r.Kind != state.Void && h != nil:
			add(total, h.Currency, h.AmountMinor)
		}
	}
	if r.Kind == state.Reverse {
		for _, c := range n.book.CreditsOfRun(r.Run) {
			add(total, c.Currency, c.Remaining())
		}
	}
	return total
}

// notVoided says why nothing of a credit was taken back.
func notVoided(credit string, why ledger.VoidOutcome) string {
	if why == ledger.VoidUnknown {
		return credit + " is no credit"
	}
	return credit + " has nothing left"
}

// annotate adds to what a request's outcome says.
func (n *night) annotate(request, detail string) {
	for i := range n.requests.outcomes {
		if o := &n.requests.outcomes[i]; o.ID == request {
			o.Detail = strings.TrimPrefix(o.Detail+"; "+detail, "; ")
		}
	}
}

// finishRequests says what came of requests once the night is posted: a void may
// have found nothing left, and an approved award may be held again.
func (n *night) finishRequests() {
	did, kept := map[string]money.ByCurrency{}, map[string][]string{}
	done := func(request, currency string, minor int64) {
		if did[request] == nil {
			did[request] = money.ByCurrency{}
		}
		add(did[request], currency, minor)
	}
	for _, v := range n.voided {
		if c, ok := n.book.Credit(v.CreditID); ok && v.Outcome == ledger.VoidApplied {
			done(v.Reference, c.Currency, v.VoidedMinor)
		} else {
			kept[v.Reference] = append(kept[v.Reference], notVoided(v.CreditID, v.Outcome))
		}
	}
	for _, e := range n.requests.ended {
		done(e.reference, e.hold.Currency, e.hold.AmountMinor)
	}
	for _, d := range n.releases() {
		r := d.Incident.Released()
		switch {
		case r == nil:
		case d.Outcome == award.Issued:
			done(r.RequestID, d.Incident.Currency, d.Minor)
		default:
			kept[r.RequestID] = append(kept[r.RequestID], fmt.Sprintf("%s: %s, %s", d.Incident.CreditID(), d.Outcome, d.Reason))
		}
	}
	for i := range n.requests.outcomes {
		o := &n.requests.outcomes[i]
		if o.Outcome != requestDone || o.Kind == string(state.Confirm) || o.Kind == string(state.Withdraw) {
			continue
		}
		if sums, ok := did[o.ID]; ok {
			o.Done = sums
		} else {
			o.Outcome = requestNoEffect
		}
		if details := kept[o.ID]; len(details) > 0 {
			n.annotate(o.ID, joinSome(details))
		}
	}
}

// releases are the decisions of released holds, among others: of none where there are
// no such holds.
func (n *night) releases() []*award.Decision {
	if len(n.requests.released) == 0 {
		return nil
	}
	return n.decisions
}

// requestLines are the outcomes as the summary has them.
func (q *requests) requestLines() []report.RequestLine {
	var lines []report.RequestLine
	for _, o := range q.outcomes {
		lines = append(lines, report.RequestLine{
			ID: o.ID, Kind: o.Kind, By: o.By, Why: o.Why, Asked: o.Asked, Done: o.Done, Outcome: o.Outcome, Detail: o.Detail,
		})
	}
	return lines
}
