package ir

import "regexp"

// Node is one typed expression. The nodes of this file are all there are: an
// evaluator's switch over them is complete.
//
// A node is evaluated to a value, which may be null where its type says so, or
// to a fault. Unless its comment says otherwise a node needs all of its
// operands, and the leftmost fault among them is its own. Nodes are immutable
// once checked, and a define that is used twice is the same pointer twice.
type Node interface {
	Type() Type
	Offset() int // rune offset in the expression's own text
	node()
}

// Const is a constant of any kind; it is never null.
type Const struct {
	Value Value
	At    int
}

// Read is the value of a slot. A null where Of is not nullable is the fault
// UnexpectedNull with the slot's name as its detail, and a FaultValue is its
// fault whatever Of is. A nullable slot that a guard has narrowed is read by a
// Read whose Of is not nullable.
type Read struct {
	Slot int
	Of   Type
	At   int
}

// Named is the use of a define. Its value is that of X; a fault of X is
// reported at At, since offsets inside X are those of the define's own text.
type Named struct {
	Name string
	X    Node
	At   int
}

// NotNull is the value of X, which a guard has narrowed: a null is the fault
// UnexpectedNull with Name as its detail.
type NotNull struct {
	X    Node
	Name string
	At   int
}

// Unwrap takes off what does not change a value: the names of defines, and that
// a guard has narrowed it.
func Unwrap(n Node) Node {
	for {
		switch x := n.(type) {
		case *Named:
			n = x.X
		case *NotNull:
			n = x.X
		default:
			return n
		}
	}
}

// And is false where any operand is false, even beside a fault; otherwise the
// leftmost fault; otherwise true. There are two operands or more.
type And struct {
	Operands []Node
	At       int
}

// Or is true where any operand is true, even beside a fault; otherwise the
// leftmost fault; otherwise false. There are two operands or more.
type Or struct {
	Operands []Node
	At       int
}

// If is Then or Else as Cond holds. A fault of Cond is its own; the branch that
// is not taken does not count, faults included. Both branches have one kind.
type If struct {
	Cond, Then, Else Node
	At               int
}

// Coalesce is X, or Else where X is null. A fault of X is its own; a fault of
// Else counts only where X is null. Both have one kind.
type Coalesce struct {
	X, Else Node
	At      int
}

// IsNull reports whether X is null. A fault of X is its own.
type IsNull struct {
	X  Node
	At int
}

// In reports whether X equals a value of List, all of X's kind.
type In struct {
	X    Node
	List []Value
	At   int
}

// Match reports whether Pattern, which is RE2, matches some part of the string X.
type Match struct {
	X       Node
	Pattern *regexp.Regexp
	At      int
}

// Lookup is a leaf of a table. Tree has one level for each step that has an
// Index, in order, since the constant steps are taken already, and all of its
// leaves have kind Kind. A key that a level lacks is the fault MissingKey with
// the key as its detail.
type Lookup struct {
	Name  string // of the table, as a rule writes it
	Steps []Step // as a rule writes them; at least one has an Index
	Tree  *Table
	Kind  Kind
	At    int
}

// Step goes one level down in a table: by the constant Key, or, where Index is
// not nil, by its value, a string.
type Step struct {
	Key   string
	Index Node
}

// Call is an operation on operands that are never null, of the kinds of one of
// the operation's signatures, whose result has kind Kind. Its fault has the
// operation's name as its detail.
type Call struct {
	Op   Op
	Args []Node
	Kind Kind
	At   int
}

var boolType = Type{Kind: Bool}

// Type returns the constant's kind.
func (n *Const) Type() Type { return Type{Kind: n.Value.Kind} }

// Type returns how the slot is read here.
func (n *Read) Type() Type { return n.Of }

// Type returns the type of the define.
func (n *Named) Type() Type { return n.X.Type() }

// Type returns the kind of X, never null.
func (n *NotNull) Type() Type { return Type{Kind: n.X.Type().Kind} }

// Type returns bool.
func (n *And) Type() Type { return boolType }

// Type returns bool.
func (n *Or) Type() Type { return boolType }

// Type returns the branches' kind, nullable where one of them is.
func (n *If) Type() Type {
	then, otherwise := n.Then.Type(), n.Else.Type()
	return Type{Kind: then.Kind, Nullable: then.Nullable || otherwise.Nullable}
}

// Type returns the kind of both sides, nullable where Else is.
func (n *Coalesce) Type() Type { return n.Else.Type() }

// Type returns bool.
func (n *IsNull) Type() Type { return boolType }

// Type returns bool.
func (n *In) Type() Type { return boolType }

// Type returns bool.
func (n *Match) Type() Type { return boolType }

// Type returns the leaves' kind.
func (n *Lookup) Type() Type { return Type{Kind: n.Kind} }

// Type returns the result's kind.
func (n *Call) Type() Type { return Type{Kind: n.Kind} }

// Offset returns where the literal stands.
func (n *Const) Offset() int { return n.At }

// Offset returns where the name stands.
func (n *Read) Offset() int { return n.At }

// Offset returns where the name stands.
func (n *Named) Offset() int { return n.At }

// Offset returns where the narrowed expression stands.
func (n *NotNull) Offset() int { return n.At }

// Offset returns where the first operator stands.
func (n *And) Offset() int { return n.At }

// Offset returns where the first operator stands.
func (n *Or) Offset() int { return n.At }

// Offset returns where the condition begins.
func (n *If) Offset() int { return n.At }

// Offset returns where the operator stands.
func (n *Coalesce) Offset() int { return n.At }

// Offset returns where the operator stands.
func (n *IsNull) Offset() int { return n.At }

// Offset returns where the operator stands.
func (n *In) Offset() int { return n.At }

// Offset returns where the operator stands.
func (n *Match) Offset() int { return n.At }

// Offset returns where the table's name stands.
func (n *Lookup) Offset() int { return n.At }

// Offset returns where the operator or the function's name stands.
func (n *Call) Offset() int { return n.At }

func (*Const) node()    {}
func (*Read) node()     {}
func (*Named) node()    {}
func (*NotNull) node()  {}
func (*And) node()      {}
func (*Or) node()       {}
func (*If) node()       {}
func (*Coalesce) node() {}
func (*IsNull) node()   {}
func (*In) node()       {}
func (*Match) node()    {}
func (*Lookup) node()   {}
func (*Call) node()     {}
