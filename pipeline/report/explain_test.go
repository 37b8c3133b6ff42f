package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// explained is an event that was trimmed, made by hand: everything that the
// text shows is in it once.
func explained() *Explanation {
	e := ExplainedEvent{
		Source: "deliveries", EventID: "d-1", IncidentID: "in1_aa", CreditID: "cr1_aa", CustomerID: "ann", OrderID: "o-1", File: "data/a.parquet", Row: 3,
		Since: "2026-03-01T00:00:00Z", At: "2026-03-05T12:00:00Z", Currency: "USD", Outcome: "issued", Reason: "LATE", GrossMinor: 742, AmountMinor: 500,
		Rules: []ExplainedRule{
			{ID: "late", Place: "rules/a.yaml:8", Outcome: IsTrue, Phrase: "10 % of $74.20", Minor: 742, Chosen: true,
				Conditions: []ExplainedCondition{{Text: "a or b", Outcome: IsTrue, Values: []ExplainedValue{{"a", "true"}, {"b", "null"}}, Parts: []ExplainedCondition{
					{Text: "a", Outcome: IsTrue, Values: []ExplainedValue{{"a", "true"}}},
					{Text: "b", Outcome: IsUnknown, Values: []ExplainedValue{{"b", "null"}}, Fault: "unexpected-null: b"},
				}}},
				Amount: []ExplainedValue{{"price", "$74.20"}, {"0.1 * price", "$7.42"}}},
			{ID: "storm", Place: "rules/a.yaml:9", Inactive: "it begins on 2026-04-01"},
			{ID: "share", Place: "rules/a.yaml:10", Outcome: IsTrue, Fault: "division-by-zero: /"},
			{ID: "trial", Place: "rules/a.yaml:11", Shadow: true, Outcome: IsFalse, Conditions: []ExplainedCondition{{
				Text: "days > 5", Outcome: IsFalse, Values: []ExplainedValue{{"days", "3"}}, Threshold: &ExplainedThreshold{"days", "3", "more than 5", "2 short"}}}},
		},
		Exclusions: []ExplainedGuard{{ID: "abuse", Place: "rules/a.yaml:6", Outcome: IsFalse, Conditions: []ExplainedCondition{{Text: "abuse", Outcome: IsFalse}}}},
		Steps:      []ExplainedStep{{Step: "limit", ID: "week", Place: "rules/a.yaml:15", Effect: StepTrims, BeforeMinor: 742, AfterMinor: 500, Why: "customer ann had $5.00 of $10.00"}},
		History:    []ExplainedGiven{{Date: "2026-03-01", Kind: "credit", ID: "cr1_bb", OrderID: "o-0", Minor: 500, Currency: "USD", CountedBy: []string{"limit:week"}}},
	}
	e.Rules[3].NearMiss = &e.Rules[3].Conditions[0]
	e.Sentence = Sentence(&e)
	return &Explanation{
		Kind: OfEvent, ID: "d-1", BusinessDate: "2026-03-05", Notes: []string{"A note."}, Events: []ExplainedEvent{e}, More: 2,
		Postings: []ExplainedPosting{{Date: "2026-03-05", Kind: "issue", EventID: "d-1", RuleID: "late", Reason: "LATE", Minor: 500, Currency: "USD"}},
	}
}

const explainedText = `A note.

3 events of event d-1 on the night of 2026-03-05.

Event d-1 of deliveries, night of 2026-03-05
$5.00 because late (rules/a.yaml:8) gave 10 % of $74.20 = $7.42; limit week (rules/a.yaml:15)
lowered it to $5.00 (customer ann had $5.00 of $10.00). Not held.

  what      is
  ──────────────────────────────────────────────
  outcome   issued LATE
  order     o-1
  customer  ann
  incident  in1_aa
  credit    cr1_aa
  row       3 of data/a.parquet (counted from 0)
  began     2026-03-01T00:00:00Z
  final at  2026-03-05T12:00:00Z

Rule late (rules/a.yaml:8): hits and would give $7.42, and its award wins
  condition  is       because it read
  ──────────────────────────────────────
  a or b     true     a = true
                      b = null
    or a     true     a = true
    or b     unknown  b = null
                      unexpected-null: b
  its amount, step by step:
  value of     is
  ───────────────────
  price        $74.20
  0.1 * price  $7.42

Rule share (rules/a.yaml:10): hits, but its amount is unknown: division-by-zero: /

Rule trial (rules/a.yaml:11): does not hit, by one condition only; shadow: it never pays
  condition  is     because it read
  ──────────────────────────────────────────────────────────
  days > 5   false  days = 3
                    to be true it needs more than 5: 2 short

Rule storm (rules/a.yaml:9): not evaluated, it begins on 2026-04-01

Exclusions
  id              condition  is     because it read
  ─────────────────────────────────────────────────
  abuse           abuse      false
  rules/a.yaml:6

From the award to the credit
  step             says   before  after  why
  ───────────────────────────────────────────────────────────────────────
  limit week       trims   $7.42  $5.00  customer ann had $5.00 of $10.00
  rules/a.yaml:15

What was given before, and what counted it
  date        kind    amount  order  counted by
  ─────────────────────────────────────────────
  2026-03-01  credit   $5.00  o-0    limit:week

And 2 events more: name one of them, or leave out sources with --source.

In the ledger, on all nights
  date        posting  amount  event  rule  reason
  ────────────────────────────────────────────────
  2026-03-05  issue     $5.00  d-1    late  LATE
`

func TestTextOfAnExplanation(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := ExplanationText(&out, explained(), TextOptions{Full: true}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(explainedText, out.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

// explainedShort is what decided: of the same event without the exclusion that
// does not hold, with a limit that fits, and with what the customer knows.
const explainedShort = `Event d-1 of deliveries, night of 2026-03-05
$5.00 because late (rules/a.yaml:8) gave 10 % of $74.20 = $7.42; limit week (rules/a.yaml:15)
lowered it to $5.00 (customer ann had $5.00 of $10.00). Not held.

  what          is
  ──────────────────────────────────────────────
  outcome       issued LATE
  order         o-1
  customer      ann
  can be used   2026-03-06 to 2026-04-04
  with it goes  an order of $25.00 or more
  was told      $5.00 is yours until 2026-04-04.
  credit        cr1_aa
  began         2026-02-28 19:00 -05:00
  final at      2026-03-05 07:00 -05:00

Rule late (rules/a.yaml:8): hits and would give $7.42, and its award wins
  condition  is       because it read
  ──────────────────────────────────────
  a or b     true     a = true
                      b = null
    or a     true     a = true
    or b     unknown  b = null
                      unexpected-null: b
  its amount, step by step:
  value of     is
  ───────────────────
  price        $74.20
  0.1 * price  $7.42

Other rules
  rule   says                   because
  ──────────────────────────────────────────────────────────
  share  its amount is unknown  division-by-zero: /
  trial  does not hit           days > 5 (days = 3, 2 short)
                                in trial: it never pays
  storm  not evaluated          it begins on 2026-04-01

From the award to the credit
  step             says   before  after  why
  ───────────────────────────────────────────────────────────────────────
  limit week       trims   $7.42  $5.00  customer ann had $5.00 of $10.00
  rules/a.yaml:15

What was given before, and what counted it
  date        kind    amount  order  counted by
  ─────────────────────────────────────────────
  2026-03-01  credit   $5.00  o-0    limit:week

Not shown: 1 exclusion that does not hold; budget nightly, which left the amount as it is.

With --full, everything that was looked at is shown: every condition, exclusion and limit.
`

func TestShortTextOfAnExplanation(t *testing.T) {
	t.Parallel()
	x := explained()
	x.Notes, x.Postings, x.More, x.Timezone = nil, nil, 0, "America/New_York"
	e := &x.Events[0]
	e.Credit = &ExplainedCredit{EffectiveAt: "2026-03-06T05:00:00Z", ExpiresAt: "2026-04-05T04:00:00Z", MinPurchaseMinor: 2500, Message: "$5.00 is yours until 2026-04-04."}
	e.Steps = append(e.Steps, ExplainedStep{Step: "budget", ID: "nightly", Effect: StepFits, BeforeMinor: 500, AfterMinor: 500})
	var out bytes.Buffer
	if err := ExplanationText(&out, x, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(explainedShort, out.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

// TestTextOfAnExplanationIsSafe has a name that would move a terminal's cursor.
func TestTextOfAnExplanationIsSafe(t *testing.T) {
	t.Parallel()
	x := explained()
	e := &x.Events[0]
	x.ID, e.EventID, e.CustomerID, e.Sentence = "\x1b[2J", "\x1b[2J", "\x1b[2J", "Nothing of \x1b[2J."
	e.Rules[0].ID, e.Steps[0].Why, e.Rules[0].Amount[0].Value = "\x1b[2J", "\x1b[2J", "\x1b[2J"
	var out bytes.Buffer
	if err := ExplanationText(&out, x, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("an escape reaches the terminal:\n%q", out.String())
	}
}

func TestSentencesOfWhatWasSettledBefore(t *testing.T) {
	t.Parallel()
	rule := []ExplainedRule{{ID: "late", Place: "rules/a.yaml:8", Outcome: IsTrue, Phrase: "$5.00", Minor: 500, Chosen: true}}
	const now = ": late (rules/a.yaml:8) would now give $5.00."
	const one = "Nothing more, because one incident gets one credit, and "
	cases := []struct {
		reason  string
		settled *ExplainedPosting
		want    string
	}{
		{"already-issued", &ExplainedPosting{Kind: "issue", Date: "2026-03-01", RuleID: "never", Minor: 900, Currency: "USD"}, one + "$9.00 was issued on 2026-03-01 by never" + now},
		{"already-denied", &ExplainedPosting{Kind: "deny", Date: "2026-03-01", Reason: "limit:week"}, one + "it was denied on 2026-03-01 (limit:week)" + now},
		{"already-rejected", &ExplainedPosting{Kind: "reject", Date: "2026-03-01"}, one + "a person rejected it on 2026-03-01" + now},
		{"already-lapsed", &ExplainedPosting{Kind: "lapse", Date: "2026-03-01"}, one + "its hold lapsed on 2026-03-01" + now},
		{"already-held", &ExplainedPosting{Kind: "hold", Date: "2026-03-01", Reason: "approval:large"}, one + "it has waited for a person since 2026-03-01 (approval:large)" + now},
		{"already-held", nil, one + "it waits for a person already" + now},
	}
	for _, c := range cases {
		e := &ExplainedEvent{Outcome: "suppressed", Reason: c.reason, Currency: "USD", Rules: rule, Settled: c.settled}
		if got := Sentence(e); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.reason, got, c.want)
		}
	}
}

func TestLaterMovements(t *testing.T) {
	e := &ExplainedEvent{IncidentID: "in1"}
	postings := []ExplainedPosting{
		{Date: "2026-01-01", Kind: "hold", IncidentID: "in1"},
		{Date: "2026-01-02", Kind: "issue", IncidentID: "in1", Minor: 742, Currency: "USD"},
		{Date: "2026-01-02", Kind: "issue", IncidentID: "other", Minor: 100, Currency: "USD"},
		{Date: "2026-01-03", Kind: "redeem", IncidentID: "in1", Minor: 300, Currency: "USD"},
		{Date: "2026-03-03", Kind: "forfeit", IncidentID: "in1", Minor: 442, Currency: "USD"},
	}
	for date, want := range map[string]string{
		"2026-01-01": "Since then: $7.42 was issued on 2026-01-02; $3.00 was redeemed on 2026-01-03; $4.42 expired unused on 2026-03-03.",
		"2026-01-03": "Since then: $4.42 expired unused on 2026-03-03.",
		"2026-03-03": "",
	} {
		if got := Later(e, date, postings); got != want {
			t.Errorf("after %s: %q, want %q", date, got, want)
		}
	}
	if got := Later(&ExplainedEvent{}, "2026-01-01", postings); got != "" {
		t.Errorf("of no incident: %q", got)
	}
}

func TestTimesAreTheWorkspaces(t *testing.T) {
	for value, want := range map[string]string{
		"2026-01-12T02:00:00Z":   "2026-01-11 21:00 -05:00",
		"2026-07-12T02:00:00.5Z": "2026-07-11 22:00:00.5 -04:00",
		`"2026-01-12T02:00:00Z"`: `"2026-01-12T02:00:00Z"`,
		"2026-01-12":             "2026-01-12",
		"":                       "",
	} {
		if got := newClock("America/New_York").local(value); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
	if got := newClock("Nowhere/Else").local("2026-01-12T02:00:00Z"); got != "2026-01-12T02:00:00Z" {
		t.Errorf("in an unknown zone: %s", got)
	}
}

// Of several events those that got nothing are one sentence, unless all are
// asked for; one that was named, or is alone, is whole.
func TestEventsThatGotNothingAreBrief(t *testing.T) {
	t.Parallel()
	rule := []ExplainedRule{{ID: "late", Place: "rules/a.yaml:8", Outcome: IsFalse}}
	paid := ExplainedEvent{Sentence: "$7.42 because late.", Source: "deliveries", EventID: "d-1", Outcome: "issued", Rules: rule}
	none := ExplainedEvent{Sentence: "Nothing, because no rule hits.", Source: "deliveries", EventID: "d-2", Outcome: RowUnmatched, Rules: rule}
	waits := ExplainedEvent{Sentence: "$9.00 waits for a person.", Source: "deliveries", EventID: "d-3", Outcome: "held", Rules: rule}
	for _, c := range []struct {
		name   string
		kind   string
		full   bool
		events []ExplainedEvent
		rules  int // how many events show their rules
		brief  bool
	}{
		{"a customer", OfCustomer, false, []ExplainedEvent{paid, none, waits, none}, 2, true},
		{"a customer in full", OfCustomer, true, []ExplainedEvent{paid, none, waits, none}, 4, false},
		{"one event of an order", OfOrder, false, []ExplainedEvent{none}, 1, false},
		{"an event of two rows", OfEvent, false, []ExplainedEvent{paid, none}, 2, false},
		{"a credit", OfCredit, false, []ExplainedEvent{paid, none}, 2, false},
	} {
		var b strings.Builder
		if err := ExplanationText(&b, &Explanation{Kind: c.kind, ID: "c-1", BusinessDate: "2026-01-15", Events: c.events}, TextOptions{Full: c.full}); err != nil {
			t.Fatal(err)
		}
		got := b.String()
		shown := "late  does not hit\n"
		if c.full {
			shown = "Rule late (rules/a.yaml:8): does not hit"
		}
		if n := strings.Count(got, shown); n != c.rules {
			t.Errorf("%s: %d events show their rules, want %d:\n%s", c.name, n, c.rules, got)
		}
		if has := strings.Contains(got, "By their sentence alone: 2 events that got nothing.\n"); has != c.brief {
			t.Errorf("%s: says that some are brief: %v:\n%s", c.name, has, got)
		}
		if n := strings.Count("\n"+got, "\nEvent d-"); n != len(c.events) {
			t.Errorf("%s: %d events are named, want %d", c.name, n, len(c.events))
		}
		for _, e := range c.events { // below its own heading, not above it
			if heading := "Event " + e.EventID + " of " + e.Source + ", night of 2026-01-15\n" + e.Sentence + "\n"; !strings.Contains(got, heading) {
				t.Errorf("%s: want %q in\n%s", c.name, heading, got)
			}
		}
	}
}

// A hold that a person let go says how much of how much, when and why.
func TestSentenceOfAnApproval(t *testing.T) {
	t.Parallel()
	of := func(minor, held, gross int64) *ExplainedEvent {
		return &ExplainedEvent{
			Outcome: "issued", Currency: "USD", ReleasedBy: "kim", GrossMinor: gross, AmountMinor: minor,
			Rules:    []ExplainedRule{{ID: "missing", Place: "rules/a.yaml:8", Outcome: IsTrue, Minor: gross, Chosen: true}},
			Approval: &ExplainedApproval{By: "kim", After: "2026-02-12", Minor: minor, HeldMinor: held, Why: "half the parts arrived."},
		}
	}
	for want, e := range map[string]*ExplainedEvent{
		"$40.00 because missing (rules/a.yaml:8) gave $76.10; kim approved $40.00 of $76.10 after the night of 2026-02-12 (half the parts arrived).":                of(4000, 7610, 7610),
		"$76.10 because missing (rules/a.yaml:8) gave $76.10; kim approved it after the night of 2026-02-12 (half the parts arrived).":                              of(7610, 7610, 7610),
		"$50.00 because missing (rules/a.yaml:8) gave $76.10; kim approved the $50.00 of it that were held after the night of 2026-02-12 (half the parts arrived).": of(5000, 5000, 7610),
	} {
		if got := Sentence(e); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
