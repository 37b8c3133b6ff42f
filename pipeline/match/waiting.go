package match

import (
	"strings"

	"amends/pipeline/award"
	"amends/rules/ir"
)

// waiting are rows that will be looked at, of as many batches as it takes to
// make evaluating them cheap: side by side in a batch that owns its texts. Of
// which batches they are never shows.
type waiting struct {
	finder *Finder  // that passed them
	batch  ir.Batch // of Source.Columns
	texts  textArena
	places []award.Place
	hashes []uint64     // of the incidents' keys
	unread []*RowReject // of each row: why scan could not read it whole, or nil
	sifted []sifted
	asked  int // the number of the first row among AskedCustomers, plus one; 0 where nobody asked
}

// sifted is where a row was passed that a rule may hold on, and of which nothing
// else is odd. Where none does, it stays passed. The row is -1 of other rows,
// which were not passed.
type sifted struct {
	passed int32 // index in the batches passed by waiting.finder
	row    int32
}

// waitingRows is how many rows are looked at together: of a thousand, what an
// expression costs whatever the rows is a few nanoseconds a row.
const waitingRows = 1024

// take adds the rows that were gathered of the batch that was passed.
func (w *waiting) take(g *gathered, passed int) {
	for d, row := range g.rows {
		if !g.sifted[d] {
			row = -1
		}
		w.sifted = append(w.sifted, sifted{int32(passed), row})
		w.places = append(w.places, g.place(d))
		bad := g.unread[d]
		if bad != nil {
			own := *bad
			bad = &own
		}
		w.unread = append(w.unread, bad)
	}
	w.hashes = append(w.hashes, g.hashes...)
	if w.batch.Columns == nil {
		w.batch.Columns = make([]ir.Vector, len(g.batch.Columns))
	}
	for c := range g.batch.Columns {
		w.texts.vector(&w.batch.Columns[c], &g.batch.Columns[c], w.batch.Rows, g.batch.Rows)
	}
	w.batch.Rows += g.batch.Rows
}

// another has no rows and room for about as many as these are.
func (w *waiting) another() waiting {
	const rows = waitingRows * 5 / 4
	next := waiting{
		finder: w.finder,
		places: make([]award.Place, 0, rows), hashes: make([]uint64, 0, rows),
		unread: make([]*RowReject, 0, rows), sifted: make([]sifted, 0, rows),
	}
	next.batch.Columns = make([]ir.Vector, len(w.batch.Columns))
	for c := range w.batch.Columns {
		if w.batch.Columns[c].Kind == ir.String {
			next.batch.Columns[c].Strings = make([]string, 0, rows)
		} else {
			next.batch.Columns[c].Ints = make([]int64, 0, rows)
		}
	}
	return next
}

// near reads a byte of each text. Rows may have waited for long, and whoever looks at
// them one after the other would wait for each of its texts; like this their memory
// comes at once. What it returns is of no use.
func (w *waiting) near() (mixed byte) {
	for c := range w.batch.Columns {
		for _, text := range w.batch.Columns[c].Strings {
			if len(text) > 0 {
				mixed ^= text[0]
			}
		}
	}
	return mixed
}

// empty forgets the rows and keeps the memory, but for that of texts.
func (w *waiting) empty() {
	w.texts = textArena{}
	w.places, w.hashes, w.unread, w.sifted = w.places[:0], w.hashes[:0], w.unread[:0], w.sifted[:0]
	w.batch.Rows, w.asked = 0, 0
	for c := range w.batch.Columns {
		v := &w.batch.Columns[c]
		v.Ints, v.Strings, v.Valid = v.Ints[:0], v.Strings[:0], v.Valid[:0]
	}
}

// vector appends a column of so many rows to one that has before of them.
func (a *textArena) vector(to, from *ir.Vector, before, rows int) {
	to.Kind = from.Kind
	to.Ints = append(to.Ints, from.Ints...)
	for _, text := range from.Strings {
		to.Strings = append(to.Strings, a.keep(text))
	}
	for i, code := range from.Codes {
		text := "" // of a null
		if from.Valid == nil || from.Valid[i] {
			text = from.Dict.Entry(code) // which nobody changes
		}
		to.Strings = append(to.Strings, text)
	}
	if from.Valid == nil && len(to.Valid) == 0 {
		to.Valid = nil // empty keeps its memory, and a slice without rows is no "none is null"
		return
	}
	for len(to.Valid) < before {
		to.Valid = append(to.Valid, true)
	}
	to.Valid = append(to.Valid, from.Valid...)
	for len(to.Valid) < before+rows {
		to.Valid = append(to.Valid, true)
	}
}

// textArena keeps texts that stay and go together, in blocks: a block lives as
// long as one of its texts.
type textArena struct{ block strings.Builder }

// arenaBytes is the size of a block: some hundred incidents' texts.
const arenaBytes = 64 << 10

// keep returns a text of its own that is equal.
func (a *textArena) keep(text string) string {
	if text == "" {
		return ""
	}
	if a.block.Len()+len(text) > a.block.Cap() {
		a.block = strings.Builder{}
		a.block.Grow(max(arenaBytes, len(text)))
	}
	at := a.block.Len()
	a.block.WriteString(text) // within its capacity: what was kept stays where it is
	return a.block.String()[at:]
}

// value returns a value of its own that is equal.
func (a *textArena) value(v ir.Value) ir.Value {
	v.S = a.keep(v.S)
	return v
}
