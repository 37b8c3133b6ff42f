package publish

import "unsafe"

// LongText is how a text of the rows that are made is made apart from them.
type LongText[R any] struct {
	Rest   func(i int, row *R)          // Made's Row, but for the text
	Append func(b []byte, i int) []byte // appends the text of row i
	At     func(row *R) *string         // where Row puts it
}

// longTexts are the long texts of some rows of a row group, which those of the
// next row group take the place of.
type longTexts struct {
	pieces [][]byte
	now    int // the one that is filled
}

// longPieceBytes is the size of a piece, far above most texts.
const longPieceBytes = 1 << 16

// begin lets go of all texts.
func (l *longTexts) begin() {
	for i := range l.pieces {
		l.pieces[i] = l.pieces[i][:0]
	}
	l.now = 0
}

// row makes row i, whose text is valid until begin.
func (long *LongText[R]) row(l *longTexts, i int, row *R) {
	long.Rest(i, row)
	*long.At(row) = l.add(func(b []byte) []byte { return long.Append(b, i) })
}

// add keeps what appending gives.
func (l *longTexts) add(appended func(b []byte) []byte) string {
	for ; ; l.now++ {
		fresh := l.now == len(l.pieces)
		if fresh {
			l.pieces = append(l.pieces, make([]byte, 0, longPieceBytes))
		}
		piece := l.pieces[l.now]
		text := appended(piece[len(piece):])
		if len(text) <= cap(piece)-len(piece) {
			l.pieces[l.now] = piece[:len(piece)+len(text)]
		} else if len(piece) > 0 {
			continue // it is in memory of its own, and the next piece may hold it
		}
		return unsafe.String(unsafe.SliceData(text), len(text))
	}
}
