package archive

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"amends/rules/calendar"
)

// A night asks of hundreds of thousands of customers, orders and credits, most of
// which have nothing. Asked together they are looked for in the order in which
// volumes keep them: a place is read once, whoever is found there, and what was
// found is kept packed until it is forgotten.

// prepared are the spaces of which many ids are asked at once.
var prepared = [...]space{byCredit, byCustomer, byOrder}

// answers are what is kept of some ids of a space on or after a date.
type answers struct {
	from   calendar.Date
	ids    []Digest // sorted, each once
	starts []uint32 // by the first bits of an id: where those that begin so are
	shift  int      // that leaves the first bits
	parts  []answered
}

// answered is what was found of up to partIDs neighbouring ids.
type answered struct {
	values []byte   // with their lengths, in the order of the ids and of the chain
	ends   []uint32 // by id: where its values end
}

const (
	partIDs     = 1 << 13
	idsOfBucket = 4
)

// look finds the answers of ids of a space, sorted and each once.
func (v *View) look(space int, ids []Digest, from calendar.Date, workers int) (*answers, error) {
	all := newAnswers(ids, from)
	for {
		err := v.answer(prepared[space], all, workers)
		if errors.Is(err, errAgain) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return all, nil
	}
}

// Forget gives the memory of Ask back. Nobody may be asking meanwhile.
func (v *View) Forget() { v.answers = [len(prepared)][]*answers{} }

func newAnswers(ids []Digest, from calendar.Date) *answers {
	a := &answers{from: from, ids: ids, shift: 64 - bits.Len(uint(len(ids)/idsOfBucket))}
	a.starts = make([]uint32, 1<<(64-a.shift)+1)
	for _, d := range ids {
		a.starts[d.high>>a.shift+1]++
	}
	for i := 1; i < len(a.starts); i++ {
		a.starts[i] += a.starts[i-1]
	}
	a.parts = make([]answered, (len(ids)+partIDs-1)/partIDs)
	return a
}

// something is what was found, without the ids that have nothing.
func (a *answers) something() *answers {
	var ids []Digest
	for i := range a.parts {
		start := uint32(0)
		for at, end := range a.parts[i].ends {
			if end > start {
				ids = append(ids, a.ids[i*partIDs+at])
			}
			start = end
		}
	}
	few, n := newAnswers(ids, a.from), 0
	for i := range a.parts {
		for at := range a.parts[i].ends {
			if values := a.parts[i].of(at); len(values) > 0 {
				part := &few.parts[n/partIDs]
				part.values = append(part.values, values...)
				part.ends = append(part.ends, uint32(len(part.values)))
				n++
			}
		}
	}
	return few
}

// place is where an id is.
func (a *answers) place(d Digest) (int, bool) {
	bucket := d.high >> a.shift
	for i := a.starts[bucket]; i < a.starts[bucket+1]; i++ {
		if a.ids[i] == d {
			return int(i), true
		}
	}
	return 0, false
}

// known returns what Ask found of an id.
func (v *View) known(s space, id string, from calendar.Date) (values []byte, known bool) {
	i := slices.Index(prepared[:], s)
	if i < 0 || len(v.answers[i]) == 0 {
		return nil, false
	}
	p := v.find(i, DigestOf(id), from)
	if !p.Known() {
		return nil, false
	}
	return p.part.of(int(p.at)), true
}

// find returns where the answer of an id is; the zero Place where it was not looked
// for.
func (v *View) find(space int, d Digest, from calendar.Date) Place {
	for _, a := range v.answers[space] {
		if i, ok := a.place(d); ok && from >= a.from {
			return a.at(i)
		}
	}
	return Place{}
}

// answer finds the values of all ids. Where a volume is damaged it is replaced,
// and the error is errAgain.
func (v *View) answer(s space, all *answers, workers int) error {
	var volumes []*volume
	var there [][]bool // by volume and id: whether it may hold it
	for n := 0; ; n++ {
		volume := v.archive.volume(n)
		if volume == nil {
			break
		}
		may := []bool(nil)
		if f := &volume.footer; f.records > 0 && f.maxDate >= all.from && f.minDate < v.until {
			var err error
			if may, err = volume.sift(s, all.ids, workers); err != nil {
				return v.again(n, volume, err)
			}
		}
		volumes, there = append(volumes, volume), append(there, may)
	}
	room := sync.Pool{New: func() any { return new(pieces) }} // as large as a part before needed it
	return inParallel(len(all.parts), workers, func(part int) error {
		first := part * partIDs
		ids := all.ids[first:min(first+partIDs, len(all.ids))]
		found := room.Get().(*pieces)
		defer room.Put(found)
		found.values, found.list = found.values[:0], found.list[:0]
		for n, volume := range volumes {
			if there[n] == nil {
				continue
			}
			if err := v.walk(volume, s, ids, there[n][first:], all.from, found); err != nil {
				return v.again(n, volume, err)
			}
		}
		all.parts[part] = found.answered(len(ids))
		return nil
	})
}

// again replaces a volume that is damaged.
func (v *View) again(n int, damaged *volume, err error) error {
	if !errors.Is(err, ErrDamaged) {
		return err
	}
	return cmp.Or(v.archive.mend(n, damaged), errAgain)
}

// walk finds the values of sorted ids that may be in a volume.
func (v *View) walk(volume *volume, s space, ids []Digest, there []bool, from calendar.Date, found *pieces) error {
	w := walker{volume: volume, page: -1, entry: -1, window: found.window}
	if volume.whole == nil {
		defer func() { found.window = w.window[:0] }()
	}
	for i, d := range ids {
		if !there[i] {
			continue
		}
		k := d.key(s)
		err := w.find(&k, func(value []byte) {
			if date := dateOf(value); date >= from && date < v.until {
				found.add(i, value)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pieces are values of ids, as they are found: volume by volume.
type pieces struct {
	values []byte
	list   []piece
	window []byte // room for a walker's; see walker
}

type piece struct{ id, start, end uint32 }

func (p *pieces) add(id int, value []byte) {
	start := len(p.values)
	p.values = binary.AppendUvarint(p.values, uint64(len(value)))
	p.values = append(p.values, value...)
	p.list = append(p.list, piece{uint32(id), uint32(start), uint32(len(p.values))})
}

// answered puts the pieces of each id together.
func (p *pieces) answered(ids int) answered {
	a := answered{values: make([]byte, len(p.values)), ends: make([]uint32, ids)}
	for _, one := range p.list {
		a.ends[one.id] += one.end - one.start
	}
	at := make([]uint32, ids)
	sum := uint32(0)
	for i, size := range a.ends {
		at[i] = sum
		sum += size
		a.ends[i] = sum
	}
	for _, one := range p.list {
		at[one.id] += uint32(copy(a.values[at[one.id]:], p.values[one.start:one.end]))
	}
	return a
}

// inParallel does n things on so many workers, and returns the first's error.
func inParallel(n, workers int, do func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(max(workers, 1), n) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = do(i)
			}
		})
	}
	wait.Wait()
	return cmp.Or(errs...)
}
