package pipeline_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/rules/calendar"
)

// lateTwice is "at most twice in three days for late parcels".
const lateTwice = "limits: [{id: late-twice, per: customer, rules: late, window_days: 3, max_count: 2, exceed: deny}]\n"

// lateTwiceShop has a late parcel and a damaged one of ann on each of four
// nights, and a second late one on the last.
func lateTwiceShop(t *testing.T) (s *shop, first, last calendar.Date) {
	t.Helper()
	s, first = explainShop(t, lateTwice)
	for i, id := range []string{"1", "2", "3", "4"} {
		night := first.AddDays(i)
		rows := []shopDelivery{explainRow(night, "d"+id, nil)}
		if id == "4" {
			rows = append(rows, explainRow(night, "d5", nil))
		}
		s.deliveries(night, "a", rows...)
		s.defects(night, "a", shopDefect{id: "f" + id, customer: "ann", order: "o-f" + id, currency: "USD", kind: "damaged", priceMinor: 1800, reported: night})
	}
	return s, first, first.AddDays(3)
}

// lateTwiceOutcomes by hand: night 3 counts nights 1 to 3, night 4 counts nights
// 2 to 4, where d5 goes first by its credit id; damage counts nowhere and is
// given every night.
var lateTwiceOutcomes = []string{
	"1 d1 issued", "1 f1 issued", "2 d2 issued", "2 f2 issued", "3 d3 denied limit:late-twice", "3 f3 issued",
	"4 d4 denied limit:late-twice", "4 d5 issued", "4 f4 issued",
}

func outcomesOf(t *testing.T, s *shop, first, last calendar.Date) []string {
	t.Helper()
	var list []string
	for night := first; night <= last; night++ {
		path := filepath.Join(s.stateDir(), "runs", night.String(), publish.DecisionsFile)
		for _, d := range demoRead(t, path, publish.ReadDecisions) {
			if d.Repeat {
				continue
			}
			text := string(rune('1'+int(night-first))) + " " + d.EventID + " " + string(d.Outcome)
			if d.Outcome != "issued" {
				text += " " + d.Reason
			}
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return list
}

// A limit of one rule counts that rule alone, over nights, whether the archive
// or the nights' own postings answer.
func TestLimitOfOneRuleOverNights(t *testing.T) {
	t.Parallel()
	for _, archived := range []bool{true, false} {
		s, first, last := lateTwiceShop(t)
		for night := first; night <= last; night++ {
			explainRun(t, s, night, night)
			if !archived {
				mustDo(t, os.RemoveAll(filepath.Join(s.stateDir(), "derived")))
			}
		}
		if got := outcomesOf(t, s, first, last); !slices.Equal(got, lateTwiceOutcomes) {
			t.Errorf("archived %t:\n%s\nwant\n%s", archived, strings.Join(got, "\n"), strings.Join(lateTwiceOutcomes, "\n"))
		}
	}
}

// The explanation counts what the limit did, and an award of another rule does
// not come to it.
func TestExplainLimitOfOneRule(t *testing.T) {
	t.Parallel()
	s, first, last := lateTwiceShop(t)
	explainRun(t, s, first, last)
	for id, want := range map[string]string{
		"d2": "limit late-twice fits: customer ann had 1 of 2 credits of rule late in 3 days",
		"d3": "limit late-twice denies: customer ann had 2 of 2 credits of rule late in 3 days, which leaves none",
		"d4": "limit late-twice denies: customer ann had 2 of 2 credits of rule late in 3 days, which leaves none", // d2, and d5 tonight
		"d5": "limit late-twice fits: customer ann had 1 of 2 credits of rule late in 3 days",
		"f3": "",
	} {
		night := first.AddDays(int(min(id[1], '4') - '1'))
		e := explainOne(t, s, pipeline.ExplainRequest{ID: id, Date: night, HasDate: true})
		got := ""
		for _, step := range e.Steps {
			if step.Step == "limit" {
				got += step.Step + " " + step.ID + " " + step.Effect + ": " + step.Why
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
		counted := map[string]int{"d2": 1, "d3": 2, "d4": 2, "d5": 1}[id]
		ofLimit := func(h report.ExplainedGiven) bool { return slices.Contains(h.CountedBy, "limit:late-twice") }
		if n := len(slices.DeleteFunc(slices.Clone(e.History), func(h report.ExplainedGiven) bool { return !ofLimit(h) })); n != counted {
			t.Errorf("%s: the limit counted %d entries of %+v, want %d", id, n, e.History, counted)
		}
	}
}
