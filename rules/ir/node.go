package ir

// Node is one typed expression.
type Node interface {
	Type() Type
	Offset() int // rune offset in the expression's own text
}
