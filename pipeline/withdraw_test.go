package pipeline_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
)

// put writes a request without the checks of Ask, bound to the last run.
func (w *demo) putRequest(r state.Request) string {
	w.t.Helper()
	r.SeenSHA256 = w.see().ManifestSHA256
	id, err := state.PutRequest(durable.OS{}, w.path("state"), &r)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// requestsNow are the requests that status lists, by id.
func (w *demo) requestsNow() map[string]pipeline.RequestStatus {
	w.t.Helper()
	s, err := pipeline.Status(w.t.Context(), w.config(), time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	found := map[string]pipeline.RequestStatus{}
	for _, r := range s.Requests {
		found[r.ID] = r
	}
	return found
}

func TestWhoMadeARequestWithdrawsIt(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	open, holds := w.see().Open, w.see().Holds
	if len(holds) == 0 || len(open) < 3 {
		t.Fatalf("%d holds, %d credits", len(holds), len(open))
	}
	held := holds[0].CreditID
	void := w.ask(state.Request{Kind: state.Void, Credits: []string{open[0].CreditID}, By: "Mo", Why: "wrong"})
	other := w.ask(state.Request{Kind: state.Void, Credits: []string{open[1].CreditID}, By: "Mo", Why: "wrong"})
	reject := w.ask(state.Request{Kind: state.Reject, Credits: []string{held}, By: "Mo", Why: "arrived"})
	approve := w.ask(state.Request{Kind: state.Approve, Credits: []string{held}, By: "Ana", Why: "did not"})
	if got := w.requestsNow(); got[approve].Good || !strings.Contains(got[approve].Problem, held+": overruled by Mo, who rejects it ("+reject+")") || !got[reject].Good {
		t.Errorf("%+v", got)
	}
	for text, r := range map[string]state.Request{
		"made by Mo":         {Kind: state.Withdraw, Withdraws: void, By: "Ana", Why: "x"},
		"no request rq1_not": {Kind: state.Withdraw, Withdraws: "rq1_not", By: "Mo", Why: "x"},
	} {
		if _, err := w.see().Ask(&r); !errors.Is(err, pipeline.ErrRefused) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
	word := w.ask(state.Request{Kind: state.Withdraw, Withdraws: void, By: "Mo", Why: "the wrong credit"})
	unsaid := w.ask(state.Request{Kind: state.Withdraw, Withdraws: reject, By: "Mo", Why: "it did not"})
	for text, r := range map[string]state.Request{
		"itself a withdrawal": {Kind: state.Withdraw, Withdraws: word, By: "Mo", Why: "x"},
		"withdrawn already":   {Kind: state.Withdraw, Withdraws: void, By: "Mo", Why: "again"},
	} {
		if _, err := w.see().Ask(&r); !errors.Is(err, pipeline.ErrRefused) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
	// What Ask refuses counts for nothing where a file of it is there all the same.
	stranger := w.putRequest(state.Request{Kind: state.Withdraw, Withdraws: other, By: "Ana", Why: "no"})
	chained := w.putRequest(state.Request{Kind: state.Withdraw, Withdraws: word, By: "Mo", Why: "no"})
	now := w.requestsNow()
	for id, good := range map[string]bool{void: false, other: true, reject: false, approve: true, word: true, unsaid: true, stranger: false, chained: false} {
		if now[id].Good != good {
			t.Errorf("%+v, want good: %v", now[id], good)
		}
	}
	if now[void].Problem != "withdrawn" || now[other].Minor[open[1].Currency] != open[1].Remaining() || now[approve].Minor[holds[0].Currency] != holds[0].AmountMinor {
		t.Errorf("%+v", now)
	}
	got := w.outcomes()
	for id, want := range map[string]string{void: "withdrawn", other: "done", reject: "withdrawn", word: "done", unsaid: "done", stranger: "no-target", chained: "no-target"} {
		if got[id].Outcome != want {
			t.Errorf("%s is %+v, want %s", id, got[id], want)
		}
	}
	if o := got[approve].Outcome; o != "done" && o != "no-effect" { // a limit of the night may hold it again
		t.Errorf("the approval is %+v", got[approve])
	}
	did := map[string]bool{}
	for _, p := range demoOutput(w, demoLast, "postings.parquet", publish.ReadPostings) {
		if p.Kind == ledger.Void || p.Kind == ledger.Reject {
			did[p.Reference] = true
		}
	}
	if did[void] || did[reject] || !did[other] {
		t.Errorf("carried out %v, want %s alone", did, other)
	}
	if r := w.verify(pipeline.VerifyOptions{Replay: demoLast, HasReplay: true}); len(r.Findings) > 0 {
		t.Errorf("%+v", r.Findings)
	}
	if now := w.requestsNow(); len(now) > 0 {
		t.Errorf("still waiting: %+v", now)
	}
}

// A confirmation that was withdrawn confirms nothing.
func TestAWithdrawnConfirmationIsNone(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	w.confirmAbove()
	void := w.ask(state.Request{Kind: state.Void, Credits: []string{w.see().Open[0].CreditID}, By: "Mo", Why: "wrong"})
	if r := w.requestsNow()[void]; r.Good || !strings.Contains(r.Problem, "confirmation is missing") {
		t.Errorf("%+v", r)
	}
	word := w.ask(state.Request{Kind: state.Confirm, Confirms: void, By: "Ana", Why: "I looked"})
	if now := w.requestsNow(); !now[void].Good || !now[word].Good {
		t.Errorf("%+v", now)
	}
	back := w.ask(state.Request{Kind: state.Withdraw, Withdraws: word, By: "Ana", Why: "I did not"})
	if now := w.requestsNow(); now[void].Good || now[word].Good || !now[back].Good {
		t.Errorf("%+v", now)
	}
	got := w.outcomes()
	for id, want := range map[string]string{void: "unconfirmed", word: "withdrawn", back: "done"} {
		if got[id].Outcome != want {
			t.Errorf("%s is %+v, want %s", id, got[id], want)
		}
	}
}

func TestStatusSaysThatARequestIsStale(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	seen := w.see()
	r := state.Request{Kind: state.Void, Credits: []string{seen.Open[0].CreditID, "cr1_gone"}, By: "Mo", Why: "wrong"}
	fresh := w.putRequest(r)
	r.Why, r.SeenSHA256 = "older", w.firstDigest()
	stale, err := state.PutRequest(durable.OS{}, w.path("state"), &r)
	if err != nil {
		t.Fatal(err)
	}
	now := w.requestsNow()
	if s := now[stale]; s.Good || s.Since != demoFirst.String() || s.Problem != "stale: the night of "+(demoLast-1).String()+" was settled since" {
		t.Errorf("%+v", s)
	}
	if s := now[fresh]; !s.Good || s.Since != (demoLast-1).String() || !strings.HasPrefix(s.Problem, "1 target is not there any more: cr1_gone") {
		t.Errorf("%+v", s)
	}
}

// firstDigest is the SHA-256 of the first manifest.
func (w *demo) firstDigest() string { return state.Digest(w.get("state/manifests/1.json")) }
