package ledger_test

import (
	"slices"
	"testing"

	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

func redemption(id string, minor int64, at calendar.Instant) ledger.Redemption {
	return ledger.Redemption{ID: id, CreditID: "cr-1", CustomerID: "ann", Currency: "USD", Minor: minor, At: at}
}

// redeem runs one redemption through a night and returns its result.
func redeem(t *testing.T, book *ledger.Book, night ledger.Night, r ledger.Redemption) (ledger.RedemptionResult, []ledger.Posting) {
	t.Helper()
	postings, results, err := night.Redeem(book, []ledger.Redemption{r})
	if err != nil || len(results) != 1 || results[0].Redemption != r {
		t.Fatalf("redeem %+v: %+v, %v", r, results, err)
	}
	return results[0], postings
}

func voidAll(t *testing.T, book *ledger.Book, night ledger.Night) {
	t.Helper()
	postings, results, err := night.VoidCredits(book, []ledger.VoidOrder{{CreditID: "cr-1", Reference: "req-1", Why: "fraud"}})
	if err != nil || len(postings) != 1 || results[0].Outcome != ledger.VoidApplied {
		t.Fatalf("void: %+v, %+v, %v", postings, results, err)
	}
}

func forfeitAll(t *testing.T, book *ledger.Book, night ledger.Night) {
	t.Helper()
	if postings, err := night.Forfeit(book); err != nil || len(postings) != 1 {
		t.Fatalf("forfeit: %+v, %v", postings, err)
	}
}

// Each row meets a credit of 10.00 of which 4.00 were redeemed on 5 March.
func TestRedemptionOutcomes(t *testing.T) {
	t.Parallel()
	effective, expires := march(t).EffectiveAt, march(t).ExpiresAt
	noon := instant(t, "2026-03-15T16:00:00Z")
	first := redemption("r-1", 400, instant(t, "2026-03-05T12:00:00Z"))
	with := func(change func(*ledger.Redemption)) ledger.Redemption {
		r := redemption("r-2", 100, noon)
		change(&r)
		return r
	}
	again := func(change func(*ledger.Redemption)) ledger.Redemption {
		r := first
		change(&r)
		return r
	}
	tests := []struct {
		name            string
		night           string
		row             ledger.Redemption
		want            ledger.RedemptionOutcome
		applied, excess int64
	}{
		{"a part", "2026-03-15", redemption("r-2", 100, noon), ledger.Applied, 100, 0},
		{"all that is left", "2026-03-15", redemption("r-2", 600, noon), ledger.Applied, 600, 0},
		{"one minor unit more", "2026-03-15", redemption("r-2", 601, noon), ledger.AppliedPartly, 600, 1},
		{"as much as an int holds", "2026-03-15", redemption("r-2", 1<<63-1, noon), ledger.AppliedPartly, 600, 1<<63 - 1 - 600},
		{"zero", "2026-03-15", redemption("r-2", 0, noon), ledger.NotPositive, 0, 0},
		{"negative", "2026-03-15", redemption("r-2", -1<<63, noon), ledger.NotPositive, 0, 0},
		{"an empty id is an id", "2026-03-15", redemption("", 1, noon), ledger.Applied, 1, 0},

		{"first instant", "2026-03-15", redemption("r-2", 1, effective), ledger.Applied, 1, 0},
		{"instant before", "2026-03-15", redemption("r-2", 1, effective-1), ledger.BeforeEffective, 0, 0},
		{"last instant", "2026-03-31", redemption("r-2", 1, expires-1), ledger.Applied, 1, 0},
		{"at expiry, which ends the night", "2026-03-31", redemption("r-2", 1, expires), ledger.NotYet, 0, 0},
		{"at expiry, the night after", "2026-04-01", redemption("r-2", 1, expires), ledger.Expired, 0, 0},
		{"after expiry, within grace", "2026-04-01", redemption("r-2", 1, expires+hour), ledger.Expired, 0, 0},
		{"in time, row within grace", "2026-04-01", redemption("r-2", 1, expires-1), ledger.Applied, 1, 0},
		{"at as_of", "2026-03-15", redemption("r-2", 1, instant(t, "2026-03-16T04:00:00Z")), ledger.NotYet, 0, 0},
		{"just before as_of", "2026-03-15", redemption("r-2", 1, instant(t, "2026-03-16T04:00:00Z")-1), ledger.Applied, 1, 0},
		{"zero and later than as_of", "2026-03-15", redemption("r-2", 0, expires), ledger.NotYet, 0, 0},

		{"no such credit", "2026-03-15", with(func(r *ledger.Redemption) { r.CreditID = "cr-9" }), ledger.UnknownCredit, 0, 0},
		{"another customer", "2026-03-15", with(func(r *ledger.Redemption) { r.CustomerID = "bob" }), ledger.WrongCustomer, 0, 0},
		{"another currency", "2026-03-15", with(func(r *ledger.Redemption) { r.Currency = "JPY" }), ledger.WrongCurrency, 0, 0},
		{"of another customer, expired", "2026-04-01",
			with(func(r *ledger.Redemption) { r.CustomerID, r.At = "bob", expires }), ledger.WrongCustomer, 0, 0},

		{"the same row", "2026-03-15", first, ledger.Duplicate, 0, 0},
		{"the same row, elsewhere", "2026-03-15", again(func(r *ledger.Redemption) { r.Index = 7 }), ledger.Duplicate, 0, 0},
		{"the same row, after expiry", "2026-04-20", first, ledger.Duplicate, 0, 0},
		{"other amount", "2026-03-15", again(func(r *ledger.Redemption) { r.Minor++ }), ledger.Conflicting, 0, 0},
		{"other instant", "2026-03-15", again(func(r *ledger.Redemption) { r.At++ }), ledger.Conflicting, 0, 0},
		{"other customer", "2026-03-15", again(func(r *ledger.Redemption) { r.CustomerID = "bob" }), ledger.Conflicting, 0, 0},
		{"other currency", "2026-03-15", again(func(r *ledger.Redemption) { r.Currency = "JPY" }), ledger.Conflicting, 0, 0},
		{"other credit is another redemption", "2026-03-15",
			again(func(r *ledger.Redemption) { r.CreditID, r.CustomerID = "cr-2", "bob" }), ledger.Applied, 400, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			other := march(t)
			other.CreditID, other.IncidentID, other.CustomerID = "cr-2", "in-2", "bob"
			book := issued(t, march(t), other)
			redeem(t, book, newYork(t, "2026-03-05"), first)
			before, outstanding := book.Open(), book.Outstanding()["USD"]
			got, postings := redeem(t, book, newYork(t, test.night), test.row)
			if got.Outcome != test.want || got.AppliedMinor != test.applied || got.ExcessMinor != test.excess || got.ReinstatedMinor != 0 {
				t.Errorf("got %+v, want %s, %d applied and %d in excess", got, test.want, test.applied, test.excess)
			}
			if left := book.Outstanding()["USD"]; left != outstanding-test.applied {
				t.Errorf("%d outstanding, want %d - %d", left, outstanding, test.applied)
			}
			if test.applied == 0 && (len(postings) != 0 || !slices.Equal(book.Open(), before)) {
				t.Errorf("left %+v", postings)
			}
		})
	}
}

func TestRedemptionPosting(t *testing.T) {
	t.Parallel()
	book := issued(t, march(t))
	at := instant(t, "2026-03-05T12:00:00Z")
	_, postings := redeem(t, book, newYork(t, "2026-03-06"), redemption("r-1", 1200, at))
	if len(postings) != 1 {
		t.Fatalf("%d postings", len(postings))
	}
	want := ledger.Posting{
		ID:           postings[0].ID,
		BusinessDate: date(t, "2026-03-06"), Kind: ledger.Redeem, CreditID: "cr-1", IncidentID: "in-1", CustomerID: "ann",
		OrderID: "o-1", SellerID: "shop", Source: "deliveries", EventID: "d-1", Currency: "USD", Minor: 1000, At: at,
		Reference: "r-1", RuleID: "late", Terms: "standard", Funding: "platform", DebitAccount: "2300", CreditAccount: "1000",
	}
	if postings[0] != want {
		t.Errorf("posted %+v\nwant   %+v", postings[0], want)
	}
	// A lookback brings the same row again: what was asked for tells it from
	// another row, though only a part of that was posted.
	for minor, outcome := range map[int64]ledger.RedemptionOutcome{1200: ledger.Duplicate, 1000: ledger.Conflicting} {
		if got, _ := redeem(t, book, newYork(t, "2026-03-07"), redemption("r-1", minor, at)); got.Outcome != outcome {
			t.Errorf("%d again: %s, want %s", minor, got.Outcome, outcome)
		}
	}
	// So it does where the Book was made again from its postings.
	replayed := issued(t, march(t))
	if err := replayed.Apply(postings[0]); err != nil {
		t.Fatal(err)
	}
	for minor, outcome := range map[int64]ledger.RedemptionOutcome{1200: ledger.Duplicate, 1000: ledger.Conflicting} {
		if got, _ := redeem(t, replayed, newYork(t, "2026-03-07"), redemption("r-1", minor, at)); got.Outcome != outcome {
			t.Errorf("%d again, replayed: %s, want %s", minor, got.Outcome, outcome)
		}
	}
}

// Rows of one redemption id in one night: the first that can be applied is, in
// the order of their facts; what was refused is not remembered.
func TestRowsOfOneNight(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-03-05T12:00:00Z")
	row := func(id, customer string, minor int64, later calendar.Instant) ledger.Redemption {
		r := redemption(id, minor, at+later)
		r.CustomerID = customer
		return r
	}
	type outcomes []ledger.RedemptionOutcome
	tests := []struct {
		name string
		rows []ledger.Redemption // in the order of application
		want outcomes
	}{
		{"the same twice", []ledger.Redemption{row("a", "ann", 5, 0), row("a", "ann", 5, 0)}, outcomes{ledger.Applied, ledger.Duplicate}},
		{"two amounts", []ledger.Redemption{row("a", "ann", 5, 0), row("a", "ann", 6, 0)}, outcomes{ledger.Applied, ledger.Conflicting}},
		{"the earlier counts", []ledger.Redemption{row("a", "ann", 9, 0), row("a", "ann", 5, 1)}, outcomes{ledger.Applied, ledger.Conflicting}},
		{"a refused one first", []ledger.Redemption{row("a", "al", 5, 0), row("a", "ann", 5, 0)}, outcomes{ledger.WrongCustomer, ledger.Applied}},
		{"zero first", []ledger.Redemption{row("a", "ann", 0, 0), row("a", "ann", 5, 0)}, outcomes{ledger.NotPositive, ledger.Applied}},
		{"short of value", []ledger.Redemption{row("b", "ann", 700, 0), row("a", "ann", 700, 1), row("c", "ann", 1, 2)},
			outcomes{ledger.Applied, ledger.AppliedPartly, ledger.NothingLeft}},
		{"ids decide at one instant", []ledger.Redemption{row("a", "ann", 1, 0), row("b", "ann", 1000, 0)},
			outcomes{ledger.Applied, ledger.AppliedPartly}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reversed := slices.Clone(test.rows)
			slices.Reverse(reversed)
			var first []ledger.Posting
			for _, rows := range [][]ledger.Redemption{test.rows, reversed} {
				given := slices.Clone(rows)
				postings, results, err := newYork(t, "2026-03-06").Redeem(issued(t, march(t)), rows)
				if err != nil {
					t.Fatal(err)
				}
				var got outcomes
				for i, result := range results {
					got = append(got, result.Outcome)
					if result.Redemption != test.rows[i] {
						t.Errorf("result %d is of %+v, want %+v", i, result.Redemption, test.rows[i])
					}
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("outcomes %v, want %v", got, test.want)
				}
				if first == nil {
					first = postings
				}
				if !slices.Equal(postings, first) {
					t.Errorf("the other order of rows posts %+v\nwant %+v", postings, first)
				}
				if !slices.Equal(rows, given) {
					t.Error("the caller's rows were reordered")
				}
			}
		})
	}
}

func TestLateRedemptionsOfAForfeitedCredit(t *testing.T) {
	t.Parallel()
	book := issued(t, march(t))
	at := instant(t, "2026-03-10T12:00:00Z")
	redeem(t, book, newYork(t, "2026-03-10"), redemption("r-1", 300, at))
	forfeitAll(t, book, newYork(t, "2026-04-02")) // 700

	got, postings := redeem(t, book, newYork(t, "2026-04-05"), redemption("r-2", 200, at+hour))
	if got.Outcome != ledger.Applied || got.AppliedMinor != 200 || got.ReinstatedMinor != 200 || got.ExcessMinor != 0 {
		t.Errorf("first late row: %+v", got)
	}
	if len(postings) != 2 {
		t.Fatalf("posted %+v", postings)
	}
	back, used := postings[0], postings[1]
	if back.Kind != ledger.Reinstate || back.Minor != 200 || back.At != at+hour || back.Reference != "r-2" ||
		back.Reason != "forfeit" || back.DebitAccount != "4900" || back.CreditAccount != "2300" {
		t.Errorf("reinstated %+v", back)
	}
	if used.Kind != ledger.Redeem || used.Minor != 200 || used.At != at+hour || used.Reference != "r-2" ||
		used.DebitAccount != "2300" || used.CreditAccount != "1000" {
		t.Errorf("redeemed %+v", used)
	}

	got, _ = redeem(t, book, newYork(t, "2026-04-06"), redemption("r-3", 600, at+2*hour))
	if got.Outcome != ledger.AppliedPartly || got.AppliedMinor != 500 || got.ReinstatedMinor != 500 || got.ExcessMinor != 100 {
		t.Errorf("second late row: %+v", got)
	}
	got, _ = redeem(t, book, newYork(t, "2026-04-06"), redemption("r-4", 600, at))
	if got.Outcome != ledger.NothingLeft || got.AppliedMinor != 0 || got.ExcessMinor != 600 {
		t.Errorf("third late row: %+v", got)
	}
	got, _ = redeem(t, book, newYork(t, "2026-04-06"), redemption("r-5", 1, march(t).ExpiresAt))
	if got.Outcome != ledger.Expired {
		t.Errorf("used at expiry, after forfeiture: %+v", got)
	}
	credit, _ := book.Credit("cr-1")
	if credit.RedeemedMinor != 1000 || credit.ForfeitedMinor != 0 || credit.Remaining() != 0 || credit.Given() != 1000 {
		t.Errorf("credit %+v", credit)
	}
}

func TestRedemptionsAroundAVoid(t *testing.T) {
	t.Parallel()
	book := issued(t, march(t))
	redeem(t, book, newYork(t, "2026-03-05"), redemption("r-1", 300, instant(t, "2026-03-05T12:00:00Z")))
	voidAll(t, book, newYork(t, "2026-03-10")) // 700, as the day ends
	voided := instant(t, "2026-03-11T04:00:00Z")
	if credit, _ := book.Credit("cr-1"); credit.VoidedAt != voided || credit.VoidedMinor != 700 || credit.Given() != 300 {
		t.Errorf("voided credit %+v", credit)
	}
	night := newYork(t, "2026-03-11")
	for _, at := range []calendar.Instant{voided, voided + 1} {
		if got, postings := redeem(t, book, night, redemption("r-2", 100, at)); got.Outcome != ledger.Voided || len(postings) != 0 {
			t.Errorf("used at %s: %+v, posted %+v", at, got, postings)
		}
	}
	got, postings := redeem(t, book, night, redemption("r-2", 100, voided-1))
	if got.Outcome != ledger.Applied || got.ReinstatedMinor != 100 || len(postings) != 2 {
		t.Fatalf("used before the void: %+v, posted %+v", got, postings)
	}
	if back := postings[0]; back.Reason != "void" || back.DebitAccount != "6100" || back.CreditAccount != "2300" {
		t.Errorf("reinstated %+v", back)
	}
	credit, _ := book.Credit("cr-1")
	if credit.VoidedMinor != 600 || credit.RedeemedMinor != 400 || credit.Remaining() != 0 || credit.Given() != 400 || credit.VoidedAt != voided {
		t.Errorf("credit %+v", credit)
	}
	if got, _ := redeem(t, book, newYork(t, "2026-04-05"), redemption("r-3", 1, march(t).ExpiresAt)); got.Outcome != ledger.Expired {
		t.Errorf("after void and expiry: %+v", got)
	}
}

// Both happen on one date: the redemption was before the end of the day, at
// which the void takes the rest.
func TestRedemptionsGoBeforeVoidsAndForfeitures(t *testing.T) {
	t.Parallel()
	night := newYork(t, "2026-03-10")
	book := issued(t, march(t))
	redeem(t, book, night, redemption("r-1", 400, night.AsOf-1))
	voidAll(t, book, night)
	if credit, _ := book.Credit("cr-1"); credit.RedeemedMinor != 400 || credit.VoidedMinor != 600 {
		t.Errorf("credit %+v", credit)
	}
	night = newYork(t, "2026-04-02")
	book = issued(t, march(t))
	redeem(t, book, night, redemption("r-1", 400, march(t).ExpiresAt-1))
	forfeitAll(t, book, night)
	if credit, _ := book.Credit("cr-1"); credit.RedeemedMinor != 400 || credit.ForfeitedMinor != 600 {
		t.Errorf("credit %+v", credit)
	}
}

// A credit that is usable on the day of its issue: a use of it on that day is
// unknown that night, since issues come last, and found when its row comes
// again. A use after as_of waits the same way.
func TestRefusedRowsAreJudgedAnewOnALaterNight(t *testing.T) {
	t.Parallel()
	first, next := newYork(t, "2026-03-01"), newYork(t, "2026-03-02")
	grant := march(t)
	grant.EffectiveAt = first.AsOf - 10*hour
	book := ledger.NewBook()
	sameDay, nextDay := redemption("r-1", 100, first.AsOf-hour), redemption("r-2", 100, first.AsOf)
	for _, row := range []ledger.Redemption{sameDay, nextDay} {
		want := ledger.UnknownCredit
		if row == nextDay {
			want = ledger.NotYet
		}
		if got, postings := redeem(t, book, first, row); got.Outcome != want || len(postings) != 0 {
			t.Errorf("%s: %+v, posted %+v; want %s", row.ID, got, postings, want)
		}
	}
	if _, err := first.Issue(book, []ledger.Grant{grant}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []ledger.Redemption{sameDay, nextDay} {
		if book.RedemptionSeen("cr-1", row.ID) {
			t.Errorf("%s was remembered", row.ID)
		}
		if got, _ := redeem(t, book, next, row); got.Outcome != ledger.Applied {
			t.Errorf("%s: %+v", row.ID, got)
		}
		if !book.RedemptionSeen("cr-1", row.ID) || book.RedemptionSeen("cr-2", row.ID) {
			t.Errorf("%s: seen of cr-1 %v, of cr-2 %v", row.ID, book.RedemptionSeen("cr-1", row.ID), book.RedemptionSeen("cr-2", row.ID))
		}
	}
}
