package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"amends/pipeline"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

// waitingRequest is one request that the next night reads, as pages show it.
type waitingRequest struct {
	*state.Request
	Stale bool   // another night was committed since it was written
	Gone  bool   // who made it withdrew it
	What  string // what it does, with its sum
	total money.ByCurrency
	Needs bool           // a second person's word is missing
	Word  *state.Request // the second person's
	// Problem is what status says of it: a rejection that beats it, targets that
	// are gone; "" for nothing.
	Problem string
}

// address is where a request is shown.
func (q *waitingRequest) address() string { return "/requests/" + q.ID }

// waitingRequests reads the requests that wait, with what each comes to.
func (s *site) waitingRequests(look *pipeline.View, seen *pipeline.Seen) ([]*waitingRequest, error) {
	pending, err := look.Chain().PendingRequests()
	if err != nil {
		return nil, err
	}
	byID := map[string]*state.Request{}
	for _, r := range pending {
		byID[r.ID] = r
	}
	holds := map[string]*publish.Hold{}
	for i := range seen.Holds {
		holds[seen.Holds[i].CreditID] = &seen.Holds[i]
	}
	standing, err := look.Status(s.options.Now())
	if err != nil {
		return nil, err
	}
	problems := map[string]string{}
	for _, r := range standing.Requests {
		problems[r.ID] = r.Problem
	}
	alone := map[string]money.ByCurrency{} // what each person takes back without another's word
	var list []*waitingRequest
	for _, r := range pending {
		q := &waitingRequest{Request: r, Stale: r.Kind != state.Confirm && r.Kind != state.Withdraw && r.SeenSHA256 != seen.ManifestSHA256, total: money.ByCurrency{}, Problem: problems[r.ID]}
		q.Gone = r.WithdrawnBy(pending) != nil
		switch r.Kind {
		case state.Approve, state.Reject:
			err = q.review(holds)
		case state.Confirm:
			q.What = "confirms " + r.Confirms
			if other := byID[r.Confirms]; other != nil {
				q.What = fmt.Sprintf("confirms what %s asked for", other.By)
			}
		case state.Withdraw:
			q.What = "withdraws " + r.Withdraws
		default:
			err = s.takesBack(q, seen, pending, alone)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, nil
}

// review says what an approval or a rejection does to the awards that wait.
func (q *waitingRequest) review(holds map[string]*publish.Hold) error {
	for _, id := range q.Credits {
		h := holds[id]
		if h == nil {
			continue
		}
		minor := h.AmountMinor
		if q.AmountMinor != 0 {
			minor = q.AmountMinor
		}
		if err := q.total.Add(h.Currency, minor); err != nil {
			return err
		}
	}
	verb := "ends without a credit"
	if q.Kind == state.Approve {
		verb = "lets go"
	}
	q.What = verb + " " + report.Counted(int64(len(q.Credits)), "award", "awards")
	return nil
}

// takesBack says what a void or a reversal takes back, and whether it takes a
// second person: as the night adds it up, per person and by id.
func (s *site) takesBack(q *waitingRequest, seen *pipeline.Seen, pending []*state.Request, alone map[string]money.ByCurrency) error {
	q.Word = q.ConfirmedBy(state.Standing(pending))
	left := s.leftOf(q.Request, seen)
	if left.err != nil {
		q.What = left.err.Error()
		return nil
	}
	q.total = left.total
	q.What = "takes back what is left of " + report.Counted(int64(left.credits), "credit", "credits")
	if q.Kind == state.Reverse {
		q.What += " of " + q.Run.String()
	}
	if q.Word != nil || q.Stale || q.Gone {
		return nil
	}
	sum := money.ByCurrency{}
	for _, b := range []money.ByCurrency{alone[q.By], left.total} {
		for _, currency := range b.Currencies() {
			if err := sum.Add(currency, b[currency]); err != nil {
				return err
			}
		}
	}
	if q.Needs = seen.NeedsConfirmation(sum); !q.Needs {
		alone[q.By] = sum
	}
	return nil
}

// leftOf is what a void or a reversal would take back. It is kept until the next
// night: the credits with value left may be many.
func (s *site) leftOf(r *state.Request, seen *pipeline.Seen) remaining {
	key := seen.ManifestSHA256 + " " + r.ID
	s.kept.mu.Lock()
	left, known := s.kept.left[key]
	s.kept.mu.Unlock()
	if known {
		return left
	}
	if seen.Open == nil {
		if left.err = seen.LoadOpen(); left.err != nil {
			return left
		}
	}
	credits, err := seen.TakenBack(r)
	if err == nil {
		left.credits = len(credits)
		left.total, err = pipeline.Remaining(credits)
	}
	left.err = err
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	if s.kept.left == nil || len(s.kept.left) >= maxKept {
		s.kept.left = map[string]remaining{}
	}
	s.kept.left[key] = left
	return left
}

// state says in words where a request stands.
func (q *waitingRequest) state() cell {
	switch {
	case q.Gone:
		return cell{Lines: []string{"withdrawn by who made it; it does nothing"}, Class: "bad"}
	case q.Stale:
		return cell{Lines: []string{"stale: another night was committed since; it does nothing"}, Class: "bad"}
	case q.Needs:
		return cell{Lines: []string{"needs another person's word before the next night"}, Class: "bad"}
	case q.Problem != "":
		return cell{Lines: []string{q.Problem}, Class: "bad"}
	case q.Word != nil:
		return text("confirmed by " + q.Word.By)
	}
	return text("waits for the next night")
}

func (s *site) requests(w http.ResponseWriter, r *http.Request) error {
	look, err := s.reader.Look(r.Context())
	if err != nil {
		return err
	}
	v := &view{Title: "Requests for the next night", Here: "requests",
		Lead: "What people asked for and no night has carried out yet. What became of earlier ones is on the page of their night."}
	p := part{Empty: "No request waits."}
	if look.Chain().Last() != nil {
		seen, err := look.Seen()
		if err != nil {
			return err
		}
		list, err := s.waitingRequests(look, seen)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			p.Table = requestTable(list)
		}
	}
	v.Parts = []part{p}
	return s.show(w, http.StatusOK, "page.html", v)
}

func requestTable(list []*waitingRequest) *table {
	t := &table{Columns: columns("what", "#sum", "by", "state", "why", "request")}
	for _, q := range list {
		t.Rows = append(t.Rows, []cell{linked(q.What, q.address()), sums(q.total), text(q.By), q.state(), text(q.Why), code(q.ID)})
	}
	return t
}

// requestData is what one request's page has besides: the form of a second
// person.
type requestData struct {
	Confirm bool
	ID      string
	Maker   string
}

// requestNames are the kinds of requests as headings have them.
var requestNames = map[state.RequestKind]string{
	state.Approve: "Approval", state.Reject: "Rejection", state.Void: "Void", state.Reverse: "Reversal", state.Confirm: "Confirmation",
	state.Withdraw: "Withdrawal",
}

func (s *site) request(w http.ResponseWriter, r *http.Request) error {
	_, _, q, err := s.requestOf(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &view{Title: requestNames[q.Kind] + " by " + q.By, Here: "requests", Back: &link{"All requests", "/requests"}, Lead: "The next night carries it out."}
	v.Parts = q.parts()
	takesBack := q.Kind == state.Void || q.Kind == state.Reverse
	v.Data = &requestData{Confirm: takesBack && !q.Stale && !q.Gone && q.Word == nil, ID: q.ID, Maker: q.By}
	return s.show(w, http.StatusOK, "request.html", v)
}

// requestOf is one request that waits.
func (s *site) requestOf(r *http.Request, id string) (*pipeline.View, *pipeline.Seen, *waitingRequest, error) {
	look, seen, err := s.seen(r)
	if err != nil {
		return nil, nil, nil, err
	}
	list, err := s.waitingRequests(look, seen)
	if err != nil {
		return nil, nil, nil, err
	}
	at := slices.IndexFunc(list, func(q *waitingRequest) bool { return q.ID == id })
	if at < 0 {
		return nil, nil, nil, fmt.Errorf("%w: no request %s waits for the next night", errNothing, id)
	}
	return look, seen, list[at], nil
}

// maxTargetsShown bounds the targets that a request's page names.
const maxTargetsShown = 200

func (q *waitingRequest) parts() []part {
	p := part{Facts: []fact{{"What", text(sentence(q.What))}}}
	if len(q.total) > 0 {
		p.Facts = append(p.Facts, fact{"Together", sums(q.total)})
	}
	if q.AmountMinor != 0 {
		p.Facts = append(p.Facts, fact{"Lowered to", amount(q.AmountMinor, q.Currency)})
	}
	p.Facts = append(p.Facts, fact{"Who asked", text(q.By)}, fact{"Why", text(q.Why)}, fact{"State", q.state()}, fact{"Request", code(q.ID)})
	if q.Kind == state.Confirm {
		p.Facts = append(p.Facts, fact{"Confirms", cell{Lines: []string{q.Confirms}, Href: "/requests/" + q.Confirms, Class: "code"}})
	}
	if q.Word != nil {
		p.Facts = append(p.Facts, fact{"Why confirmed", text(q.Word.Why)})
	}
	parts := []part{p}
	if len(q.Credits) > 0 {
		t := &table{Columns: columns("credit")}
		for _, id := range q.Credits[:min(len(q.Credits), maxTargetsShown)] {
			c := code(id)
			if q.Kind == state.Approve || q.Kind == state.Reject {
				c.Href = "/holds/" + id
			}
			t.Rows = append(t.Rows, []cell{c})
		}
		if more := len(q.Credits) - maxTargetsShown; more > 0 {
			t.More = "and " + report.Count(int64(more)) + " more"
		}
		parts = append(parts, part{Title: "Credits", Table: t})
	}
	return parts
}

// confirmation reads the form of a second person.
func (s *site) confirmation(r *http.Request) (*pipeline.Seen, *waitingRequest, *state.Request, error) {
	_, seen, q, err := s.requestOf(r, r.PostForm.Get("request"))
	if err != nil {
		return nil, nil, nil, err
	}
	word := &state.Request{Kind: state.Confirm, Confirms: q.ID, By: strings.TrimSpace(r.PostForm.Get("by")), Why: strings.TrimSpace(r.PostForm.Get("why"))}
	if first := r.PostForm.Get("seen"); first != "" {
		if err := seen.StillLast(first); err != nil {
			return nil, nil, nil, err
		}
	}
	return seen, q, word, seen.Check(word)
}

// confirm shows what a second person would confirm. It writes nothing.
func (s *site) confirm(w http.ResponseWriter, r *http.Request) error {
	seen, q, word, err := s.confirmation(r)
	if err != nil {
		return err
	}
	v := &view{Title: "Confirm what " + q.By + " asked for?", Here: "requests", Lead: "Nothing is written yet. The next night carries it out."}
	v.Parts = append([]part{{Facts: []fact{{"Who confirms", text(word.By)}, {"Why", text(word.Why)}}}}, q.parts()...)
	v.Parts[1].Title = "What is confirmed"
	v.Data = &confirmData{Action: "/confirm/write", Button: "Write this confirmation", Back: q.address(),
		Fields: []field{{"request", q.ID}, {"seen", seen.ManifestSHA256}, {"by", word.By}, {"why", word.Why}}}
	return s.show(w, http.StatusOK, "confirm.html", v)
}

// writeConfirm writes what confirm showed.
func (s *site) writeConfirm(w http.ResponseWriter, r *http.Request) error {
	seen, _, word, err := s.confirmation(r)
	if err != nil {
		return err
	}
	return s.write(w, r, seen, word)
}
