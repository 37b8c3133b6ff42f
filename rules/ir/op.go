package ir

// Op is an operation of a Call.
type Op uint8

// The closed list of operations; Signatures says what each takes.
const (
	NoOp           Op = iota
	OpNot             // of a bool
	OpNeg             // minus
	OpWiden           // an int as a decimal; rules never write it
	OpAdd             // time and date take durations
	OpSub             // time − time is a duration
	OpMul             //
	OpDiv             // ints are widened before, so 1 / 2 is 0.5
	OpEq              //
	OpNe              //
	OpLt              // strings compare bytewise
	OpLe              //
	OpGt              //
	OpGe              //
	OpMin             //
	OpMax             //
	OpAbs             //
	OpClamp           // clamp(x, low, high); low above high is OutOfDomain
	OpPct             // pct(x, percent) = x × percent ÷ 100, rounded once
	OpRound           // round(x, digits), half to even
	OpFloor           // to a whole number, towards minus infinity
	OpCeil            // to a whole number, towards plus infinity
	OpHours           // a number of hours as a duration
	OpDays            // a number of days of 24 hours as a duration
	OpDaysBetween     // days_between(a, b) = b − a in calendar days
	OpHoursBetween    // hours_between(a, b) = b − a in hours
	OpDate            // the calendar day of a time in the row's zone
	OpWeekday         // Monday 1 to Sunday 7
	OpLower           // by the Unicode tables of the Go release
	OpUpper           //
	OpTrim            // white space at both ends
	OpLen             // in code points
	OpContains        //
	OpStartsWith      //
	OpEndsWith        //
	opCount
)

// Signature is one way to call an operation.
type Signature struct {
	Args     []Kind
	Variadic bool // the last of Args may be repeated
	Result   Kind
}

type opInfo struct {
	name       string
	infix      bool
	signatures []Signature
}

// of returns the signature of a function on args whose result is the last kind.
func of(kinds ...Kind) Signature {
	last := len(kinds) - 1
	return Signature{Args: kinds[:last:last], Result: kinds[last]}
}

// same returns, for each kind, a signature on n operands of it. A result that is
// Invalid is of that kind too.
func same(n int, result Kind, kinds ...Kind) []Signature {
	signatures := make([]Signature, 0, len(kinds))
	for _, kind := range kinds {
		s := Signature{Result: result}
		for range n {
			s.Args = append(s.Args, kind)
		}
		if result == Invalid {
			s.Result = kind
		}
		signatures = append(signatures, s)
	}
	return signatures
}

func variadic(signatures []Signature) []Signature {
	for i := range signatures {
		signatures[i].Variadic = true
	}
	return signatures
}

func join(lists ...[]Signature) (all []Signature) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

var (
	ordered = []Kind{Int, Decimal, Money, String, Time, Date, Duration}
	summed  = []Kind{Int, Decimal, Money, Duration}
)

var ops = [opCount]opInfo{
	OpNot:   {"not", false, same(1, Bool, Bool)},
	OpNeg:   {"-", false, same(1, Invalid, summed...)},
	OpWiden: {"decimal", false, []Signature{of(Int, Decimal)}},
	OpAdd: {"+", true, join(same(2, Invalid, summed...), []Signature{
		of(Time, Duration, Time), of(Duration, Time, Time), of(Date, Duration, Date), of(Duration, Date, Date)})},
	OpSub: {"-", true, join(same(2, Invalid, summed...), []Signature{
		of(Time, Duration, Time), of(Date, Duration, Date), of(Time, Time, Duration)})},
	OpMul: {"*", true, []Signature{of(Int, Int, Int), of(Decimal, Decimal, Decimal),
		of(Money, Decimal, Money), of(Decimal, Money, Money), of(Duration, Int, Duration), of(Int, Duration, Duration)}},
	OpDiv: {"/", true, []Signature{of(Decimal, Decimal, Decimal), of(Money, Decimal, Money), of(Money, Money, Decimal)}},

	OpEq: {"==", true, join(same(2, Bool, Bool), same(2, Bool, ordered...))},
	OpNe: {"!=", true, join(same(2, Bool, Bool), same(2, Bool, ordered...))},
	OpLt: {"<", true, same(2, Bool, ordered...)},
	OpLe: {"<=", true, same(2, Bool, ordered...)},
	OpGt: {">", true, same(2, Bool, ordered...)},
	OpGe: {">=", true, same(2, Bool, ordered...)},

	OpMin:   {"min", false, variadic(same(2, Invalid, Int, Decimal, Money, Time, Date, Duration))},
	OpMax:   {"max", false, variadic(same(2, Invalid, Int, Decimal, Money, Time, Date, Duration))},
	OpAbs:   {"abs", false, same(1, Invalid, summed...)},
	OpClamp: {"clamp", false, same(3, Invalid, Int, Decimal, Money)},
	OpPct:   {"pct", false, []Signature{of(Decimal, Decimal, Decimal), of(Money, Decimal, Money)}},
	OpRound: {"round", false, []Signature{of(Decimal, Int, Decimal), of(Money, Int, Money)}},
	OpFloor: {"floor", false, same(1, Invalid, Decimal, Money)},
	OpCeil:  {"ceil", false, same(1, Invalid, Decimal, Money)},

	OpHours:        {"hours", false, []Signature{of(Decimal, Duration)}},
	OpDays:         {"days", false, []Signature{of(Decimal, Duration)}},
	OpDaysBetween:  {"days_between", false, []Signature{of(Date, Date, Int)}},
	OpHoursBetween: {"hours_between", false, []Signature{of(Time, Time, Decimal)}},
	OpDate:         {"date", false, []Signature{of(Time, Date)}},
	OpWeekday:      {"weekday", false, []Signature{of(Date, Int)}},

	OpLower:      {"lower", false, []Signature{of(String, String)}},
	OpUpper:      {"upper", false, []Signature{of(String, String)}},
	OpTrim:       {"trim", false, []Signature{of(String, String)}},
	OpLen:        {"len", false, []Signature{of(String, Int)}},
	OpContains:   {"contains", true, []Signature{of(String, String, Bool)}},
	OpStartsWith: {"startsWith", true, []Signature{of(String, String, Bool)}},
	OpEndsWith:   {"endsWith", true, []Signature{of(String, String, Bool)}},
}

// Ops returns every operation, in the order of their constants.
func Ops() []Op {
	all := make([]Op, 0, opCount-1)
	for op := NoOp + 1; op < opCount; op++ {
		all = append(all, op)
	}
	return all
}

// String returns the operation as a rule writes it. OpWiden, which no rule
// writes, is "decimal".
func (o Op) String() string {
	if o < opCount {
		return ops[o].name
	}
	return ""
}

// Infix reports whether the operation is written between its two operands.
func (o Op) Infix() bool { return o < opCount && ops[o].infix }

// Signatures returns the ways to call the operation; callers do not change them.
func (o Op) Signatures() []Signature {
	if o < opCount {
		return ops[o].signatures
	}
	return nil
}

// Result returns the kind of the operation's result on operands of some kinds,
// and false where no signature takes them.
func (o Op) Result(args ...Kind) (Kind, bool) {
	for _, s := range o.Signatures() {
		if s.takes(args) {
			return s.Result, true
		}
	}
	return Invalid, false
}

func (s Signature) takes(args []Kind) bool {
	if len(args) < len(s.Args) || (len(args) > len(s.Args) && !s.Variadic) {
		return false
	}
	for i, kind := range args {
		if kind != s.Args[min(i, len(s.Args)-1)] {
			return false
		}
	}
	return true
}
