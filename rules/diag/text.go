package diag

// Text is a piece of an author's file, such as one expression, with the way
// back from an offset in it to the file's own coordinates.
type Text struct {
	Source string
	Parts  []Part // ascending by Offset; the first has Offset 0
}

// Part is a run of a Text that stands on one line of the file. Inexact parts
// (escaped quotes, folded scalars) point at their start.
type Part struct {
	Offset  int // rune offset in Source where the run begins
	Pos     Pos
	Line    string // the whole line of the file
	Inexact bool
}

// At returns the place of the rune at offset, and the line it stands on.
func (t Text) At(offset int) (Pos, string) {
	if len(t.Parts) == 0 {
		return Pos{}, ""
	}
	part := t.Parts[0]
	for _, p := range t.Parts[1:] {
		if p.Offset > offset {
			break
		}
		part = p
	}
	pos := part.Pos
	if !part.Inexact {
		pos.Col += max(0, offset-part.Offset)
	}
	return pos, part.Line
}

// Piece returns a part of t that stands on one line, from a rune offset.
func (t Text) Piece(offset int, source string) Text {
	pos, line := t.At(offset)
	inexact := false
	for _, p := range t.Parts {
		if p.Offset <= offset {
			inexact = p.Inexact
		}
	}
	return Text{Source: source, Parts: []Part{{Pos: pos, Line: line, Inexact: inexact}}}
}

// Diagnose makes a diagnostic at the rune offset of t.
func (t Text) Diagnose(offset int, code, message, hint string) Diagnostic {
	pos, line := t.At(offset)
	return Diagnostic{Pos: pos, Code: code, Message: message, Hint: hint, Line: line}
}
