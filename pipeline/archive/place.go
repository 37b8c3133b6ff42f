package archive

import (
	"bytes"
	"encoding/binary"
	"slices"

	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// A night asks of the same customers several times. Where the answer lies, which
// takes a hash of the id and a search, it finds once: see Ask.

// Place is where an answer lies of those that were looked for; the zero Place
// where there is none. It is good until Forget.
type Place struct {
	part *answered
	at   int32
}

// Known reports whether the id was looked for.
func (p Place) Known() bool { return p.part != nil }

// Nothing reports whether the id was looked for and nothing was found.
func (p Place) Nothing() bool { return p.part != nil && len(p.part.of(int(p.at))) == 0 }

// of are the values of the id at a place of the part.
func (a *answered) of(at int) []byte {
	start := uint32(0)
	if at > 0 {
		start = a.ends[at-1]
	}
	return a.values[start:a.ends[at]]
}

// nothing is where the answers lie that nothing was found of: many share it, so that
// it is always at hand.
var nothing = answered{ends: []uint32{0}}

func (a *answers) at(id int) Place {
	part, at := &a.parts[id/partIDs], id%partIDs
	if len(part.of(at)) == 0 {
		return Place{part: &nothing}
	}
	return Place{part, int32(at)}
}

// Places are where the answers of many ids lie, in four bytes each. They are good until
// Forget.
type Places struct {
	numbers []uint32   // unknownAt, nothingAt, or someAt and the id's number in all of the answers
	answers []*answers // one after the other
}

// The numbers of Places that are no id's, and that of the first id.
const (
	unknownAt = iota // nobody looked for it
	nothingAt        // it was looked for, and nothing was found
	someAt
)

// Any reports whether ids were asked for.
func (p Places) Any() bool { return p.numbers != nil }

// Len is how many ids were asked for.
func (p Places) Len() int { return len(p.numbers) }

// At is the place of the i-th id.
func (p Places) At(i int) Place {
	switch number := p.numbers[i]; number {
	case unknownAt:
		return Place{}
	case nothingAt:
		return Place{part: &nothing}
	default:
		id := int(number - someAt)
		for _, a := range p.answers {
			if id < len(a.ids) {
				return a.at(id)
			}
			id -= len(a.ids)
		}
		return Place{} // unreachable: numbers are of ids
	}
}

// Near reads a byte of the answers of some ids, from first to end, one after the other:
// their memory comes at once, so that whoever reads a few hundred answers next waits
// less. What it returns is of no use.
func (p Places) Near(first, end int) (mixed byte) {
	for i := first; i < end; i++ {
		place := p.At(i)
		if place.part == nil || place.part == &nothing {
			continue
		}
		start := uint32(0)
		if place.at > 0 {
			start = place.part.ends[place.at-1]
		}
		mixed ^= place.part.values[min(int(start), len(place.part.values)-1)] // it has an answer, so there are values
	}
	return mixed
}

// Put returns places in another order: the i-th of p is the to[i]-th, each once.
func (p Places) Put(to []int32) Places {
	numbers := make([]uint32, len(p.numbers))
	for i, number := range p.numbers {
		numbers[to[i]] = number
	}
	return Places{numbers, p.answers}
}

// Ask looks for all ids of a kind that were not looked for yet, of which it has the
// digests, and returns where their answers lie, in the order of the digests.
// Customers are asked on or after a date. The view answers from memory until Forget.
// Nobody may be asking meanwhile.
func (v *View) Ask(kind Kind, digests []Digest, customersFrom calendar.Date, workers int) (Places, error) {
	return v.ask(kind, digests, customersFrom, workers, func(a *answers) *answers { return a })
}

// AskOnce is Ask of ids that nobody asks for in another way: of those that have
// nothing, nothing is kept but their places. Most have nothing.
func (v *View) AskOnce(kind Kind, digests []Digest, customersFrom calendar.Date, workers int) (Places, error) {
	return v.ask(kind, digests, customersFrom, workers, (*answers).something)
}

func (v *View) ask(kind Kind, digests []Digest, customersFrom calendar.Date, workers int, kept func(*answers) *answers) (Places, error) {
	from, space := beginning, slices.Index(prepared[:], kind)
	if kind == byCustomer {
		from = customersFrom
	}
	places := Places{numbers: make([]uint32, len(digests))}
	if len(v.answers[space]) > 0 {
		_ = inParallel((len(digests)+digestsTogether-1)/digestsTogether, workers, func(part int) error {
			for i := part * digestsTogether; i < min((part+1)*digestsTogether, len(digests)); i++ {
				places.numbers[i] = v.number(space, digests[i], from)
			}
			return nil
		})
	}
	order := inOrder(digests, workers)
	known := len(v.answers[space]) > 0
	order = slices.DeleteFunc(order, func(p placed) bool {
		return known && places.numbers[p.place] != unknownAt || p.high == 0 && digests[p.place] == Digest{}
	})
	if len(order) > 0 {
		ids := make([]Digest, 0, len(order))
		for i, p := range order {
			if d := digests[p.place]; i == 0 || d != ids[len(ids)-1] {
				ids = append(ids, d)
			}
		}
		all, err := v.look(space, ids, from, workers)
		if err != nil {
			return Places{}, err
		}
		v.answered(space, kept(all), digests, order, places.numbers)
	}
	places.answers = slices.Clip(v.answers[space])
	return places, nil
}

// answered adds answers, and numbers those of some digests, in their order.
func (v *View) answered(space int, all *answers, digests []Digest, order []placed, numbers []uint32) {
	first := someAt
	for _, a := range v.answers[space] {
		first += len(a.ids)
	}
	v.answers[space] = append(v.answers[space], all)
	id := 0
	for _, p := range order {
		numbers[p.place] = nothingAt
		for ; id < len(all.ids) && all.ids[id].high <= p.high; id++ {
			if all.ids[id].high < p.high {
				continue
			}
			order := all.ids[id].Compare(digests[p.place])
			if order == 0 && all.has(id) {
				numbers[p.place] = uint32(first + id)
			}
			if order >= 0 {
				break // the next one may be of the same id
			}
		}
	}
}

// number is the number in Places of an id.
func (v *View) number(space int, d Digest, from calendar.Date) uint32 {
	first := someAt
	for _, a := range v.answers[space] {
		if id, ok := a.place(d); ok && from >= a.from {
			if !a.has(id) {
				return nothingAt
			}
			return uint32(first + id)
		}
		first += len(a.ids)
	}
	return unknownAt
}

// has reports whether there is an answer of an id.
func (a *answers) has(id int) bool { return len(a.parts[id/partIDs].of(id%partIDs)) > 0 }

// Place is where the answer of an id lies that was looked for, customers on or after
// a date.
func (v *View) Place(kind Kind, id string, customersFrom calendar.Date) Place {
	from := beginning
	if kind == byCustomer {
		from = customersFrom
	}
	return v.find(slices.Index(prepared[:], kind), DigestOf(id), from)
}

// settling are the kinds of postings that say what became of an incident.
var settling = [...]ledger.Kind{ledger.Issue, ledger.Deny, ledger.Hold, ledger.Reject, ledger.Lapse}

// Settlement says what became of the incident of a credit at a place: the latest
// of the postings that do, and its date; "" where there is none. It is false where
// nobody looked for the credit, or what it found cannot be read.
func (p Place) Settlement() (kind ledger.Kind, date calendar.Date, known bool) {
	if p.part == nil {
		return "", 0, false
	}
	for values := p.part.of(int(p.at)); len(values) > 0; {
		size, n := binary.Uvarint(values)
		d := decoder{rest: values[n : n+int(size)]} // a posting: see decodePosting
		values = values[n+int(size):]
		on := calendar.Date(d.number())
		_, _ = d.raw() // its id
		posted, _ := d.raw()
		if d.err != nil {
			return "", 0, false
		}
		for _, k := range settling {
			if string(posted) == string(k) {
				kind, date = k, on
			}
		}
	}
	return kind, date, true
}

// Amount is one credit of those under a customer or an order.
type Amount struct {
	Date             calendar.Date
	RuleID, Currency string
	Minor            int64 // granted without voided
}

// Reader reads amounts at places. It is one goroutine's.
type Reader struct {
	texts map[string]string   // rules and currencies, which many amounts share
	near  [readerTexts]string // of these the last ones, each where its bytes say
}

// readerTexts is more than a rulebook's rules and currencies mostly are.
const readerTexts = 1 << 6

// Amounts appends what a customer at a place was given on or after a date, as
// View.Customer has it but without ids, and in any order. It is false where
// nobody looked for the customer, or what it found cannot be read: then
// View.Customer says.
func (r *Reader) Amounts(to []Amount, p Place, from calendar.Date) (all []Amount, known bool) {
	if p.part == nil {
		return to, false
	}
	values, start := p.part.of(int(p.at)), len(to)
	for rest := values; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		value := rest[n : n+int(size)]
		rest = rest[n+int(size):]
		e, err := decodeAmount(value)
		switch {
		case err != nil:
			return to[:start], false
		case e.date < from:
		case e.issue:
			to = append(to, Amount{e.date, r.text(e.rule, e.packedRule), r.text(e.currency, false), e.minor})
		case e.minor != 0:
			change(to[start:], values, from, &e)
		}
	}
	voided := func(a Amount) bool { return a.Minor <= 0 }
	if slices.ContainsFunc(to[start:], voided) {
		to = to[:start+len(slices.DeleteFunc(to[start:], voided))]
	}
	return to, true
}

// text is a text that amounts share. A rule may have a name that is kept packed,
// as ids are: few do.
func (r *Reader) text(raw []byte, packed bool) string {
	if packed {
		return unpackedID(raw)
	}
	if len(raw) == 0 {
		return ""
	}
	near := &r.near[(len(raw)*7+int(raw[0])*5+int(raw[len(raw)-1]))%readerTexts]
	if *near == string(raw) {
		return *near
	}
	text, known := r.texts[string(raw)]
	if !known {
		if r.texts == nil {
			r.texts = map[string]string{}
		}
		text = string(raw)
		r.texts[text] = text
	}
	*near = text
	return text
}

// change adds what voided or reinstated a credit to that credit's amount: the
// values, which were read once, say which of them it is. Few credits are voided.
func change(amounts []Amount, values []byte, from calendar.Date, changed *amountEntry) {
	for at := 0; at < len(amounts); {
		size, n := binary.Uvarint(values)
		e, _ := decodeAmount(values[n : n+int(size)])
		values = values[n+int(size):]
		if e.date < from || !e.issue {
			continue
		}
		if bytes.Equal(e.creditID, changed.creditID) {
			amounts[at].Minor += changed.minor
			return
		}
		at++
	}
}

// amountEntry is what amounts need of an entry; its bytes are the value's.
type amountEntry struct {
	date                     calendar.Date
	issue                    bool
	creditID, rule, currency []byte // as they are kept
	packedRule               bool
	minor                    int64
}

func decodeAmount(value []byte) (e amountEntry, err error) {
	d := decoder{rest: value}
	e.date = calendar.Date(d.number())
	kind, _ := d.raw()
	e.issue = string(kind) == string(ledger.Issue)
	e.creditID, _ = d.raw()
	d.raw()
	e.rule, e.packedRule = d.raw()
	e.currency, _ = d.raw()
	e.minor = d.number()
	return e, d.end()
}
