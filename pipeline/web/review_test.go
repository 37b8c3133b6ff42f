package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"amends/pipeline/durable"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/pipeline/web"
	"amends/rules/money"
)

// written is the one request that waits.
func (w *demo) written() *state.Request {
	w.t.Helper()
	chain, err := state.Open(durable.OS{}, w.path("state"))
	if err != nil {
		w.t.Fatal(err)
	}
	pending, err := chain.PendingRequests()
	if err != nil || len(pending) != 1 {
		w.t.Fatalf("%d requests wait, %v", len(pending), err)
	}
	return pending[0]
}

func (w *demo) ask(r state.Request) string {
	w.t.Helper()
	id, err := w.see().Ask(&r)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// What a filter shows is what is decided, and no more.
func TestAFilteredSetIsRejected(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	rule := w.largest().RuleID
	var want []string
	total := money.ByCurrency{}
	other := ""
	for _, h := range w.see().Holds {
		if h.RuleID != rule {
			other = h.CreditID
			continue
		}
		want = append(want, h.CreditID)
		if err := total.Add(h.Currency, h.AmountMinor); err != nil {
			t.Fatal(err)
		}
	}
	list := s.get("/holds?rule="+url.QueryEscape(rule), http.StatusOK)
	sum := report.Counted(int64(len(want)), "award", "awards") + " of " + report.Amounts(total) + " together"
	wants(t, list, sum)
	if strings.Contains(list.body, other) {
		t.Errorf("%s is of another rule", other)
	}
	shown := s.post("/review", http.StatusOK, with(hidden(t, list), "do", "reject", "by", "Mo", "why", "no"))
	wants(t, shown, "End without a credit "+sum)
	s.post("/review/write", http.StatusSeeOther, hidden(t, shown))
	slices.Sort(want)
	if r := w.written(); r.Kind != state.Reject || !slices.Equal(r.Credits, want) || r.By != "Mo" || r.Why != "no" || r.SeenSHA256 != w.see().ManifestSHA256 {
		t.Errorf("wrote %+v, want %q", r, want)
	}
	for query, fits := range map[string]func(publish.Hold) bool{
		"cause=approval":        func(h publish.Hold) bool { return h.HoldCauses[0].Kind == "approval" },
		"cause=approval%3Anone": func(publish.Hold) bool { return false },
		"customer=" + w.largest().CustomerID: func(h publish.Hold) bool {
			return h.CustomerID == w.largest().CustomerID
		},
	} {
		a := s.get("/holds?"+query, http.StatusOK)
		for _, h := range w.see().Holds {
			if strings.Contains(a.body, `"/holds/`+h.CreditID+`"`) != fits(h) {
				t.Errorf("%s: %s", query, h.CreditID)
			}
		}
	}
	wants(t, s.get("/holds?rule=none", http.StatusOK), "No award that waits fits.")
}

// A form without what the commands ask for, too, is refused in the same words.
func TestReviewsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	form := approvalForm(t, w, s)
	for _, c := range []struct {
		name, value string
		status      int
		text        string
	}{
		{"by", "", 400, "&#34;by&#34;: missing or empty"}, {"by", "  ", 400, "missing or empty"}, {"why", "", 400, "&#34;why&#34;: missing or empty"},
		{"do", "", 400, "to approve or to reject"}, {"do", "void", 400, "to approve or to reject"},
		{"amount", "1000000", 400, "at most the"}, {"amount", "0", 400, "more than nothing"}, {"amount", "-1", 400, "cannot be asked for"},
		{"amount", "1.005", 400, "which has 2 digits"}, {"amount", "x", 400, "cannot be asked for"},
		{"credit", "cr1_none", 409, "cr1_none does not wait for a person"}, {"rule", "late", 400, "one of the three"},
		{"seen", "", 409, "was committed while you looked; look again"}, {"seen", strings.Repeat("0", 64), 409, "was committed while you looked"},
	} {
		for _, path := range []string{"/review", "/review/write"} {
			wants(t, s.post(path, c.status, with(form, c.name, c.value)), c.text)
		}
	}
	all := with(form, "amount", "1.00")
	delete(all, "credit")
	wants(t, s.post("/review", 400, all), "an amount is for one award")
	wants(t, s.post("/review", 409, with(form, "credit", "", "rule", "none")), "no award that waits fits")
	if got := w.pending(); len(got) != 0 {
		t.Errorf("written: %q", got)
	}
	w.runNext()
	wants(t, s.post("/review/write", http.StatusConflict, form), "the night of "+demoNext.String()+" was committed while you looked; look again")
	if got := w.pending(); len(got) != 0 {
		t.Errorf("written: %q", got)
	}
}

// A second person confirms a reversal on its page; the first cannot.
func TestASecondPersonConfirms(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.put("amends.yaml", append(w.get("amends.yaml"), "\nconfirm_above: {USD: 0.01, EUR: 0.01, GBP: 0.01, JPY: 1}\n"...))
	s := newSite(t, web.Options{Config: w.config()})
	seen := w.see()
	credits, err := seen.IssuedOn(demoLast)
	if err != nil || len(credits) == 0 {
		t.Fatal(len(credits), err)
	}
	left := money.ByCurrency{}
	for _, c := range credits {
		if err := left.Add(c.Currency, c.Remaining()); err != nil {
			t.Fatal(err)
		}
	}
	reversal := w.ask(state.Request{Kind: state.Reverse, Run: demoLast, By: "Mo", Why: "wrong cap"})
	approval := w.ask(state.Request{Kind: state.Approve, Credits: []string{w.largest().CreditID}, By: "Mo", Why: "ok"})
	list := s.get("/requests", http.StatusOK)
	wants(t, list, "takes back what is left of "+report.Counted(int64(len(credits)), "credit", "credits")+" of "+demoLast.String(), "needs another person")
	for _, currency := range left.Currencies() {
		wants(t, list, report.Amount(left[currency], currency))
	}
	if a := s.get("/requests/"+approval, http.StatusOK); strings.Contains(a.body, "/confirm") {
		t.Error("an approval is confirmed by nobody")
	}
	form := with(hidden(t, s.get("/requests/"+reversal, http.StatusOK)), "by", "Ana", "why", "checked")
	wants(t, s.post("/confirm", http.StatusConflict, with(form, "by", "Mo")), "Mo asked for it, so another person confirms")
	wants(t, s.post("/confirm", http.StatusBadRequest, with(form, "why", "")), "missing or empty")
	wants(t, s.post("/confirm", http.StatusConflict, with(form, "request", approval)), "only voids and reversals are confirmed")
	wants(t, s.post("/confirm", http.StatusNotFound, with(form, "request", "rq1_none")), "no request rq1_none waits")
	shown := s.post("/confirm", http.StatusOK, form)
	wants(t, shown, "Confirm what Mo asked for?", "Nothing is written yet", "Ana", "wrong cap")
	if got := w.pending(); len(got) != 2 {
		t.Fatalf("the first step wrote %q", got)
	}
	write := hidden(t, shown)
	wants(t, s.post("/confirm/write", http.StatusConflict, with(write, "seen", strings.Repeat("0", 64))), "was committed while you looked")
	s.post("/confirm/write", http.StatusSeeOther, write)
	wants(t, s.get("/requests", http.StatusOK), "confirmed by Ana", "confirms what Mo asked for")
	if a := s.get("/requests/"+reversal, http.StatusOK); strings.Contains(a.body, `action="/confirm"`) {
		t.Error("it is confirmed, and asks for a second person still")
	}
	w.runNext()
	outcomes, err := publish.ReadRequests(w.get("state/runs/" + demoNext.String() + "/requests.json"))
	if err != nil || len(outcomes) != 3 {
		t.Fatal(outcomes, err)
	}
	for _, o := range outcomes {
		if o.Outcome != "done" {
			t.Errorf("%+v", o)
		}
	}
}

// Many small voids of one person take a second one together, as in the night.
func TestSmallVoidsAddUp(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	var open []string
	bound := int64(0)
	for _, c := range w.see().Open {
		if c.Currency == "USD" && len(open) < 2 {
			open = append(open, c.CreditID)
			bound = max(bound, c.Remaining())
		}
	}
	amount := money.Amount{Minor: bound, Currency: "USD"}
	number, _, _ := strings.Cut(amount.String(), " ")
	w.put("amends.yaml", append(w.get("amends.yaml"), "\nconfirm_above: {USD: "+number+", EUR: 0, GBP: 0, JPY: 0}\n"...))
	w.ask(state.Request{Kind: state.Void, Credits: open[:1], By: "Mo", Why: "wrong"})
	if a := s.get("/requests", http.StatusOK); strings.Contains(a.body, "needs another person") {
		t.Error("one of them is within the bound")
	}
	w.ask(state.Request{Kind: state.Void, Credits: open[1:], By: "Mo", Why: "wrong"})
	a := s.get("/requests", http.StatusOK)
	if n := strings.Count(a.body, "needs another person"); n != 1 {
		t.Errorf("%d need another person", n)
	}
	w.runNext()
	outcomes, err := publish.ReadRequests(w.get("state/runs/" + demoNext.String() + "/requests.json"))
	if err != nil {
		t.Fatal(err)
	}
	alone := 0
	for _, o := range outcomes {
		if o.Outcome == "unconfirmed" {
			alone++
			if !strings.Contains(a.body[strings.Index(a.body, o.ID):], "needs another person") {
				t.Errorf("the page said nothing of %s", o.ID)
			}
		}
	}
	if alone != 1 {
		t.Errorf("%+v", outcomes)
	}
}

// Who made a request withdraws it: its page says so, and nobody confirms it.
func TestAWithdrawnRequestDoesNothing(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.put("amends.yaml", append(w.get("amends.yaml"), "\nconfirm_above: {USD: 0.01, EUR: 0.01, GBP: 0.01, JPY: 1}\n"...))
	s := newSite(t, web.Options{Config: w.config()})
	reversal := w.ask(state.Request{Kind: state.Reverse, Run: demoLast, By: "Mo", Why: "wrong cap"})
	form := with(hidden(t, s.get("/requests/"+reversal, http.StatusOK)), "by", "Ana", "why", "checked")
	word := w.ask(state.Request{Kind: state.Withdraw, Withdraws: reversal, By: "Mo", Why: "the cap was right"})
	wants(t, s.get("/requests/"+word, http.StatusOK), "<h1>Withdrawal by Mo</h1>")
	list := s.get("/requests", http.StatusOK)
	wants(t, list, "withdrawn by who made it", "withdraws "+reversal)
	if strings.Contains(list.body, "needs another person") {
		t.Error("what is withdrawn needs nobody")
	}
	if a := s.get("/requests/"+reversal, http.StatusOK); strings.Contains(a.body, `action="/confirm"`) {
		t.Error("what is withdrawn asks for a second person")
	}
	wants(t, s.post("/confirm", http.StatusConflict, form), "Mo withdrew it")
}

// What a rejection beats is not shown as if it were to be carried out.
func TestAnApprovalThatIsBeaten(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	held := []string{w.see().Holds[0].CreditID}
	approval := w.ask(state.Request{Kind: state.Approve, Credits: held, By: "Mo", Why: "fine"})
	if a := s.get("/requests", http.StatusOK); strings.Contains(a.body, "overruled by") {
		t.Error("nothing beats it yet")
	}
	w.ask(state.Request{Kind: state.Reject, Credits: held, By: "Ana", Why: "not ours"})
	wants(t, s.get("/requests", http.StatusOK), held[0]+": overruled by Ana, who rejects it", "waits for the next night")
	wants(t, s.get("/requests/"+approval, http.StatusOK), held[0]+": overruled by Ana, who rejects it")
}

// What a person asked for is in the list and in its sums, and asking for the
// same again is answered rather than written.
func TestTheListShowsWhatIsAsked(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	h := w.largest()
	id := w.ask(state.Request{Kind: state.Approve, Credits: []string{h.CreditID}, AmountMinor: 1, Currency: h.Currency, By: "kim", Why: "next to nothing"})
	words := "kim asks to approve " + report.Amount(1, h.Currency)
	wants(t, s.get("/holds?customer="+h.CustomerID, http.StatusOK), words, "/requests/"+id, "asked for already")
	page := s.get("/holds/"+h.CreditID, http.StatusOK)
	wants(t, page, words, "next to nothing")
	form := with(hidden(t, page), "by", "Ana", "why", "checked")
	wants(t, s.post("/review", http.StatusConflict, with(form, "do", "approve")), words+" already", "no second request is needed")
	wants(t, s.post("/review", http.StatusOK, with(form, "do", "reject")), "which this overrules")
	w.ask(state.Request{Kind: state.Reject, Credits: []string{h.CreditID}, By: "Mo", Why: "it arrived"})
	wants(t, s.get("/requests", http.StatusOK), "overruled by Mo, who rejects it")
	if got := w.pending(); len(got) != 2 {
		t.Errorf("written: %q", got)
	}
}
