package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/money"
)

// requests is what people asked for since the last run, and what it does
// tonight.
type requests struct {
	read      []*state.Request // one for each outcome
	consumed  []state.RequestInput
	outcomes  []publish.RequestOutcome
	voids     []ledger.VoidOrder
	ended     []endedHold                 // rejected or lapsed
	released  []*award.Incident           // approved: decided tonight
	carried   []publish.Hold              // pending tonight as before
	verdicts  map[string]Verdict          // by credit id: of the requests for one award the one that counts
	approved  map[string]Verdict          // by credit id: the approvals among them that are carried out
	endedIDs  map[string]bool             // credit ids of ended
	takenBack map[string]money.ByCurrency // by who asked: what voids and reversals of the night come to
	flow      report.HoldFlow
}

type endedHold struct {
	hold      *publish.Hold
	kind      ledger.Kind
	reason    string
	reference string
}

// The outcomes of requests.
const (
	requestDone       = "done"
	requestStale      = "stale"       // what the person saw has changed since
	requestNoTarget   = "no-target"   // nothing that it names is there to act on
	requestOverruled  = "overruled"   // a rejection, or a lower approval, of the same hold beats it
	requestBadAmount  = "bad-amount"  // approvals only lower
	requestAlone      = "unconfirmed" // above the workspace's bound, and nobody else confirmed it
	requestNoEffect   = "no-effect"   // carried out, and nothing came of it: the detail says why
	requestWithdrawn  = "withdrawn"   // by who made it
	requestSamePerson = "same-person" // nobody confirms a request of their own
)

// consumeRequests decides what each waiting request does tonight. Of several
// about one award one counts (see Verdict), and who made a request may have
// withdrawn it; one that was written before a later run is stale.
func (n *night) consumeRequests() error {
	pending, err := n.session.requestsOf(n.date)
	if err != nil {
		return err
	}
	q := &n.requests
	q.flow.Opening = int64(len(n.session.holds))
	q.approved, q.endedIDs, q.takenBack = map[string]Verdict{}, map[string]bool{}, map[string]money.ByCurrency{}
	holds := holdsByID(n.session.holds)
	q.read = pending
	q.verdicts = verdicts(pending, n.session.seenSHA256, holds)
	standing := state.Standing(pending)
	for _, r := range pending {
		if err := n.session.loadRun(r); err != nil {
			return err
		}
		o := publish.RequestOutcome{ID: r.ID, Kind: string(r.Kind), By: r.By, Why: r.Why, Targets: r.Targets(), Asked: n.asked(r, holds), Done: money.ByCurrency{}}
		if word := r.WithdrawnBy(pending); word != nil {
			o.Outcome, o.Detail = requestWithdrawn, word.Why
		} else {
			o.Outcome, o.Detail = n.consume(r, holds, standing, pending)
		}
		q.consumed = append(q.consumed, state.RequestInput{ID: r.ID, Kind: string(r.Kind), SHA256: r.SHA256})
		q.outcomes = append(q.outcomes, o)
	}
	n.endHolds(holds)
	return nil
}

func (n *night) consume(r *state.Request, holds map[string]*publish.Hold, standing, all []*state.Request) (outcome, detail string) {
	aboutRequest := r.Kind == state.Confirm || r.Kind == state.Withdraw
	if !aboutRequest && r.SeenSHA256 != n.session.seenSHA256 {
		return requestStale, "another run was committed since it was written"
	}
	switch r.Kind {
	case state.Approve, state.Reject:
		return n.consumeReview(r, holds)
	case state.Void, state.Reverse:
		return n.consumeVoid(r, standing)
	case state.Withdraw:
		return consumeWithdraw(r, all)
	}
	return n.consumeConfirm(r, standing)
}

// consumeReview lets holds go or ends them, where no other request about them
// counts.
func (n *night) consumeReview(r *state.Request, holds map[string]*publish.Hold) (outcome, detail string) {
	done := 0
	outcome = requestNoTarget
	var failed []string
	for _, target := range r.Credits {
		h, ok := holds[target]
		if !ok {
			failed = append(failed, target+" is not held")
			continue
		}
		word, ok := verdictOf(r, h)
		if !ok {
			return requestBadAmount, fmt.Sprintf("%s: %d minor units of %s is not at most the %d of %s that are held", target, r.AmountMinor, r.Currency, h.AmountMinor, h.Currency)
		}
		counts := n.requests.verdicts[target]
		switch {
		case counts.Request != r:
			failed = append(failed, target+": "+counts.over(word))
			if !counts.same(word) {
				outcome = requestOverruled
			} else if outcome == requestNoTarget {
				outcome = requestNoEffect
			}
			continue
		case r.Kind == state.Reject:
			n.endHold(h, ledger.Reject, r.Why, r.ID)
		default:
			n.requests.approved[target] = word
		}
		done++
	}
	if done > 0 {
		outcome = requestDone
	}
	return outcome, joinSome(failed)
}

// endHold ends a hold. Reason is what a person wrote, or the reason code.
func (n *night) endHold(h *publish.Hold, kind ledger.Kind, reason, reference string) {
	n.requests.endedIDs[h.CreditID] = true
	n.requests.ended = append(n.requests.ended, endedHold{hold: h, kind: kind, reason: reason, reference: reference})
}

func (n *night) consumeVoid(r *state.Request, all []*state.Request) (outcome, detail string) {
	targets := r.Credits
	if r.Kind == state.Reverse {
		targets = nil
		for _, c := range n.book.CreditsOfRun(r.Run) {
			targets = append(targets, c.CreditID)
		}
	}
	var orders []ledger.VoidOrder
	var failed []string
	total := money.ByCurrency{}
	for _, target := range targets {
		c, ok := n.book.Credit(target)
		switch {
		case !ok:
			failed = append(failed, notVoided(target, ledger.VoidUnknown))
		case c.Remaining() == 0:
			failed = append(failed, notVoided(target, ledger.VoidNothingLeft))
		default:
			add(total, c.Currency, c.Remaining())
			orders = append(orders, ledger.VoidOrder{CreditID: target, Reference: r.ID, Why: r.Why})
		}
	}
	if len(orders) == 0 {
		return requestNoTarget, joinSome(failed)
	}
	if r.ConfirmedBy(all) == nil { // many small requests of one person are one large one
		alone := maps.Clone(n.requests.takenBack[r.By])
		if alone == nil {
			alone = money.ByCurrency{}
		}
		for _, currency := range total.Currencies() {
			add(alone, currency, total[currency])
		}
		if above := aboveBound(n.work.ConfirmAbove, alone); above != "" {
			return requestAlone, above + " tonight is above confirm_above, and no second person confirmed it"
		}
		n.requests.takenBack[r.By] = alone
	}
	n.requests.voids = append(n.requests.voids, orders...)
	return requestDone, joinSome(failed)
}

// aboveBound returns the first sum that takes a second person, "" where none
// does.
func aboveBound(bound, total money.ByCurrency) string {
	if bound == nil {
		return ""
	}
	for _, currency := range total.Currencies() {
		if total[currency] > bound[currency] {
			return money.Amount{Minor: total[currency], Currency: currency}.String()
		}
	}
	return ""
}

// maxDetails bounds how many targets a request's outcome names.
const maxDetails = 20

func joinSome(details []string) string {
	if len(details) > maxDetails {
		details = append(details[:maxDetails:maxDetails], fmt.Sprintf("and %d more", len(details)-maxDetails))
	}
	return strings.Join(details, "; ")
}

// endHolds lapses the holds that nobody decided in time, and sorts the rest
// into those that are released and those that go on.
func (n *night) endHolds(holds map[string]*publish.Hold) {
	q := &n.requests
	for i := range n.session.holds {
		h := &n.session.holds[i]
		_, approved := q.approved[h.CreditID]
		if q.endedIDs[h.CreditID] || approved {
			continue
		}
		if h.HeldSince.AddDays(n.rulebook.HoldDays) <= n.date {
			n.endHold(h, ledger.Lapse, "lapsed", "")
			continue
		}
		q.carried = append(q.carried, *h)
	}
	for _, e := range q.ended {
		if e.kind == ledger.Lapse {
			q.flow.Lapsed++
		} else {
			q.flow.Rejected++
		}
	}
}

// releaseHolds turns approved holds into incidents that are decided tonight.
// One that cannot be decided any more goes on waiting, and the request says why.
func (n *night) releaseHolds() error {
	for i := range n.session.holds {
		h := &n.session.holds[i]
		approved, ok := n.requests.approved[h.CreditID]
		if !ok {
			continue
		}
		why := n.cannotRelease(h)
		if why != "" {
			n.requests.carried = append(n.requests.carried, *h)
			n.history.holds.addHold(h)
			n.annotate(approved.Request.ID, h.CreditID+": "+why)
			continue
		}
		inc, err := releasedIncident(h, approved)
		if err != nil {
			return err
		}
		inc.Awards()[0].RuleIndex = n.ruleIndex(h.RuleID)
		if err := n.sources[h.Source].Release(inc); err != nil {
			return fmt.Errorf("hold %s: %w", h.CreditID, err)
		}
		n.requests.released = append(n.requests.released, inc)
	}
	slices.SortFunc(n.requests.carried, func(a, b publish.Hold) int { return cmp.Compare(a.CreditID, b.CreditID) })
	return nil
}

func (n *night) cannotRelease(h *publish.Hold) string {
	t := n.rulebook.Terms[h.Terms]
	switch {
	case n.sources[h.Source] == nil:
		return fmt.Sprintf("its source %q is gone", h.Source)
	case t == nil:
		return fmt.Sprintf("its terms %q are gone", h.Terms)
	case !usable(t, n.date, n.effective):
		return fmt.Sprintf("its terms %q expired on %s", h.Terms, t.ExpiresOn)
	}
	return ""
}

func (n *night) ruleIndex(id string) int {
	return slices.IndexFunc(n.program.Book.Rules, func(r rules.Rule) bool { return r.ID == id })
}

// releasedIncident is the incident of a hold that a person released.
func releasedIncident(h *publish.Hold, a Verdict) (*award.Incident, error) {
	key, err := award.ParseKey(h.IncidentID)
	if err != nil {
		return nil, fmt.Errorf("hold %s: %w", h.CreditID, err)
	}
	inc := &award.Incident{
		Origin: &award.Origin{Source: h.Source, Failure: h.Failure, Currency: h.Currency, Zone: h.Zone}, Key: key, Since: h.Since, At: h.At,
		Special: &award.Special{
			Release: &award.Release{RequestID: a.Request.ID, By: a.Request.By, Causes: h.HoldCauses, GrossMinor: h.GrossMinor, HeldSince: h.HeldSince},
		},
	}
	inc.SetParties(award.Parties{EventID: h.EventID, Customer: h.CustomerID, Order: h.OrderID, Seller: h.SellerID})
	inc.SetFacts(award.FactsOf(h.Facts))
	inc.SetAwards([]award.Award{{
		Rule:  &award.Rule{RuleID: h.RuleID, Priority: h.Priority, Reason: h.ReasonCode, Terms: h.Terms, Funding: h.Funding, Message: h.Message},
		Minor: a.Minor,
	}})
	return inc, nil
}

// requestsOf are the requests that the night of a date reads: those that wait,
// or, where the date is committed and run again, those that it consumed.
func (s *session) requestsOf(date calendar.Date) ([]*state.Request, error) {
	m, err := s.chain.Manifest(date)
	if err != nil {
		return nil, err
	}
	if m != nil {
		var consumed []*state.Request
		for _, in := range m.Requests {
			r, err := s.chain.Request(in.ID)
			if err != nil {
				return nil, err
			}
			consumed = append(consumed, r)
		}
		return consumed, nil
	}
	waiting, err := s.chain.PendingRequests()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(waiting, func(r *state.Request) bool { return s.consumed[r.ID] }), nil
}
