package archive

import (
	"encoding/binary"
	"errors"
	"path/filepath"
	"slices"

	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// View is the archive as it was before a date. It is a ledger.Past.
type View struct {
	archive *Archive
	until   calendar.Date
	answers [len(prepared)][]*answers // by space: see Ask
}

var (
	_ ledger.Past  = (*View)(nil)
	_ ledger.Blank = (*View)(nil)
)

// Before returns the postings of the nights before a date, of those that the
// archive was opened with.
func (a *Archive) Before(date calendar.Date) *View {
	if len(a.later) > 0 { // a volume may have records of them
		date = min(date, a.later[0].Date)
	}
	return &View{archive: a, until: date}
}

// each visits what is kept under a key with a date in [from, until), in the order
// of the chain.
func (v *View) each(s space, id string, from calendar.Date, visit func(value []byte) error) error {
	a := v.archive
	k := keyOf(s, id)
	buffers := a.scratch.Get().(*scratch)
	defer a.scratch.Put(buffers)
	for n := 0; ; n++ {
		volume := a.volume(n)
		if volume == nil {
			return nil
		}
		if volume.footer.records == 0 || volume.footer.maxDate < from || volume.footer.minDate >= v.until {
			continue
		}
		see := func(value []byte) error {
			if date := dateOf(value); date < from || date >= v.until {
				return nil
			}
			return visit(value)
		}
		err := volume.find(&k, buffers, see)
		if errors.Is(err, ErrDamaged) {
			// What was visited of it came from blocks that were well, and would come
			// again: the caller's visit has no effect before each returns.
			err = errAgain
			if mendErr := a.mend(n, volume); mendErr != nil {
				err = mendErr
			}
		}
		if err != nil {
			return err
		}
	}
}

// errAgain asks for another attempt: a volume was damaged, and is replaced.
var errAgain = errors.New("a volume was replaced")

// gather collects what decode makes of the values of a key.
func gather[T any](v *View, s space, id string, from calendar.Date, decode func([]byte) (T, error)) ([]T, error) {
	if values, known := v.known(s, id, from); known {
		if all, err := unpack(values, from, decode); err == nil { // or the volume is to be replaced
			return all, nil
		}
	}
	for {
		var all []T
		err := v.each(s, id, from, func(value []byte) error {
			one, err := decode(value)
			if err != nil {
				return errors.Join(ErrDamaged, err)
			}
			all = append(all, one)
			return nil
		})
		if !errors.Is(err, errAgain) {
			return all, err
		}
	}
}

// unpack collects what decode makes of values that Ask found.
func unpack[T any](values []byte, from calendar.Date, decode func([]byte) (T, error)) ([]T, error) {
	var all []T
	for len(values) > 0 {
		size, n := binary.Uvarint(values)
		value := values[n : n+int(size)]
		values = values[n+int(size):]
		if dateOf(value) < from {
			continue
		}
		one, err := decode(value)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// volume returns the n-th volume, nil after the last.
func (a *Archive) volume(n int) *volume {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n >= len(a.volumes) {
		return nil
	}
	return a.volumes[n]
}

// mend replaces a damaged volume by one in memory, for as long as the archive is
// open; Keep makes the file again.
func (a *Archive) mend(n int, damaged *volume) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.volumes[n] != damaged {
		return nil // somebody else did
	}
	v, err := a.make(span{int(damaged.footer.first), min(int(damaged.footer.last), len(a.config.Nights))})
	if err == nil {
		a.volumes[n] = v
		a.damaged = append(a.damaged, filepath.Base(damaged.name))
	}
	return err
}

// beginning is before every date.
const beginning = calendar.Date(-1 << 31)

// Nothing reports whether Ask looked for a credit and found nothing. It is
// ledger.Blank.
func (v *View) Nothing(creditID string) bool {
	values, known := v.known(byCredit, creditID, beginning)
	return known && len(values) == 0
}

// Credit returns every posting under a credit id, in the order of the chain.
func (v *View) Credit(id string) ([]ledger.Posting, error) {
	return gather(v, byCredit, id, beginning, decodePosting)
}

// Customer returns what a customer was given on or after a date, credits voided
// whole with nothing.
func (v *View) Customer(id string, from calendar.Date) ([]ledger.Given, error) {
	entries, err := gather(v, byCustomer, id, from, decodeEntry)
	return givenOf(entries, func(e *entry, g *ledger.Given) { g.CustomerID, g.OrderID = id, e.other }), err
}

// Order returns what was given for an order, like Customer.
func (v *View) Order(id string) ([]ledger.Given, error) {
	entries, err := gather(v, byOrder, id, beginning, decodeEntry)
	return givenOf(entries, func(e *entry, g *ledger.Given) { g.CustomerID, g.OrderID = e.other, id }), err
}

// givenOf sums entries per credit. What changed a credit that was issued before
// the first entry is no credit of theirs.
func givenOf(entries []entry, parties func(*entry, *ledger.Given)) []ledger.Given {
	var given []ledger.Given
	for i := range entries {
		e := &entries[i]
		switch {
		case e.kind == ledger.Issue:
			g := ledger.Given{Date: e.date, CreditID: e.creditID, RuleID: e.rule, Currency: e.currency, Minor: e.minor}
			parties(e, &g)
			given = append(given, g)
		case e.minor != 0:
			at := slices.IndexFunc(given, func(g ledger.Given) bool { return g.CreditID == e.creditID })
			if at >= 0 {
				given[at].Minor += e.minor
			}
		}
	}
	return given
}

// Kind says what an id is of.
type Kind = space

// The kinds of ids.
const (
	OfCredit   = byCredit
	OfCustomer = byCustomer
	OfOrder    = byOrder
	OfEvent    = byEvent
)

// Postings returns every posting of the credits that an id leads to, in the
// order of Compare: those of the id and, where an incident has events of several
// sources, of its others.
func (v *View) Postings(kind Kind, id string) ([]ledger.Posting, error) {
	ids := []string{id}
	if kind != byCredit {
		entries, err := gather(v, kind, id, beginning, decodeEntry)
		if err != nil {
			return nil, err
		}
		ids = ids[:0]
		for _, e := range entries {
			ids = append(ids, e.creditID)
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
	}
	var all []ledger.Posting
	for _, id := range ids {
		postings, err := v.Credit(id)
		if err != nil {
			return nil, err
		}
		all = append(all, postings...)
	}
	slices.SortFunc(all, ledger.Compare)
	return all, nil
}
