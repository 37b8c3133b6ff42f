package columnar

import (
	"iter"
	"math/bits"
	"slices"
)

// bitmap has a bit a row, 64 rows a word; the bits after the last row are zero.
type bitmap []uint64

const (
	wordRows = 64
	allRows  = ^uint64(0) // a word of which every row is selected
)

func wordsOf(rows int) int { return (rows + wordRows - 1) / wordRows }

func (b bitmap) has(row int) bool { return b[row/wordRows]>>(row%wordRows)&1 != 0 }

func (b bitmap) set(row int) { b[row/wordRows] |= 1 << (row % wordRows) }

func (b bitmap) count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// fill sets the first rows bits and clears the others.
func (b bitmap) fill(rows int) {
	for w := range b {
		b[w] = allRows
	}
	if rest := rows % wordRows; rest != 0 {
		b[len(b)-1] = 1<<rest - 1
	}
}

// resize returns a bitmap of so many words, of b's memory where that suffices;
// what it holds is not known.
func (b bitmap) resize(words int) bitmap { return slices.Grow(b[:0], words)[:words] }

// Selection is a set of the rows of a batch. The zero Selection is empty; its
// owner reuses it from batch to batch.
type Selection struct {
	words bitmap
	rows  int
}

// All makes s every row of a batch of so many rows.
func (s *Selection) All(rows int) {
	s.None(rows)
	s.words.fill(rows)
}

// None makes s the empty selection of a batch of so many rows.
func (s *Selection) None(rows int) {
	s.rows = rows
	s.words = s.words.resize(wordsOf(rows))
	clear(s.words)
}

// Copy makes s the rows of other.
func (s *Selection) Copy(other *Selection) { s.take(other.words, other.rows) }

func (s *Selection) take(words bitmap, rows int) {
	s.rows = rows
	s.words = append(s.words[:0], words...)
}

// Add adds a row of the batch.
func (s *Selection) Add(row int) { s.words.set(row) }

// Has reports whether a row of the batch is selected.
func (s *Selection) Has(row int) bool { return s.words.has(row) }

// Len returns how many rows are selected.
func (s *Selection) Len() int { return s.words.count() }

// Union adds the rows of other, a selection of the same batch.
func (s *Selection) Union(other *Selection) {
	for w, word := range other.words {
		s.words[w] |= word
	}
}

// Intersect removes the rows that other, a selection of the same batch, lacks.
func (s *Selection) Intersect(other *Selection) {
	for w, word := range other.words {
		s.words[w] &= word
	}
}

// Remove removes the rows of other, a selection of the same batch.
func (s *Selection) Remove(other *Selection) {
	for w, word := range other.words {
		s.words[w] &^= word
	}
}

// Words returns the set as bits, 64 rows a word, the lowest first. The caller
// may change the bits of rows of the batch; those behind its last row stay zero.
func (s *Selection) Words() []uint64 { return s.words }

// Rows yields the selected rows, ascending.
func (s *Selection) Rows() iter.Seq[int] {
	return func(yield func(int) bool) {
		for w, word := range s.words {
			for ; word != 0; word &= word - 1 {
				if !yield(w*wordRows + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// AppendRows appends the selected rows to rows, ascending.
func (s *Selection) AppendRows(rows []int32) []int32 {
	for w, word := range s.words {
		for ; word != 0; word &= word - 1 {
			rows = append(rows, int32(w*wordRows+bits.TrailingZeros64(word)))
		}
	}
	return rows
}

// rowOf returns the row of the one bit that is set in word w.
func rowOf(w int, one uint64) int { return w*wordRows + bits.TrailingZeros64(one) }
