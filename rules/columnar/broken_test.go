package columnar_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"amends/rules/columnar"
	"amends/rules/ir"
)

// errFound is what the differential test says of a broken kernel.
var errFound = errors.New("the kernels differ from the machine")

// finder is told what the differential test finds.
type finder struct{}

func (finder) Helper()               {}
func (finder) Fatal(args ...any)     { panic(fmt.Errorf("%w: %s", errFound, fmt.Sprint(args...))) }
func (finder) Fatalf(string, ...any) { panic(errFound) }

// brokenKernels are kernels that are broken in turn, by the nodes that they
// evaluate, each with the flaws that it can have.
var brokenKernels = []struct {
	name  string
	of    func(ir.Node) bool
	flaws []columnar.Flaw
}{
	{"and", isA[*ir.And], allFlaws},
	{"or", isA[*ir.Or], allFlaws},
	{"if", isA[*ir.If], allFlaws},
	{"coalesce", isA[*ir.Coalesce], allFlaws},
	{"is null", isA[*ir.IsNull], []columnar.Flaw{columnar.WrongValue, columnar.InventedFault}},
	{"in", isA[*ir.In], []columnar.Flaw{columnar.WrongValue, columnar.InventedFault}},
	{"match", isA[*ir.Match], []columnar.Flaw{columnar.WrongValue}},
	{"lookup", isA[*ir.Lookup], []columnar.Flaw{columnar.WrongValue, columnar.ForgottenFault}},
	{"sum", isCall(ir.OpAdd), []columnar.Flaw{columnar.WrongValue, columnar.ForgottenFault, columnar.InventedFault}},
	{"quotient", isCall(ir.OpDiv), []columnar.Flaw{columnar.WrongValue, columnar.ForgottenFault}},
	{"comparison", isCall(ir.OpLt, ir.OpEq), []columnar.Flaw{columnar.WrongValue, columnar.ForgottenFault}},
	{"not", isCall(ir.OpNot), []columnar.Flaw{columnar.WrongValue, columnar.ForgottenFault}},
	{"date", isCall(ir.OpDate), []columnar.Flaw{columnar.WrongValue}},
	{"read", isA[*ir.Read], []columnar.Flaw{columnar.InventedFault, columnar.ForgottenFault, columnar.ForgottenNull}},
}

var allFlaws = []columnar.Flaw{columnar.WrongValue, columnar.ForgottenFault, columnar.InventedFault}

func isA[N ir.Node](n ir.Node) bool {
	_, ok := n.(N)
	return ok
}

func isCall(ops ...ir.Op) func(ir.Node) bool {
	return func(n ir.Node) bool {
		call, ok := n.(*ir.Call)
		if !ok {
			return false
		}
		for _, op := range ops {
			if call.Op == op {
				return true
			}
		}
		return false
	}
}

// drawsForAFlaw is within how many draws a flaw is found; most are within some
// hundreds, which is what the test of kernels draws. The fuzzer of continuous
// integration draws more than these in its minute.
const drawsForAFlaw = 6000

// A kernel that is broken on purpose, on one row of those that it is asked for,
// is found by the differential test.
func TestBrokenKernelsAreFound(t *testing.T) {
	t.Parallel()
	for _, broken := range brokenKernels {
		for _, flaw := range broken.flaws {
			t.Run(broken.name+"/"+string(flaw), func(t *testing.T) {
				t.Parallel()
				once := rapid.Custom(func(t *rapid.T) bool { return finds(t, flaw, broken.of) })
				for draw := range drawsForAFlaw {
					if once.Example(draw) {
						return
					}
				}
				t.Errorf("not found in %d draws", drawsForAFlaw)
			})
		}
	}
}

// finds reports whether one draw finds a broken kernel.
func finds(t *rapid.T, flaw columnar.Flaw, of func(ir.Node) bool) (found bool) {
	defer func() {
		if caught := recover(); caught != nil {
			err, ok := caught.(error)
			if !ok || !errors.Is(err, errFound) {
				panic(caught)
			}
			found = true
		}
	}()
	compareDrawn(t, finder{}, func(m *columnar.Machine) { m.Break(flaw, of) }, 1, 3, 130)
	return false
}
