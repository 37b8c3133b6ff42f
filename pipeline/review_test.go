package pipeline_test

import (
	"errors"
	"testing"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
)

// outcomes runs the last demo night and returns what came of its requests.
func (w *demo) outcomes() map[string]publish.RequestOutcome {
	w.t.Helper()
	w.mustRun(demoLast, demoLast)
	list, err := publish.ReadRequests(w.get("state/runs/" + demoLast.String() + "/requests.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	found := map[string]publish.RequestOutcome{}
	for _, o := range list {
		found[o.ID] = o
	}
	return found
}

func (w *demo) see() *pipeline.Seen {
	w.t.Helper()
	seen, err := pipeline.See(w.t.Context(), w.config())
	if err != nil {
		w.t.Fatal(err)
	}
	return seen
}

func (w *demo) ask(r state.Request) string {
	w.t.Helper()
	id, err := w.see().Ask(&r)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// confirmAbove lets one person take back next to nothing alone.
func (w *demo) confirmAbove() {
	w.put("amends.yaml", append(w.get("amends.yaml"), "\nconfirm_above: {USD: 0.01, EUR: 0.01, GBP: 0.01, JPY: 1}\n"...))
}

func TestASecondPersonConfirms(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	w.confirmAbove()
	open := w.see().Open
	alone := w.ask(state.Request{Kind: state.Void, Credits: []string{open[0].CreditID}, By: "Mo", Why: "wrong"})
	confirmed := w.ask(state.Request{Kind: state.Void, Credits: []string{open[1].CreditID}, By: "Mo", Why: "wrong"})
	if _, err := w.see().Ask(&state.Request{Kind: state.Confirm, Confirms: confirmed, By: "Mo", Why: "me too"}); !errors.Is(err, pipeline.ErrRefused) {
		t.Errorf("Mo confirms Mo: %v", err)
	}
	if _, err := w.see().Ask(&state.Request{Kind: state.Confirm, Confirms: "rq1_none", By: "Ana", Why: "x"}); !errors.Is(err, pipeline.ErrRefused) {
		t.Errorf("a request that is none is confirmed: %v", err)
	}
	word := w.ask(state.Request{Kind: state.Confirm, Confirms: confirmed, By: "Ana", Why: "I looked"})
	got := w.outcomes()
	for id, want := range map[string]string{alone: "unconfirmed", confirmed: "done", word: "done"} {
		if got[id].Outcome != want {
			t.Errorf("%s is %+v, want %s", id, got[id], want)
		}
	}
	voided := map[string]bool{}
	for _, p := range demoOutput(w, demoLast, "postings.parquet", publish.ReadPostings) {
		if p.Kind == ledger.Void && (p.Reference == alone || p.Reference == confirmed) {
			voided[p.CreditID] = true
		}
	}
	if voided[open[0].CreditID] || !voided[open[1].CreditID] || len(voided) != 1 {
		t.Errorf("voided %v; want %s alone", voided, open[1].CreditID)
	}
	if r := w.verify(pipeline.VerifyOptions{Replay: demoLast, HasReplay: true}); len(r.Findings) > 0 {
		t.Errorf("%+v", r.Findings)
	}
}

// What a person saw is what the request is about: after another night it is
// refused, and one that was written before is stale.
func TestRequestsAreBoundToWhatWasSeen(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	seen := w.see()
	void := state.Request{Kind: state.Void, Credits: []string{seen.Open[0].CreditID}, By: "Mo", Why: "wrong"}
	old := void
	old.SeenSHA256 = seen.ManifestSHA256[1:] + "0"
	stale, err := state.PutRequest(durable.OS{}, w.path("state"), &old)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.outcomes(); got[stale].Outcome != "stale" {
		t.Errorf("%+v", got)
	}
	if _, err := seen.Ask(&void); !errors.Is(err, pipeline.ErrRefused) {
		t.Errorf("asked in view of the night before: %v", err)
	}
}
