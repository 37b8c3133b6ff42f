package ir

// EvenTexts are texts of one length that stand at one distance from each other,
// as ids do in a page: none of them needs a header that says where it is. The
// zero EvenTexts stands for no texts. It owns nothing; see Vector.
type EvenTexts struct {
	memory   string // from the first text on
	length   int    // of a text, in bytes
	distance int    // from where one text begins to where the next does
}

// NewEvenTexts returns the texts of length bytes that begin at multiples of
// distance, which is above 0, in memory. Memory ends with the last of them or
// after it.
func NewEvenTexts(memory string, length, distance int) EvenTexts {
	return EvenTexts{memory, length, distance}
}

// Any reports whether there are texts.
func (e *EvenTexts) Any() bool { return e.distance > 0 }

// TextBytes returns the length that all texts have.
func (e *EvenTexts) TextBytes() int { return e.length }

// At returns text i.
func (e *EvenTexts) At(i int) string {
	first := i * e.distance
	return e.memory[first : first+e.length]
}

// Append appends the first n texts.
func (e *EvenTexts) Append(texts []string, n int) []string {
	for i := range n {
		texts = append(texts, e.At(i))
	}
	return texts
}
