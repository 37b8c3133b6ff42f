package check

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

// function is one function of the language: how it is written, and what makes IR
// of its checked operands.
type function struct {
	usage    string
	does     string // what its result is
	example  string // a call, and
	gives    string // what it gives on the row of the reference
	min, max int    // arguments; max 0 is no limit
	build    func(c *checker, at int, args []ir.Node) ir.Node
}

// functions are all there are; history functions and date literals, whose
// arguments are no expressions, are built by name in function.
var functions map[string]*function

func init() {
	functions = map[string]*function{
		"min": {"min(a, b)", "the least",
			"min(0.10 * item_price, caps.late[currency])", "8.00 USD", 2, 0, alike(ir.OpMin)},
		"max": {"max(a, b)", "the greatest",
			"max(2, 5, 3)", "5", 2, 0, alike(ir.OpMax)},
		"abs": {"abs(x)", "without its sign",
			"abs(-3)", "3", 1, 1, plain(ir.OpAbs)},
		"clamp": {"clamp(x, low, high)", "x, but not below low nor above high",
			"clamp(12, 1, 10)", "10", 3, 3, alike(ir.OpClamp)},
		"pct": {"pct(x, percent)", "so many percent of x, rounded once",
			"pct(item_price, 12.5)", "10.00 USD", 2, 2, plain(ir.OpPct, ir.Decimal, ir.Decimal)},
		"round": {"round(x, digits)", "half to even, to so many digits after the point, or none",
			"round(2.345, 2)", "2.34", 1, 2, round},
		"floor": {"floor(x)", "to a whole number, downwards",
			"floor(2.9)", "2", 1, 1, plain(ir.OpFloor, ir.Decimal)},
		"ceil": {"ceil(x)", "to a whole number, upwards",
			"ceil(2.1)", "3", 1, 1, plain(ir.OpCeil, ir.Decimal)},
		"hours": {"hours(n)", "a duration of so many hours",
			"hours(36)", "days(1.5)", 1, 1, plain(ir.OpHours, ir.Decimal)},
		"days": {"days(n)", "a duration of so many times 24 hours",
			"days(2)", "hours(48)", 1, 1, plain(ir.OpDays, ir.Decimal)},
		"days_between": {"days_between(earlier, later)", "calendar days from the earlier to the later, in the row's zone",
			"days_between(promised_at, delivered_at ?? as_of)", "2", 2, 2, plain(ir.OpDaysBetween, ir.Date, ir.Date)},
		"hours_between": {"hours_between(earlier, later)", "hours from the earlier to the later",
			"hours_between(promised_at, as_of)", "126", 2, 2, plain(ir.OpHoursBetween)},
		"date": {`date(time) or date("2026-01-31")`, "the calendar day of a time in the row's zone, or a written date",
			"date(promised_at)", `"2026-01-10"`, 1, 1, toDate},
		"weekday": {"weekday(time)", "Monday 1 to Sunday 7",
			"weekday(promised_at)", "6", 1, 1, plain(ir.OpWeekday, ir.Date)},
		"lower": {"lower(text)", "in small letters",
			`lower("Prime")`, `"prime"`, 1, 1, plain(ir.OpLower)},
		"upper": {"upper(text)", "in capital letters",
			`upper("gb")`, `"GB"`, 1, 1, plain(ir.OpUpper)},
		"trim": {"trim(text)", "without white space at both ends",
			`trim(" gift ")`, `"gift"`, 1, 1, plain(ir.OpTrim)},
		"len": {"len(text)", "the number of characters",
			`len("früh")`, "4", 1, 1, plain(ir.OpLen)},
		"credits": {"credits(90)", "how many credits the customer got in so many days before this run",
			"credits(90)", "1", 1, 1, nil},
		"credited": {"credited(90)", "the sum of the customer's credits in so many days before this run",
			"credited(90)", "5.00 USD", 1, 1, nil},
	}
}

// Function describes one function for documentation: Usage is how it is written,
// Does what its result is, Example a call and Gives its value on the row of
// rules/REFERENCE.md, written as rules do, or an amount such as 8.00 USD.
type Function struct {
	Name    string
	Usage   string
	Does    string
	Example string
	Gives   string
}

// Functions returns every function of the language, sorted by name.
func Functions() []Function {
	all := make([]Function, 0, len(functions))
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		f := functions[name]
		all = append(all, Function{Name: name, Usage: f.usage, Does: f.does, Example: f.example, Gives: f.gives})
	}
	return all
}

func (c *checker) call(n *ast.CallNode) ir.Node {
	name, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		c.report(start(n.Callee), notLanguage, "a call of something that is no function", "functions are called by their name alone")
		return nil
	}
	return c.function(name.Value, n.Location().From, n.Arguments)
}

func (c *checker) function(name string, at int, arguments []ast.Node) ir.Node {
	f := functions[name]
	if f == nil {
		hint := didYouMean(name, slices.Collect(maps.Keys(functions)))
		if hint == "" {
			hint = functionHint(name)
		}
		c.report(at, unknownFunction, hint, name)
		return nil
	}
	if len(arguments) < f.min || (f.max > 0 && len(arguments) > f.max) {
		c.report(at, argumentCount, name, f.count(), strconv.Itoa(len(arguments)), f.usage)
		return nil
	}
	if f.build == nil {
		return c.history(name, at, arguments[0])
	}
	args := make([]ir.Node, 0, len(arguments))
	for _, argument := range arguments {
		if node := c.need(argument); node != nil {
			args = append(args, node)
		}
	}
	if len(args) < len(arguments) {
		return nil
	}
	return f.build(c, at, args)
}

func (f *function) count() string {
	switch {
	case f.max == 0:
		return fmt.Sprintf("%d arguments or more", f.min)
	case f.min < f.max:
		return fmt.Sprintf("%d to %d arguments", f.min, f.max)
	case f.min == 1:
		return "one argument"
	default:
		return fmt.Sprintf("%d arguments", f.min)
	}
}

func functionHint(name string) string {
	switch strings.ToLower(name) {
	case "now", "today":
		return "rules see as_of and business_date, never a clock"
	case "coalesce", "ifnull", "nvl":
		return `write "a ?? b"`
	case "all", "any", "none", "one", "filter", "map", "count", "sum", "find", "reduce", "mean", "median":
		return "rules see one row at a time; for earlier credits there are credits(90) and credited(90)"
	default:
		return ""
	}
}

// alike builds an operation on values of one kind.
func alike(op ir.Op) func(*checker, int, []ir.Node) ir.Node {
	return func(c *checker, at int, args []ir.Node) ir.Node {
		same, ok := c.unify(op.String(), at, args...)
		if !ok {
			return nil
		}
		return c.apply(op, at, same...)
	}
}

// plain builds an operation whose arguments become the given kinds where they
// can: an int a decimal, a time its local date, a text a date. Others stay.
func plain(op ir.Op, kinds ...ir.Kind) func(*checker, int, []ir.Node) ir.Node {
	return func(c *checker, at int, args []ir.Node) ir.Node {
		fitted := slices.Clone(args)
		for i := range min(len(kinds), len(args)) {
			from := args[i].Type().Kind
			switch {
			case kinds[i] == ir.Date && from == ir.Time:
				fitted[i] = &ir.Call{Op: ir.OpDate, Args: []ir.Node{args[i]}, Kind: ir.Date, At: args[i].Offset()}
			case kinds[i] == ir.Date && from == ir.String, kinds[i] == ir.Decimal && from == ir.Int:
				converted, why := c.convert(args[i], kinds[i])
				if why == malformedDate || why == tooLargeNumber {
					c.refuseConversion(op.String(), at, args[i], args[i], why)
					return nil
				}
				if why == converts {
					fitted[i] = converted
				}
			}
		}
		return c.apply(op, at, fitted...)
	}
}

func toDate(c *checker, at int, args []ir.Node) ir.Node {
	switch args[0].Type().Kind {
	case ir.Date:
		return args[0]
	case ir.Time:
		return c.apply(ir.OpDate, at, args[0])
	}
	date, why := c.convert(args[0], ir.Date)
	switch why {
	case converts:
		return date
	case malformedDate:
		c.report(at, badDate, c.describe(args[0]))
	default:
		c.refuse(ir.OpDate, at, args)
	}
	return nil
}

// round rounds to whole numbers unless a second argument says to how many digits.
func round(c *checker, at int, args []ir.Node) ir.Node {
	x := args[0]
	if x.Type().Kind == ir.Int {
		converted, why := c.convert(x, ir.Decimal)
		if why != converts {
			c.refuseConversion("round", at, x, x, why)
			return nil
		}
		x = converted
	}
	digits := &ir.Const{Value: ir.Value{Kind: ir.Int}, At: at}
	if len(args) == 2 {
		written, ok := args[1].(*ir.Const)
		if !ok || written.Value.Kind != ir.Int || written.Value.I < scalar.MinRoundDigits || written.Value.I > scalar.MaxRoundDigits {
			c.report(args[1].Offset(), notLiteral, "the second argument of round",
				strconv.Itoa(scalar.MinRoundDigits), strconv.Itoa(scalar.MaxRoundDigits))
			return nil
		}
		digits = written
	}
	return c.apply(ir.OpRound, at, x, digits)
}

// maxHistoryDays bounds the window of credits(N): ten years, leap days left out.
const maxHistoryDays = 3660

// history makes a slot of credits(N) or credited(N).
func (c *checker) history(name string, at int, argument ast.Node) ir.Node {
	if !c.scope.History {
		c.report(at, noHistory, name)
		return nil
	}
	days, ok := argument.(*ast.IntegerNode)
	if !ok || days.Value < 1 || days.Value > maxHistoryDays {
		c.report(start(argument), notLiteral, name, "1", strconv.Itoa(maxHistoryDays))
		return nil
	}
	kind := ir.Int
	if name == "credited" {
		kind = ir.Money
	}
	return c.read(ir.Slot{
		Name:   name + "(" + strconv.Itoa(days.Value) + ")",
		Type:   ir.Type{Kind: kind},
		Origin: ir.FromHistory,
		Days:   days.Value,
	}, at)
}
