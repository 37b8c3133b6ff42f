package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/pipeline/state"
)

// asked is a form that was filled in: what a person wants, and what they saw.
type asked struct {
	request state.Request
	choice  pipeline.HoldChoice
	amount  string
	seen    string // the digest of the manifest
}

// reviewKinds are what the buttons of a review say.
var reviewKinds = map[string]state.RequestKind{"approve": state.Approve, "reject": state.Reject}

func askedOf(form url.Values) (asked, error) {
	a := asked{seen: form.Get("seen"), amount: strings.TrimSpace(form.Get("amount"))}
	kind, ok := reviewKinds[form.Get("do")]
	if !ok {
		return a, fmt.Errorf("%w: want to approve or to reject", pipeline.ErrUsage)
	}
	a.request = state.Request{Kind: kind, By: strings.TrimSpace(form.Get("by")), Why: strings.TrimSpace(form.Get("why"))}
	if kind == state.Reject {
		a.amount = "" // the field is in the form, and means nothing here
	}
	a.choice.HoldFilter = filterOf(form)
	if credit := form.Get("credit"); credit != "" {
		a.choice.Credits = []string{credit}
	}
	a.choice.All = len(a.choice.Credits) == 0 && !a.choice.Set()
	return a, nil
}

// reviewed holds a form to what is there now: the request as it would be
// written, or why it would not.
func (s *site) reviewed(r *http.Request) (*pipeline.View, *pipeline.Seen, *pipeline.Review, asked, error) {
	a, err := askedOf(r.PostForm)
	if err != nil {
		return nil, nil, nil, a, err
	}
	look, seen, err := s.seen(r)
	if err != nil {
		return nil, nil, nil, a, err
	}
	if err := seen.StillLast(a.seen); err != nil {
		return nil, nil, nil, a, err
	}
	review, err := seen.Review(a.request, a.choice, a.amount)
	if err != nil {
		return nil, nil, nil, a, err
	}
	if review.Nothing() {
		return nil, nil, nil, a, fmt.Errorf("%w: nothing is left to ask for: %s", pipeline.ErrRefused, strings.Join(review.Notes, "; "))
	}
	return look, seen, review, a, seen.Check(review.Request)
}

// confirmData is the page that shows what would be written: the same fields go
// on to the page that writes it.
type confirmData struct {
	Action string // where the form goes
	Button string
	Fields []field
	Back   string
}

type field struct{ Name, Value string }

// review shows what a review would do. It writes nothing.
func (s *site) review(w http.ResponseWriter, r *http.Request) error {
	look, _, review, a, err := s.reviewed(r)
	if err != nil {
		return err
	}
	shown := review.Chosen[:min(len(review.Chosen), holdsPerPage)]
	t := holdTable(shown, look.HoldDays(), nil)
	if more := len(review.Chosen) - len(shown); more > 0 {
		t.More = "and " + report.Count(int64(more)) + " more"
	}
	facts := []fact{
		{"Awards", text(report.Count(int64(len(review.Chosen))))}, {"Together", sums(review.Total)}, {"Who decides", text(a.request.By)}, {"Why", text(a.request.Why)},
	}
	if review.Request.AmountMinor != 0 {
		held := review.Chosen[0]
		facts = append(facts, fact{"Lowered from", amount(held.AmountMinor, held.Currency)})
	}
	v := &view{Title: review.Title() + "?", Here: "holds", Lead: "Nothing is written yet. The next night carries it out."}
	v.Parts = []part{{Facts: facts}, {Title: "The awards", Table: t}}
	for _, note := range review.Notes {
		v.Alerts = append(v.Alerts, alert{"know", "Asked before:", note + "."})
	}
	data := &confirmData{Action: "/review/write", Button: "Write this request", Back: "/holds"}
	for _, name := range []string{"do", "seen", "credit", "rule", "customer", "cause", "amount", "by", "why"} {
		if value := r.PostForm.Get(name); value != "" {
			data.Fields = append(data.Fields, field{name, value})
		}
	}
	v.Data = data
	return s.show(w, http.StatusOK, "confirm.html", v)
}

// writeReview writes what review showed.
func (s *site) writeReview(w http.ResponseWriter, r *http.Request) error {
	_, seen, review, _, err := s.reviewed(r)
	if err != nil {
		return err
	}
	return s.write(w, r, seen, review.Request)
}

// write asks the next night for something, and shows that it waits.
func (s *site) write(w http.ResponseWriter, r *http.Request, seen *pipeline.Seen, request *state.Request) error {
	id, err := seen.Ask(request)
	if err != nil {
		return err
	}
	s.options.Log.Info("a request was written", "request", id, "kind", string(request.Kind), "by", request.By)
	http.Redirect(w, r, "/requests/"+id, http.StatusSeeOther)
	return nil
}
