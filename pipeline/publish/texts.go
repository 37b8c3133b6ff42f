package publish

import "unsafe"

// Texts are texts of some rows of a row group, in memory that those of the next
// row group take.
type Texts struct {
	pieces [][]byte
	now    int // the one that is filled
}

// textPieceBytes is the size of a piece, far above most texts.
const textPieceBytes = 1 << 16

// begin lets go of all texts.
func (t *Texts) begin() {
	for i := range t.pieces {
		t.pieces[i] = t.pieces[i][:0]
	}
	t.now = 0
}

// Of keeps what appending gives: as long as the row that it is for.
func (t *Texts) Of(appended func(b []byte) []byte) string {
	for ; ; t.now++ {
		fresh := t.now == len(t.pieces)
		if fresh {
			t.pieces = append(t.pieces, make([]byte, 0, textPieceBytes))
		}
		piece := t.pieces[t.now]
		text := appended(piece[len(piece):])
		if len(text) <= cap(piece)-len(piece) {
			t.pieces[t.now] = piece[:len(piece)+len(text)]
		} else if len(piece) > 0 {
			continue // it is in memory of its own, and the next piece may hold it
		}
		return unsafe.String(unsafe.SliceData(text), len(text))
	}
}
