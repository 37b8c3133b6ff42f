package pipeline

import (
	"fmt"
	"maps"

	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

// requestStanding is what requests that wait are held to: what there is after
// the last run, and each other.
type requestStanding struct {
	view    *View
	last    string // the last run's digest
	pending []*state.Request
	holds   map[string]*publish.Hold
	open    []ledger.Credit
	byID    map[string]*ledger.Credit
	verdict map[string]Verdict          // on the awards that wait: see Verdict
	alone   map[string]money.ByCurrency // what each person takes back without another's word
}

// requests lists the requests that the next run reads, by id, with what they
// come to and whether they are still good.
func (v *View) requests() ([]RequestStatus, error) {
	chain := v.Chain()
	pending, err := chain.PendingRequests()
	if err != nil {
		return nil, err
	}
	list := []RequestStatus{}
	if len(pending) == 0 || chain.Last() == nil {
		for _, q := range pending { // of another state: nothing is settled here
			list = append(list, newRequestStatus(q, ""))
		}
		return list, nil
	}
	s := &requestStanding{view: v, last: chain.LastSHA256(), pending: pending,
		byID: map[string]*ledger.Credit{}, alone: map[string]money.ByCurrency{}}
	if err := s.load(); err != nil {
		return nil, err
	}
	seen := map[string]string{}
	for _, n := range chain.Nights() {
		seen[n.SHA256] = n.BusinessDate.String()
	}
	for _, q := range pending {
		status := newRequestStatus(q, seen[q.SeenSHA256])
		if err := s.judge(&status, q); err != nil {
			return nil, fmt.Errorf("request %s: %w", q.ID, err)
		}
		list = append(list, status)
	}
	return list, nil
}

func newRequestStatus(q *state.Request, since string) RequestStatus {
	return RequestStatus{ID: q.ID, Kind: string(q.Kind), By: q.By, Why: q.Why, Since: since, Targets: q.Targets(), Minor: map[string]int64{},
		Problem: "no night is settled"}
}

func (s *requestStanding) load() error {
	holds, err := s.view.records.lastHolds()
	if err != nil {
		return err
	}
	s.holds = holdsByID(holds)
	s.verdict = verdicts(s.pending, s.last, s.holds)
	for _, q := range s.pending {
		if _, known := s.view.records.worthOf(q.ID); takesBack(q) && !known {
			if s.open, err = s.view.records.lastOpen(); err != nil {
				return err
			}
			break
		}
	}
	for i := range s.open {
		s.byID[s.open[i].CreditID] = &s.open[i]
	}
	return nil
}

// takesBack reports whether a request is about credits with value left.
func takesBack(q *state.Request) bool { return q.Kind == state.Void || q.Kind == state.Reverse }

// judge says what a request comes to, and whether the next run carries it out:
// as consumeRequests does, on what is known before the night.
func (s *requestStanding) judge(status *RequestStatus, q *state.Request) error {
	gone, err := s.count(status, q)
	if err != nil {
		return err
	}
	status.Good, status.Problem = false, ""
	aboutRequest := q.Kind == state.Confirm || q.Kind == state.Withdraw
	switch {
	case q.WithdrawnBy(s.pending) != nil:
		status.Problem = "withdrawn"
	case !aboutRequest && q.SeenSHA256 != s.last:
		status.Problem = fmt.Sprintf("stale: the night of %s was settled since", s.view.Chain().Last().BusinessDate)
	case aboutRequest:
		status.Problem = s.aboutRequest(q)
		status.Good = status.Problem == ""
	case len(gone) == len(q.Credits) && q.Kind != state.Reverse:
		status.Problem = "nothing that it names is there any more"
	case takesBack(q):
		if status.Problem, err = s.needsWord(status, q); err != nil {
			return err
		}
		status.Good = status.Problem == ""
	default:
		lost := s.lost(q)
		status.Good, status.Problem = len(lost)+len(gone) < len(q.Credits), joinSome(lost)
	}
	if status.Good && status.Problem == "" && len(gone) > 0 {
		status.Problem = report.Counted(int64(len(gone)), "target is", "targets are") + " not there any more: " + joinSome(gone)
	}
	return nil
}

// count adds up what a request's targets are worth now, and names those that
// are gone.
func (s *requestStanding) count(status *RequestStatus, q *state.Request) (gone []string, err error) {
	if w, known := s.view.records.worthOf(q.ID); known {
		maps.Copy(status.Minor, w.minor)
		return w.gone, nil
	}
	total := money.ByCurrency(status.Minor)
	add := func(currency string, minor int64) {
		if err == nil {
			err = total.Add(currency, minor)
		}
	}
	for _, id := range q.Credits {
		hold, credit := s.holds[id], s.byID[id]
		switch {
		case q.Kind == state.Void && credit != nil:
			add(credit.Currency, credit.Remaining())
		case q.Kind != state.Void && hold != nil && q.AmountMinor != 0:
			add(hold.Currency, q.AmountMinor)
		case q.Kind != state.Void && hold != nil:
			add(hold.Currency, hold.AmountMinor)
		default:
			gone = append(gone, id)
		}
	}
	for i := range s.open {
		if c := &s.open[i]; q.Kind == state.Reverse && c.Issued == q.Run {
			add(c.Currency, c.Remaining())
		}
	}
	if takesBack(q) && err == nil {
		s.view.records.keepWorth(q.ID, worth{gone, maps.Clone(total)})
	}
	return gone, err
}

// aboutRequest is why a confirmation or a withdrawal is good for nothing, "" for
// one that is good.
func (s *requestStanding) aboutRequest(q *state.Request) string {
	of := q.Confirms + q.Withdraws
	for _, other := range s.pending {
		switch {
		case other.ID != of:
		case q.Kind == state.Withdraw && other.By != q.By:
			return "made by another person than " + other.By
		case q.Kind == state.Withdraw && other.Kind == state.Withdraw:
			return "withdrawals are not withdrawn"
		case q.Kind == state.Confirm && other.By == q.By:
			return "another person than " + other.By + " confirms"
		case q.Kind == state.Confirm && other.WithdrawnBy(s.pending) != nil:
			return "what it confirms is withdrawn"
		default:
			return ""
		}
	}
	return "no waiting request has the id " + of
}

// needsWord is what keeps a void or a reversal from being carried out: nothing
// is left, or a second person's word is missing. As in the night, many small
// requests of one person are one large one.
func (s *requestStanding) needsWord(status *RequestStatus, q *state.Request) (string, error) {
	if len(status.Minor) == 0 {
		return "nothing is left to take back", nil
	}
	if q.ConfirmedBy(state.Standing(s.pending)) != nil {
		return "", nil
	}
	sum := money.ByCurrency{}
	for _, part := range []money.ByCurrency{s.alone[q.By], status.Minor} {
		for _, currency := range part.Currencies() {
			if err := sum.Add(currency, part[currency]); err != nil {
				return "", err
			}
		}
	}
	if aboveBound(s.view.project.work.ConfirmAbove, sum) != "" {
		return "above confirm_above: a second person's confirmation is missing", nil
	}
	s.alone[q.By] = sum
	return "", nil
}

// lost says of which awards that a review names another request counts.
func (s *requestStanding) lost(q *state.Request) (lost []string) {
	for _, id := range q.Credits {
		word, ok := verdictOf(q, s.holds[id])
		counts := s.verdict[id]
		switch {
		case s.holds[id] == nil: // gone
		case !ok:
			lost = append(lost, id+": more than the "+report.Amount(s.holds[id].AmountMinor, s.holds[id].Currency)+" that are held")
		case counts.Request != q:
			lost = append(lost, id+": "+counts.over(word))
		}
	}
	return lost
}
