package check_test

import (
	"strings"
	"testing"

	"amends/rules/check"
	"amends/rules/ir"
)

// operands are columns of each kind, in the order of the matrix's letters.
var operands = []struct {
	letter byte
	name   string
	kind   ir.Kind
}{
	{'b', "arrived", ir.Bool}, {'i', "days_late", ir.Int}, {'d', "weight", ir.Decimal}, {'m', "item_price", ir.Money},
	{'s', "country", ir.String}, {'t', "as_of", ir.Time}, {'a', "ship_date", ir.Date}, {'u', "(as_of - promised_at)", ir.Duration},
}

// matrix says which kinds each operator takes, as left, right and result letters.
// What is not named is an error.
var matrix = map[string]string{
	"+":          "iii idd did ddd mmm uuu tut utt aua uaa",
	"-":          "iii idd did ddd mmm uuu tut aua ttu",
	"*":          "iii idd did ddd mim imm mdm dmm iuu uiu",
	"/":          "iid idd did ddd mim mdm mmd",
	"==":         "bbb iib idb dib ddb mmb ssb ttb aab uub",
	"!=":         "bbb iib idb dib ddb mmb ssb ttb aab uub",
	"<":          "iib idb dib ddb mmb ssb ttb aab uub",
	"<=":         "iib idb dib ddb mmb ssb ttb aab uub",
	">":          "iib idb dib ddb mmb ssb ttb aab uub",
	">=":         "iib idb dib ddb mmb ssb ttb aab uub",
	"and":        "bbb",
	"or":         "bbb",
	"contains":   "ssb",
	"startsWith": "ssb",
	"endsWith":   "ssb",
}

func TestOperatorMatrix(t *testing.T) {
	t.Parallel()
	for operator, row := range matrix {
		results := map[string]byte{}
		for _, cell := range strings.Fields(row) {
			results[cell[:2]] = cell[2]
		}
		for _, left := range operands {
			for _, right := range operands {
				source := left.name + " " + operator + " " + right.name
				want, ok := results[string([]byte{left.letter, right.letter})]
				node, list := check.Expr(text(source), scope(""), check.Want{})
				if (node != nil) != ok || (!ok && len(list) == 0) {
					t.Errorf("%s: accepted %t, want %t: %v", source, node != nil, ok, list)
					continue
				}
				if ok && node.Type() != (ir.Type{Kind: kindOf(want)}) {
					t.Errorf("%s is %s, want %c", source, node.Type(), want)
				}
			}
		}
	}
}

func kindOf(letter byte) ir.Kind {
	for _, operand := range operands {
		if operand.letter == letter {
			return operand.kind
		}
	}
	return ir.Invalid
}

// unaryMatrix is the same for functions of one argument and for the minus.
var unaryMatrix = map[string]string{
	"-":       "ii dd mm uu",
	"not":     "bb",
	"abs":     "ii dd mm uu",
	"round":   "id dd mm",
	"floor":   "id dd mm",
	"ceil":    "id dd mm",
	"hours":   "iu du",
	"days":    "iu du",
	"date":    "ta aa",
	"weekday": "ti ai",
	"lower":   "ss",
	"upper":   "ss",
	"trim":    "ss",
	"len":     "si",
}

func TestFunctionMatrix(t *testing.T) {
	t.Parallel()
	for function, row := range unaryMatrix {
		for _, operand := range operands {
			source := function + "(" + operand.name + ")"
			node, list := check.Expr(text(source), scope(""), check.Want{})
			want := ir.Invalid
			for _, cell := range strings.Fields(row) {
				if cell[0] == operand.letter {
					want = kindOf(cell[1])
				}
			}
			switch {
			case (node != nil) != (want != ir.Invalid):
				t.Errorf("%s: accepted %t, want %s: %v", source, node != nil, want, list)
			case node != nil && node.Type() != (ir.Type{Kind: want}):
				t.Errorf("%s is %s, want %s", source, node.Type(), want)
			}
		}
	}
	documented := check.Functions()
	for _, f := range documented {
		if !strings.HasPrefix(f.Usage, f.Name+"(") || f.Does == "" {
			t.Errorf("%+v says too little", f)
		}
	}
	if len(documented) != 20 {
		t.Errorf("%d functions, want the 20 of the language", len(documented))
	}
}
