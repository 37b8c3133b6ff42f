package ledger_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"amends/pipeline/ledger"
	"amends/rules/calendar"
	"amends/rules/money"
)

// chain is the honest chain that the table below doctors: 10.00 issued, 3.00
// used, the rest forfeited, 2.00 of it used late; beside it an open credit.
func chain(t testing.TB) []ledger.Posting {
	t.Helper()
	book := ledger.NewBook()
	other := march(t)
	other.CreditID, other.IncidentID, other.CustomerID, other.ExpiresAt = "cr-2", "in-2", "bob", other.ExpiresAt+24*365*hour
	postings, err := newYork(t, "2026-03-01").Issue(book, []ledger.Grant{march(t), other})
	step := func(more []ledger.Posting, stepErr error) {
		postings, err = append(postings, more...), errors.Join(err, stepErr)
	}
	at := march(t).EffectiveAt + hour
	more, _, stepErr := newYork(t, "2026-03-05").Redeem(book, []ledger.Redemption{redemption("r-1", 300, at)})
	step(more, stepErr)
	step(newYork(t, "2026-04-02").Forfeit(book))
	more, _, stepErr = newYork(t, "2026-04-04").Redeem(book, []ledger.Redemption{redemption("r-2", 200, at+hour)})
	step(more, stepErr)
	if err != nil || len(postings) != 6 {
		t.Fatalf("%d postings, %v", len(postings), err)
	}
	return postings
}

func replay(t testing.TB, postings []ledger.Posting) *ledger.Book {
	t.Helper()
	book := ledger.NewBook()
	for _, p := range postings {
		if err := book.Apply(p); err != nil {
			t.Fatal(err)
		}
	}
	return book
}

// forged returns a posting id of no posting.
func forged(n int) string { return fmt.Sprintf("po1_%032x", n) }

// Each row adds one posting, made from one of the chain with a new id and the
// chain's last date, to the whole chain.
func TestApplyRefusesADoctoredChain(t *testing.T) {
	t.Parallel()
	const issue, otherIssue, use, forfeit, reinstate = 0, 1, 2, 3, 4
	expires := march(t).ExpiresAt
	voided := func(p *ledger.Posting) { p.Kind, p.Minor, p.Reference = ledger.Void, 1000, "req-1" }
	settle := func(kind ledger.Kind, incident string) func(*ledger.Posting) {
		return func(p *ledger.Posting) { p.Kind, p.Minor, p.CreditID, p.IncidentID = kind, 0, "cr-3", incident }
	}
	tests := []struct {
		name   string
		of     int
		change func(*ledger.Posting)
		want   error
	}{
		{"a credit issued twice", issue, func(*ledger.Posting) {}, ledger.ErrPaidTwice},
		{"a credit issued twice, otherwise", issue, func(p *ledger.Posting) { p.IncidentID, p.CustomerID, p.Minor = "in-3", "eve", 5 }, ledger.ErrPaidTwice},
		{"an incident paid twice", issue, func(p *ledger.Posting) { p.CreditID = "cr-3" }, ledger.ErrPaidTwice},
		{"a posting repeated whole", issue, func(p *ledger.Posting) { p.ID = issueID }, ledger.ErrPaidTwice},
		{"an id repeated by an issue", issue, func(p *ledger.Posting) { p.CreditID, p.IncidentID, p.ID = "cr-3", "in-3", issueID }, ledger.ErrRepeatedPosting},
		{"an id repeated by a use", use, func(p *ledger.Posting) { p.Reference, p.ID = "r-9", issueID }, ledger.ErrRepeatedPosting},
		{"an id repeated by a denial", issue, func(p *ledger.Posting) { settle(ledger.Deny, "in-3")(p); p.ID = issueID }, ledger.ErrRepeatedPosting},
		{"an id in other letters", use, func(p *ledger.Posting) { p.ID = "PO1_00000000000000000000000000000000" }, ledger.ErrMalformed},
		{"a short id", use, func(p *ledger.Posting) { p.ID = "po1_00" }, ledger.ErrMalformed},
		{"an id of other digits", use, func(p *ledger.Posting) { p.ID = "po1_0000000000000000000000000000000g" }, ledger.ErrMalformed},
		{"a kind that is none", use, func(p *ledger.Posting) { p.Kind = "refund" }, ledger.ErrMalformed},

		{"a redemption twice", use, func(*ledger.Posting) {}, ledger.ErrRepeatedRedemption},
		{"a redemption twice, other amount", use, func(p *ledger.Posting) { p.Minor = 1 }, ledger.ErrRepeatedRedemption},
		{"a use of nothing", use, func(p *ledger.Posting) { p.Reference = "r-9" }, ledger.ErrOverdrawn},
		{"a use of a credit that is not", use, func(p *ledger.Posting) { p.CreditID = "cr-9" }, ledger.ErrUnknownCredit},
		{"a void of a credit that is not", use, func(p *ledger.Posting) { voided(p); p.CreditID = "cr-9" }, ledger.ErrUnknownCredit},
		{"another's use", otherIssue, func(p *ledger.Posting) { p.Kind, p.CustomerID = ledger.Redeem, "ann" }, ledger.ErrWrongCustomer},
		{"a use in yen", otherIssue, func(p *ledger.Posting) { p.Kind, p.Currency = ledger.Redeem, "JPY" }, ledger.ErrWrongCurrency},
		{"a use for another incident", otherIssue, func(p *ledger.Posting) { p.Kind, p.IncidentID = ledger.Redeem, "in-1" }, ledger.ErrWrongIncident},
		{"a use of zero", otherIssue, func(p *ledger.Posting) { p.Kind, p.Minor = ledger.Redeem, 0 }, ledger.ErrMalformed},
		{"a negative use", otherIssue, func(p *ledger.Posting) { p.Kind, p.Minor = ledger.Redeem, -1 }, ledger.ErrMalformed},
		{"a use of one more than there is", otherIssue, func(p *ledger.Posting) { p.Kind, p.Minor = ledger.Redeem, 1001 }, ledger.ErrOverdrawn},
		{"a use before its time", otherIssue, func(p *ledger.Posting) { p.Kind, p.At = ledger.Redeem, p.EffectiveAt-1 }, ledger.ErrTerm},
		{"a use at expiry", otherIssue, func(p *ledger.Posting) { p.Kind, p.At = ledger.Redeem, p.ExpiresAt }, ledger.ErrTerm},

		{"a reinstatement of more than was taken", reinstate, func(p *ledger.Posting) { p.Minor = 501 }, ledger.ErrOverdrawn},
		{"a reinstatement of what nobody voided", reinstate, func(p *ledger.Posting) { p.Reason = "void" }, ledger.ErrOverdrawn},
		{"a reinstatement without a taker", reinstate, func(p *ledger.Posting) { p.Reason = "" }, ledger.ErrMalformed},
		{"a reinstatement of a use", reinstate, func(p *ledger.Posting) { p.Reason = "redeem" }, ledger.ErrMalformed},
		{"a reinstatement at expiry", reinstate, func(p *ledger.Posting) { p.At = expires }, ledger.ErrTerm},

		{"a second forfeiture", forfeit, func(*ledger.Posting) {}, ledger.ErrOverdrawn},
		{"a forfeiture of a part", otherIssue, func(p *ledger.Posting) { p.Kind, p.Minor, p.At = ledger.Forfeit, 999, p.ExpiresAt }, ledger.ErrPartial},
		{"a forfeiture of too much", otherIssue, func(p *ledger.Posting) { p.Kind, p.Minor, p.At = ledger.Forfeit, 1001, p.ExpiresAt }, ledger.ErrOverdrawn},
		{"a forfeiture before expiry", otherIssue, func(p *ledger.Posting) { p.Kind, p.At = ledger.Forfeit, p.ExpiresAt-1 }, ledger.ErrTerm},
		{"a void of a part", otherIssue, func(p *ledger.Posting) { voided(p); p.Minor = 999 }, ledger.ErrPartial},
		{"a void of nothing", issue, voided, ledger.ErrOverdrawn},

		{"a denial with an amount", issue, func(p *ledger.Posting) { settle(ledger.Deny, "in-3")(p); p.Minor = 1 }, ledger.ErrMalformed},
		{"a denial of no incident", issue, settle(ledger.Deny, ""), ledger.ErrMalformed},
		{"a denial of what was paid", issue, settle(ledger.Deny, "in-1"), ledger.ErrSettled},
		{"a hold of what was paid", issue, settle(ledger.Hold, "in-1"), ledger.ErrSettled},
		{"a rejection without a hold", issue, settle(ledger.Reject, "in-3"), ledger.ErrNotHeld},
		{"a lapse without a hold", issue, settle(ledger.Lapse, "in-3"), ledger.ErrNotHeld},
		{"a date before the last", otherIssue, func(p *ledger.Posting) { p.Kind, p.BusinessDate = ledger.Redeem, p.BusinessDate-1 }, ledger.ErrDateOrder},
		{"totals beyond an int", issue, func(p *ledger.Posting) { p.CreditID, p.IncidentID, p.Minor = "cr-3", "in-3", math.MaxInt64 }, money.ErrOverflow},
	}
	postings := chain(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book, untouched := replay(t, postings), replay(t, postings)
			p := postings[test.of]
			p.ID, p.BusinessDate = forged(1), date(t, "2026-04-04")
			test.change(&p)
			if err := book.Apply(p); !errors.Is(err, test.want) {
				t.Fatalf("%+v: %v, want %v", p, err, test.want)
			}
			if !reflect.DeepEqual(book, untouched) {
				t.Error("the refused posting left something behind")
			}
		})
	}
}

// The rows above are refused for what they change, not for their making: each
// of these differs from one of them by what it wants.
func TestApplyTakesWhatTheTableNarrowlyRefuses(t *testing.T) {
	t.Parallel()
	postings := chain(t)
	for name, change := range map[string]func(*ledger.Posting){
		"first instant":         func(p *ledger.Posting) { p.Kind, p.At = ledger.Redeem, p.EffectiveAt },
		"last instant":          func(p *ledger.Posting) { p.Kind, p.At = ledger.Redeem, p.ExpiresAt-1 },
		"all there is":          func(p *ledger.Posting) { p.Kind, p.Minor = ledger.Redeem, 1000 },
		"forfeiture":            func(p *ledger.Posting) { p.Kind, p.At = ledger.Forfeit, p.ExpiresAt },
		"void":                  func(p *ledger.Posting) { p.Kind = ledger.Void },
		"denial":                func(p *ledger.Posting) { p.Kind, p.IncidentID, p.Minor = ledger.Deny, "in-3", 0 },
		"hold":                  func(p *ledger.Posting) { p.Kind, p.IncidentID, p.Minor = ledger.Hold, "in-3", 0 },
		"another issue":         func(p *ledger.Posting) { p.CreditID, p.IncidentID = "cr-3", "in-3" },
		"as much as totals can": func(p *ledger.Posting) { p.CreditID, p.IncidentID, p.Minor = "cr-3", "in-3", math.MaxInt64-1000 },
	} {
		p := postings[1]
		p.ID, p.BusinessDate = forged(1), date(t, "2026-04-04")
		change(&p)
		if err := replay(t, postings).Apply(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A redemption before a void, where both a forfeiture and the void took value:
// what the steps of a night never leave, but a Book allows, is found whole.
func TestRedeemFindsWhatBothTook(t *testing.T) {
	t.Parallel()
	book := replay(t, chain(t)) // 500 of cr-1 forfeited
	back := chain(t)[4]
	back.ID, back.BusinessDate, back.Minor = forged(1), date(t, "2026-04-04"), 150
	if err := book.Apply(back); err != nil {
		t.Fatal(err)
	}
	voidAll(t, book, newYork(t, "2026-04-05")) // the 150
	got, postings := redeem(t, book, newYork(t, "2026-04-06"), redemption("r-3", 400, march(t).ExpiresAt-1))
	if got.Outcome != ledger.Applied || got.ReinstatedMinor != 400 || len(postings) != 3 ||
		postings[0].Reason != "forfeit" || postings[0].Minor != 350 || postings[1].Reason != "void" || postings[1].Minor != 50 {
		t.Errorf("%+v, posted %+v", got, postings)
	}
}

// A chain may hold more credits than it can take back into its totals.
func TestReinstatementBeyondTotals(t *testing.T) {
	t.Parallel()
	book := replay(t, chain(t)) // 500 of cr-1 forfeited, 1000 of cr-2 open
	large := march(t)
	large.CreditID, large.IncidentID, large.Minor = "cr-3", "in-3", math.MaxInt64-1100
	issue(t, book, "2026-04-05", large)
	_, _, err := newYork(t, "2026-04-06").Redeem(book, []ledger.Redemption{redemption("r-3", 101, march(t).EffectiveAt)})
	if !errors.Is(err, money.ErrOverflow) {
		t.Errorf("one more than fits: %v", err)
	}
	if got, _ := redeem(t, book, newYork(t, "2026-04-06"), redemption("r-3", 100, march(t).EffectiveAt)); got.Outcome != ledger.Applied {
		t.Errorf("as much as fits: %+v", got)
	}
}

func TestApplyKeepsToTheVoid(t *testing.T) {
	t.Parallel()
	postings := chain(t)
	voided := march(t).EffectiveAt + 9*hour
	void := postings[1] // of cr-2
	void.ID, void.BusinessDate, void.Kind, void.At = forged(1), date(t, "2026-04-04"), ledger.Void, voided
	postings = append(postings, void)
	for _, test := range []struct {
		at   calendar.Instant
		want error
	}{{voided - 1, nil}, {voided, ledger.ErrVoided}, {voided + 1, ledger.ErrVoided}} {
		book := replay(t, postings)
		back := void
		back.ID, back.Kind, back.Reason, back.At = forged(2), ledger.Reinstate, "void", test.at
		if err := book.Apply(back); !errors.Is(err, test.want) {
			t.Errorf("reinstated at %s: %v, want %v", test.at, err, test.want)
		}
		used := back
		used.ID, used.Kind, used.Reason, back.At = forged(3), ledger.Redeem, "", voided-1
		if test.want != nil {
			if err := book.Apply(back); err != nil {
				t.Fatal(err)
			}
		}
		if err := book.Apply(used); !errors.Is(err, test.want) {
			t.Errorf("used at %s: %v, want %v", test.at, err, test.want)
		}
	}
}

// A night before the Book's last one is refused by every step that has
// something to post.
func TestStepsReturnWhatTheBookRefuses(t *testing.T) {
	t.Parallel()
	early, grants := newYork(t, "2026-04-10"), []ledger.Grant{grant(t, "9", "ann", "")}
	for name, step := range map[string]func(*ledger.Book) error{
		"redeem": func(book *ledger.Book) error {
			_, _, err := early.Redeem(book, []ledger.Redemption{redemption("r-1", 1, march(t).EffectiveAt)})
			return err
		},
		"void": func(book *ledger.Book) error {
			_, _, err := early.VoidCredits(book, []ledger.VoidOrder{{CreditID: "cr-1"}})
			return err
		},
		"forfeit": func(book *ledger.Book) error { _, err := early.Forfeit(book); return err },
		"issue":   func(book *ledger.Book) error { _, err := early.Issue(book, grants); return err },
		"settle": func(book *ledger.Book) error {
			_, err := early.Settle(book, []ledger.Settlement{{Kind: ledger.Deny, IncidentID: "in-9"}})
			return err
		},
	} {
		book := issued(t, march(t))
		issue(t, book, "2026-04-11", grant(t, "8", "ann", ""))
		if err := step(book); !errors.Is(err, ledger.ErrDateOrder) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompareIsTheOrderOfANight(t *testing.T) {
	t.Parallel()
	d := date(t, "2026-03-05")
	inOrder := []ledger.Posting{
		{BusinessDate: d, Kind: ledger.Lapse, CreditID: "a"},
		{BusinessDate: d + 1, Kind: ledger.Redeem, At: 1, Reference: "z", CreditID: "z"},
		{BusinessDate: d + 1, Kind: ledger.Reinstate, At: 2, Reference: "a", CreditID: "b", Reason: "forfeit"},
		{BusinessDate: d + 1, Kind: ledger.Reinstate, At: 2, Reference: "a", CreditID: "b", Reason: "void"},
		{BusinessDate: d + 1, Kind: ledger.Redeem, At: 2, Reference: "a", CreditID: "b"},
		{BusinessDate: d + 1, Kind: ledger.Redeem, At: 2, Reference: "b", CreditID: "a"},
		{BusinessDate: d + 1, Kind: ledger.Void, At: 9, Reference: "b", CreditID: "a"},
		{BusinessDate: d + 1, Kind: ledger.Void, At: 9, Reference: "a", CreditID: "b"},
		{BusinessDate: d + 1, Kind: ledger.Forfeit, CreditID: "a"},
		{BusinessDate: d + 1, Kind: ledger.Issue, CreditID: "a"},
		{BusinessDate: d + 1, Kind: ledger.Issue, CreditID: "b", IncidentID: "a"},
		{BusinessDate: d + 1, Kind: ledger.Issue, CreditID: "b", IncidentID: "b", ID: "1"},
		{BusinessDate: d + 1, Kind: ledger.Issue, CreditID: "b", IncidentID: "b", ID: "2"},
		{BusinessDate: d + 1, Kind: ledger.Deny},
		{BusinessDate: d + 1, Kind: ledger.Hold},
		{BusinessDate: d + 1, Kind: ledger.Reject},
		{BusinessDate: d + 1, Kind: ledger.Lapse},
	}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got, want := ledger.Compare(a, b), min(max(i-j, -1), 1); got != want {
				t.Errorf("Compare of %d and %d = %d, want %d", i, j, got, want)
			}
		}
	}
}
