// Package vm is the reference evaluator: it lowers typed IR to a program of
// expr's virtual machine made of columns, constants, control flow and calls of
// total functions, and runs it one row at a time. No value of it was ever typed
// by expr, and none of expr's own operators touches one.
package vm

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"amends/rules/ir"
)

// Program evaluates one expression. It is immutable and safe for concurrent use.
type Program struct {
	program *vm.Program
}

// machines are reused between rows; one evaluation has one to itself.
var machines = sync.Pool{New: func() any { return new(vm.VM) }}

// Compile lowers n, whose reads are indexes into slots. The error names what the
// IR of a checked expression never has: a read beyond slots.
func Compile(n ir.Node, slots []ir.Slot) (*Program, error) {
	for _, slot := range ir.Reads(n) {
		if slot < 0 || slot >= len(slots) {
			return nil, fmt.Errorf("expression reads slot %d of %d", slot, len(slots))
		}
	}
	l := &lowering{slots: slots, config: &conf.Config{Functions: conf.FunctionsTable{}}}
	tree := &parser.Tree{Node: l.node(n), Source: file.NewSource("")}
	program, err := compiler.Compile(tree, l.config)
	if err != nil {
		return nil, fmt.Errorf("lower expression: %w", err)
	}
	return &Program{program: program}, nil
}

// Eval evaluates the expression on a row whose Values follow the slots. A nil
// fault means the value, which may be null.
func (p *Program) Eval(row *ir.Row) (ir.Value, *ir.Fault) {
	machine := machines.Get().(*vm.VM)
	defer machines.Put(machine)
	result, err := machine.Run(p.program, row)
	if err != nil { // unreachable: every function of the program is total
		return ir.Value{}, &ir.Fault{Code: ir.OutOfDomain, Detail: err.Error()}
	}
	switch result := result.(type) {
	case *ir.Value:
		return *result, nil
	case *ir.Fault:
		return ir.Value{}, result
	default:
		return ir.Value{}, &ir.Fault{Code: ir.OutOfDomain, Detail: fmt.Sprintf("result of type %T", result)}
	}
}

// lowering builds the tree of one program. What runs is a call of a closure for
// each node; expr's own conditional and variables do the control flow, so that a
// branch that is not taken is not run.
type lowering struct {
	slots     []ir.Slot
	config    *conf.Config
	variables int
}

// value is a function of the machine on values and faults: each of its operands
// is an *ir.Value or an *ir.Fault, and so is its result. Pointers because a
// machine's words are interfaces: a slot's value is then read where the row has
// it. Nothing writes through them.
type value func(operands []any) any

// call lowers to f on operands. The names only serve reading a disassembly.
func (l *lowering) call(name string, f value, operands ...ast.Node) ast.Node {
	name = fmt.Sprintf("%s#%d", name, len(l.config.Functions))
	l.config.Functions[name] = &builtin.Function{Name: name, Func: func(operands ...any) (any, error) {
		return f(operands), nil
	}}
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: operands}
}

// test lowers to a bool of expr's own, which its conditional takes.
func (l *lowering) test(name string, f func(any) bool, operand ast.Node) ast.Node {
	call := l.call(name, func(operands []any) any { return f(operands[0]) }, operand)
	call.SetType(reflect.TypeFor[bool]()) // so that no instruction looks for a pointer in it
	return call
}

// bind lowers to body with x evaluated once.
func (l *lowering) bind(x ast.Node, body func(read func() ast.Node) ast.Node) ast.Node {
	name := fmt.Sprintf("v%d", l.variables)
	l.variables++
	return &ast.VariableDeclaratorNode{Name: name, Value: x, Expr: body(func() ast.Node {
		return &ast.IdentifierNode{Value: name}
	})}
}

func (l *lowering) choose(cond, then, otherwise ast.Node) ast.Node {
	return &ast.ConditionalNode{Ternary: true, Cond: cond, Exp1: then, Exp2: otherwise}
}

// row is the environment of the program: the *ir.Row.
func row() ast.Node { return &ast.IdentifierNode{Value: "$env"} }
