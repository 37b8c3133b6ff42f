package ledger

import (
	"cmp"
	"sort"
	"sync"
	"sync/atomic"

	"amends/rules/money"
)

// made are issues that a Book has checked and counted, and of which it has
// neither records nor an index yet: a large night's are hundreds of thousands,
// and hardly anything asks for one of them before the night is over. Whatever
// needs their records makes them: see whole.
type made struct {
	night Night
	Issues
	of   []int32 // what Grant is asked for; credits and incidents ascend
	sums money.ByCurrency
}

// Issues are so many grants, each made as it is needed, also later, on several
// goroutines and in any order: what the functions return must not change as long
// as the Book is used.
type Issues struct {
	Count    int
	Grant    func(i int) Grant
	Incident func(i int) string // Grant's IncidentID, which is asked for much more
	// Blank may know that nothing was posted under Grant's credit before this night.
	// Where it is nil, or false, the Book's past is asked.
	Blank   func(i int) bool
	Workers int
}

// IssueMade is Issue of grants that are made as they are needed. It leaves no
// postings: Issued makes them again.
func (n Night) IssueMade(book *Book, issues Issues) error {
	count, grant := issues.Count, issues.Grant
	defer book.hold()()
	if err := book.whole(); err != nil {
		return err
	}
	sifted, issuable := n.sift(book, issues)
	if !issuable { // one after the other, which says what is wrong
		return n.issueEach(book, count, grant, func(i int) int { return i })
	}
	fresh, others, sums := sifted.fresh, sifted.others, sifted.sums
	if err := n.issueEach(book, len(others), grant, func(i int) int { return int(others[i]) }); err != nil {
		return err
	}
	for _, currency := range sums.Currencies() {
		if err := book.count(currency, sums[currency]); err != nil {
			return err
		}
	}
	if len(fresh) > 0 {
		book.date, book.moved = n.Date, true
		book.made = &made{night: n, Issues: issues, of: fresh, sums: sums}
	}
	return nil
}

// issueEach issues grants one after the other in a Book that is locked.
func (n Night) issueEach(book *Book, count int, grant func(i int) Grant, at func(i int) int) error {
	book.expect(count)
	for i := range count {
		g := grant(at(i))
		p := n.Issued(&g)
		if err := book.add(&p); err != nil {
			return issueError(err)
		}
	}
	return nil
}

// siftTogether is how many grants a goroutine sifts at a time.
const siftTogether = 1 << 10

// sifted are grants in two parts: those that can only be issued, of which the past
// knows nothing, with what they come to, and others.
type sifted struct {
	fresh, others []int32
	sums          money.ByCurrency
	disorder      bool // credits or incidents do not ascend, or what they come to overflows
}

// sift parts grants. It is false where they have to go one after the other.
func (n Night) sift(book *Book, issues Issues) (all sifted, issuable bool) {
	count := issues.Count
	if book.lazy == nil || book.lazy.blank == nil || n.Date < book.date || len(book.records)+count > maxCredits {
		return all, false
	}
	parts := make([]sifted, (count+siftTogether-1)/siftTogether)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(max(issues.Workers, 1), len(parts)) {
		wait.Go(func() {
			for part := int(next.Add(1)) - 1; part < len(parts); part = int(next.Add(1)) - 1 {
				first := part * siftTogether
				parts[part] = book.siftPart(first, min(first+siftTogether, count), issues)
			}
		})
	}
	wait.Wait()
	all.fresh, all.sums = make([]int32, 0, count), money.ByCurrency{}
	for _, part := range parts {
		all.fresh, all.others = append(all.fresh, part.fresh...), append(all.others, part.others...)
		all.disorder = all.disorder || part.disorder
		for currency, minor := range part.sums {
			all.disorder = all.sums.Add(currency, minor) != nil || all.disorder
		}
	}
	return all, !all.disorder
}

// siftPart is sift of the grants from first to end.
func (b *Book) siftPart(first, end int, issues Issues) sifted {
	to := sifted{fresh: make([]int32, 0, end-first), sums: money.ByCurrency{}}
	var before Grant
	if first > 0 {
		before = issues.Grant(first - 1)
	}
	for i := first; i < end; i++ {
		g := issues.Grant(i)
		if i > 0 && (g.CreditID <= before.CreditID || g.IncidentID <= before.IncidentID) {
			to.disorder = true
		}
		before = g
		blank := issues.Blank != nil && issues.Blank(i)
		if !b.fresh(&g) || !blank && !b.lazy.blank.Nothing(g.CreditID) {
			to.others = append(to.others, int32(i))
			continue
		}
		to.fresh = append(to.fresh, int32(i))
		to.disorder = to.sums.Add(g.Currency, g.Minor) != nil || to.disorder
	}
	return to
}

// fresh reports whether the Book holds nothing of a grant's credit and incident, and
// nothing is wrong with it: see issue.
func (b *Book) fresh(g *Grant) bool {
	_, issued := b.credits[g.CreditID]
	_, settled := b.incidents[g.IncidentID]
	_, known := money.Digits(g.Currency)
	return !issued && !settled && known && g.CreditID != "" && g.IncidentID != "" && g.Minor > 0 && g.ExpiresAt > g.EffectiveAt &&
		len(g.CreditID)+len(g.IncidentID)+len(g.OrderID)+len(g.EventID) <= maxMadeBytes
}

// maxMadeBytes is more than ids ever have, and far below what a record holds.
const maxMadeBytes = 1 << 20

// whole makes the records of what was issued without.
func (b *Book) whole() error {
	m := b.made
	if m == nil {
		return nil
	}
	b.made = nil
	for currency, minor := range m.sums { // each is counted as it is added
		b.totals[currency] -= minor
		if b.totals[currency] == 0 {
			delete(b.totals, currency)
		}
	}
	date := b.date
	b.date = m.night.Date
	b.expect(len(m.of))
	var err error
	for _, i := range m.of {
		g := m.Grant(int(i))
		p := m.night.Issued(&g)
		if err = b.apply(&p); err != nil { // unreachable: it was sifted, and the past knows nothing of it
			err = issueError(err)
			break
		}
	}
	b.date = date
	b.failed(err)
	return err
}

// failed keeps an error that no answer can return.
func (b *Book) failed(err error) {
	if b.lazy != nil {
		b.fail(err)
	}
}

// need makes the records of all issues where one is of a credit or an incident.
func (b *Book) need(creditID, incidentID string) error {
	if b.made == nil {
		return nil
	}
	if b.made.has(creditID, incidentID) {
		return b.whole()
	}
	return nil
}

// has reports whether a grant has the credit or the incident. Most credits stand
// where their incident does.
func (m *made) has(creditID, incidentID string) bool {
	at := 0
	if incidentID != "" {
		var found bool
		if at, found = sort.Find(len(m.of), func(i int) int { return cmp.Compare(incidentID, m.Incident(int(m.of[i]))) }); found {
			return true
		}
	}
	if creditID == "" {
		return false
	}
	compare := func(i int) int { return cmp.Compare(creditID, m.Grant(int(m.of[i])).CreditID) }
	if (at == 0 || compare(at-1) > 0) && (at == len(m.of) || compare(at) < 0) {
		return false
	}
	_, found := sort.Find(len(m.of), compare)
	return found
}
