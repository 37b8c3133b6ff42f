package pipeline_test

import (
	"maps"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
)

// Of several requests about one award one counts, the others say which; and the
// reasons that people give are in what the night publishes.
func TestTheLowerApprovalAndTheRejectionCount(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	holds := w.see().Holds
	if len(holds) < 2 || holds[0].AmountMinor < 3 {
		t.Fatalf("%d awards wait", len(holds))
	}
	first, second := holds[0], holds[1]
	half := first.AmountMinor / 2
	whole := w.ask(state.Request{Kind: state.Approve, Credits: []string{first.CreditID}, By: "Ana", Why: "all of it"})
	lower := w.ask(state.Request{Kind: state.Approve, Credits: []string{first.CreditID}, AmountMinor: half, Currency: first.Currency, By: "kim", Why: "half the parts arrived"})
	approve := w.ask(state.Request{Kind: state.Approve, Credits: []string{second.CreditID}, By: "Ana", Why: "all of it"})
	reject := w.ask(state.Request{Kind: state.Reject, Credits: []string{second.CreditID}, By: "Mo", Why: "it arrived: see the photo"})
	asked, err := w.see().Asked()
	if err != nil || asked[first.CreditID].Request.ID != lower || asked[first.CreditID].Minor != half || asked[second.CreditID].Request.ID != reject {
		t.Errorf("%+v, %v", asked, err)
	}
	total, count, err := pipeline.Standing([]publish.Hold{first, second}, asked)
	if err != nil || count != 2 || total[first.Currency] != half || len(total) > 2 || first.Currency != second.Currency && total[second.Currency] != 0 {
		t.Errorf("%v of %d, %v", total, count, err)
	}
	now := w.requestsNow()
	for id, good := range map[string]bool{whole: false, lower: true, approve: false, reject: true} {
		if now[id].Good != good {
			t.Errorf("%+v, want good: %v", now[id], good)
		}
	}
	got := w.outcomes()
	if o := got[whole]; o.Outcome != "overruled" || !strings.HasPrefix(o.Detail, first.CreditID+": overruled by kim, who approves ") || o.Asked[first.Currency] != first.AmountMinor || len(o.Done) != 0 {
		t.Errorf("%+v", o)
	}
	if o := got[approve]; o.Outcome != "overruled" || o.Detail != second.CreditID+": overruled by Mo, who rejects it ("+reject+")" || len(o.Done) != 0 {
		t.Errorf("%+v", o)
	}
	if o := got[reject]; o.Outcome != "done" || o.By != "Mo" || o.Why != "it arrived: see the photo" || !maps.Equal(o.Done, map[string]int64{second.Currency: second.AmountMinor}) {
		t.Errorf("%+v", o)
	}
	issued := int64(0)
	for _, p := range demoOutput(w, demoLast, "postings.parquet", publish.ReadPostings) {
		switch {
		case p.Kind == ledger.Issue && p.Reference == lower:
			issued = p.Minor
		case p.Reference == whole || p.Reference == approve:
			t.Errorf("carried out: %+v", p)
		case p.Kind == ledger.Reject && (p.Reference != reject || p.Reason != "it arrived: see the photo"):
			t.Errorf("%+v", p)
		}
	}
	if o := got[lower]; o.By != "kim" || o.Why != "half the parts arrived" || o.Asked[first.Currency] != half || o.Done[first.Currency] != issued || (issued == 0) != (o.Outcome == "no-effect") {
		t.Errorf("%+v, issued %d", o, issued)
	}
	if r := w.verify(pipeline.VerifyOptions{Replay: demoLast, HasReplay: true}); len(r.Findings) > 0 {
		t.Errorf("%+v", r.Findings)
	}
}

// Who asks for what is asked already is told, and makes no second request.
func TestWhatIsAskedAlreadyIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	holds := w.see().Holds
	first := holds[0].CreditID
	w.ask(state.Request{Kind: state.Approve, Credits: []string{first}, By: "kim", Why: "checked"})
	review := func(kind state.RequestKind, choice pipeline.HoldChoice) *pipeline.Review {
		r, err := w.see().Review(state.Request{Kind: kind, By: "Ana", Why: "checked too"}, choice, "")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one := pipeline.HoldChoice{Credits: []string{first}}
	if r := review(state.Approve, one); !r.Nothing() || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "kim asks to approve ") {
		t.Errorf("%+v", r)
	}
	if r := review(state.Approve, pipeline.HoldChoice{All: true}); len(r.Chosen) != len(holds)-1 || len(r.Request.Credits) != len(holds)-1 {
		t.Errorf("%d of %d awards: %+v", len(r.Chosen), len(holds), r.Notes)
	}
	if r := review(state.Reject, one); r.Nothing() || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "which this overrules") {
		t.Errorf("%+v", r)
	}
}
