package ledger

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"

	"amends/rules/calendar"
	"amends/rules/money"
)

// Past is the postings of the nights before a Book's own. What it returns is
// the caller's; it may be asked by several goroutines at once.
type Past interface {
	// Credit returns every posting under a credit id, in the order of Compare:
	// those that settled its incident without an issue too.
	Credit(id string) ([]Posting, error)
	// Customer returns what a customer was given on or after a date, credits
	// voided whole with nothing.
	Customer(id string, from calendar.Date) ([]Given, error)
	// Order returns what was given for an order at any time, like Customer.
	Order(id string) ([]Given, error)
}

// Blank is a Past that may know of a credit id, without looking, that nothing was
// posted under it.
type Blank interface{ Nothing(creditID string) bool }

// After is what a Book begins with that does not replay the nights before it.
type After struct {
	Past        Past
	Outstanding money.ByCurrency // what remains of all credits
	Last        calendar.Date    // of the nights before
	// CustomersFrom is how far back Customer looks.
	CustomersFrom calendar.Date
}

// lazy is the part of a Book that takes postings from its past when they are
// asked for. Its lock makes reading safe, which loads.
type lazy struct {
	After
	mu        sync.Mutex
	blank     Blank           // nil where Past is none
	asked     map[string]bool // credit ids that Past was asked for, but for what is Blank
	failed    error
	recalling bool // what is applied is of the past
}

// NewBookAfter returns a Book that has the postings of a past and holds only
// those of credits that it was asked for. It answers what a Book of all postings
// does, but for Open and CreditsOfRun, which know what it holds, and for an
// incident that was paid under another credit than its own. Where the past
// cannot be read it answers as if there was nothing, and Err says so: no answer
// counts then.
func NewBookAfter(a After) *Book {
	b := NewBook()
	b.date = a.Last
	for currency, minor := range a.Outstanding {
		if minor != 0 {
			b.totals[currency] = minor
		}
	}
	b.lazy = &lazy{After: a, asked: map[string]bool{}}
	b.lazy.blank, _ = a.Past.(Blank)
	return b
}

// Err returns why an answer may be wrong: the past could not be read, or broke a
// rule.
func (b *Book) Err() error {
	if b.lazy == nil {
		return nil
	}
	b.lazy.mu.Lock()
	defer b.lazy.mu.Unlock()
	return b.lazy.failed
}

// hold locks a Book that loads as it reads.
func (b *Book) hold() (release func()) {
	if b.lazy == nil {
		return func() {}
	}
	b.lazy.mu.Lock()
	return b.lazy.mu.Unlock
}

// load takes over what the past has on a credit, once.
func (b *Book) load(creditID string) {
	if b.lazy == nil || b.lazy.recalling || b.lazy.blank != nil && b.lazy.blank.Nothing(creditID) || b.lazy.asked[creditID] {
		return
	}
	b.lazy.asked[creditID] = true
	postings, err := b.lazy.Past.Credit(creditID)
	if err == nil && len(postings) > 0 {
		err = b.recall(postings)
	}
	b.fail(err)
}

func (b *Book) fail(err error) {
	if err != nil && b.lazy.failed == nil {
		b.lazy.failed = fmt.Errorf("postings of earlier nights: %w", err)
	}
}

// recall applies postings of the past. They change no total and no date.
func (b *Book) recall(postings []Posting) error {
	b.lazy.recalling = true
	defer func() { b.lazy.recalling = false }()
	for i := range postings {
		if err := b.apply(&postings[i]); err != nil {
			return fmt.Errorf("posting %.40q on %s: %w", postings[i].ID, postings[i].BusinessDate, err)
		}
	}
	return nil
}

// Changed returns the credits that were posted to since the Book began, by
// credit id: those with nothing left too.
func (b *Book) Changed() []Credit {
	defer b.hold()()
	_ = b.whole() // an error is kept
	return b.pick(b.records, func(r *record) bool { return r.changed })
}

// AsBefore reports whether nothing was posted since the Book began with a past:
// then the past alone has the answers.
func (b *Book) AsBefore() bool {
	defer b.hold()()
	return b.lazy != nil && !b.moved
}

// ChangedBefore is Changed of the credits that were issued before a date.
func (b *Book) ChangedBefore(date calendar.Date) []Credit {
	defer b.hold()()
	if b.made != nil && b.made.night.Date < date {
		_ = b.whole() // an error is kept
	}
	return b.pick(b.records, func(r *record) bool { return r.changed && r.issued < date })
}

// RemainedBefore returns what was left of a credit when the Book began; 0 for
// one that it does not hold.
func (b *Book) RemainedBefore(creditID string) int64 {
	defer b.hold()()
	index, ok := b.credits[creditID]
	if !ok {
		return 0
	}
	return b.records[index].beforeMinor
}

// Look is Credit and RedemptionSeen of one redemption, without keeping what it
// takes to answer.
func (b *Book) Look(creditID, redemptionID string) (c Credit, seen, ok bool) {
	release := b.hold()
	_ = b.need(creditID, "") // an error is kept
	_, held := b.credits[creditID]
	if b.lazy == nil || held || b.lazy.asked[creditID] {
		release()
		c, ok = b.Credit(creditID)
		return c, ok && b.RedemptionSeen(creditID, redemptionID), ok
	}
	defer release()
	postings, err := b.lazy.Past.Credit(creditID)
	alone := NewBook()
	for i := range postings {
		if err == nil {
			err = alone.Apply(postings[i])
		}
	}
	b.fail(err)
	c, ok = alone.Credit(creditID)
	return c, ok && alone.RedemptionSeen(creditID, redemptionID), ok
}

// given are the credits of a customer or an order: those of the past as they are
// by now, and those issued since.
func (b *Book) given(past []Given, held []Given) []Given {
	all := make([]Given, 0, len(past)+len(held))
	for _, g := range held {
		if g.Date > b.lazy.Last {
			all = append(all, g)
		}
	}
	for _, g := range past {
		if index, ok := b.credits[g.CreditID]; ok {
			r := &b.records[index]
			g.Minor = r.grantedMinor - r.voidedMinor
		}
		if g.Minor > 0 {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, compareGiven)
	return all
}

func compareGiven(a, b Given) int {
	return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.CreditID, b.CreditID))
}

// noDate is before every date.
const noDate = calendar.Date(math.MinInt32)
