package scalar_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

const million = 1_000_000

var edges = []int64{0, 1, -1, 2, 499_999, 500_000, 500_001, million, -million, 50_000_000, 100_000_000,
	math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1, math.MaxInt64 / million, 3_037_000_499, 3_037_000_500}

func number() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.SampledFrom(edges), rapid.Int64(), rapid.Int64Range(-10*million, 10*million))
}

// exact rounds a fraction half to even and says whether it fits 64 bits: the
// oracle for every operation on numbers.
func exact(numerator, denominator *big.Int) (int64, ir.FaultCode) {
	if denominator.Sign() == 0 {
		return 0, ir.DivideByZero
	}
	twice := new(big.Int).Mul(numerator, big.NewInt(2))
	twice.Mul(twice, big.NewInt(int64(denominator.Sign())))
	d := new(big.Int).Abs(denominator)
	// floor((2n + d) / 2d) rounds half up; an exact half that came out odd goes down.
	sum := new(big.Int).Add(twice, d)
	double := new(big.Int).Mul(d, big.NewInt(2))
	quotient, rest := new(big.Int).DivMod(sum, double, new(big.Int))
	if rest.Sign() == 0 && quotient.Bit(0) == 1 {
		quotient.Sub(quotient, big.NewInt(1))
	}
	if !quotient.IsInt64() {
		return 0, ir.Overflow
	}
	return quotient.Int64(), ir.NoFault
}

func b(i int64) *big.Int { return big.NewInt(i) }

func TestArithmeticAgainstBig(t *testing.T) {
	t.Parallel()
	one := b(1)
	mul := func(x, y *big.Int) *big.Int { return new(big.Int).Mul(x, y) }
	tests := []struct {
		name string
		got  func(x, y int64) (int64, ir.FaultCode)
		want func(x, y *big.Int) (numerator, denominator *big.Int)
	}{
		{"add", scalar.Add, func(x, y *big.Int) (*big.Int, *big.Int) { return new(big.Int).Add(x, y), one }},
		{"sub", scalar.Sub, func(x, y *big.Int) (*big.Int, *big.Int) { return new(big.Int).Sub(x, y), one }},
		{"mul", scalar.Mul, func(x, y *big.Int) (*big.Int, *big.Int) { return mul(x, y), one }},
		{"mul decimal", scalar.MulDecimal, func(x, y *big.Int) (*big.Int, *big.Int) { return mul(x, y), b(million) }},
		{"div decimal", scalar.DivDecimal, func(x, y *big.Int) (*big.Int, *big.Int) { return mul(x, b(million)), y }},
		{"pct", scalar.Pct, func(x, y *big.Int) (*big.Int, *big.Int) { return mul(x, y), b(100 * million) }},
		{"widen", func(x, _ int64) (int64, ir.FaultCode) { return scalar.Widen(x) },
			func(x, _ *big.Int) (*big.Int, *big.Int) { return mul(x, b(million)), one }},
		{"neg", func(x, _ int64) (int64, ir.FaultCode) { return scalar.Neg(x) },
			func(x, _ *big.Int) (*big.Int, *big.Int) { return new(big.Int).Neg(x), one }},
		{"abs", func(x, _ int64) (int64, ir.FaultCode) { return scalar.Abs(x) },
			func(x, _ *big.Int) (*big.Int, *big.Int) { return new(big.Int).Abs(x), one }},
		{"hours", func(x, _ int64) (int64, ir.FaultCode) { return scalar.Hours(x) },
			func(x, _ *big.Int) (*big.Int, *big.Int) { return mul(x, b(3600)), one }},
		{"days", func(x, _ int64) (int64, ir.FaultCode) { return scalar.Days(x) },
			func(x, _ *big.Int) (*big.Int, *big.Int) { return mul(x, b(86400)), one }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				x, y := number().Draw(t, "x"), number().Draw(t, "y")
				want, wantFault := exact(test.want(b(x), b(y)))
				if got, fault := test.got(x, y); got != want || fault != wantFault {
					t.Fatalf("%s(%d, %d) = %d %s, want %d %s", test.name, x, y, got, fault, want, wantFault)
				}
			})
		})
	}
}

func TestRoundAgainstBig(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, digits := number().Draw(t, "x"), rapid.Int64Range(-14, 8).Draw(t, "digits")
		want, wantFault := int64(0), ir.OutOfDomain
		if digits >= -12 && digits <= 6 {
			step := new(big.Int).Exp(b(10), b(6-digits), nil)
			steps, _ := exact(b(x), step)
			want, wantFault = exact(new(big.Int).Mul(b(steps), step), b(1))
		}
		if got, fault := scalar.Round(x, digits); got != want || fault != wantFault {
			t.Fatalf("round(%d, %d) = %d %s, want %d %s", x, digits, got, fault, want, wantFault)
		}
	})
}

func at(text string) int64 {
	t, err := calendar.ParseInstant(text)
	if err != nil {
		panic(err)
	}
	return int64(t)
}

func on(text string) int64 {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return int64(d)
}

func v(kind ir.Kind, i int64) ir.Value { return ir.Value{Kind: kind, I: i} }

func s(text string) ir.Value { return ir.StringValue(text) }

func TestApply(t *testing.T) {
	t.Parallel()
	const hour = int64(3_600_000_000)
	yes, no := ir.BoolValue(true), ir.BoolValue(false)
	time1 := v(ir.Time, at("2026-01-31T23:30:00Z"))
	tests := []struct {
		op   ir.Op
		args []ir.Value
		want ir.Value
		code ir.FaultCode
	}{
		{ir.OpNot, []ir.Value{yes}, no, 0},
		{ir.OpNot, []ir.Value{no}, yes, 0},
		{ir.OpAdd, []ir.Value{time1, v(ir.Duration, hour)}, v(ir.Time, at("2026-02-01T00:30:00Z")), 0},
		{ir.OpAdd, []ir.Value{v(ir.Duration, hour), time1}, v(ir.Time, at("2026-02-01T00:30:00Z")), 0},
		{ir.OpSub, []ir.Value{time1, v(ir.Duration, 24*hour)}, v(ir.Time, at("2026-01-30T23:30:00Z")), 0},
		{ir.OpSub, []ir.Value{time1, time1}, v(ir.Duration, 0), 0},
		{ir.OpAdd, []ir.Value{v(ir.Time, at("9999-12-31T23:30:00Z")), v(ir.Duration, hour)}, ir.Value{}, ir.Overflow},
		{ir.OpAdd, []ir.Value{v(ir.Date, on("2026-02-28")), v(ir.Duration, 24*hour)}, v(ir.Date, on("2026-03-01")), 0},
		{ir.OpAdd, []ir.Value{v(ir.Duration, 24*hour), v(ir.Date, on("2026-02-28"))}, v(ir.Date, on("2026-03-01")), 0},
		{ir.OpSub, []ir.Value{v(ir.Date, on("2026-03-01")), v(ir.Duration, 24*hour)}, v(ir.Date, on("2026-02-28")), 0},
		{ir.OpAdd, []ir.Value{v(ir.Date, on("2026-02-28")), v(ir.Duration, hour)}, ir.Value{}, ir.OutOfDomain},
		{ir.OpSub, []ir.Value{v(ir.Date, on("2026-02-28")), v(ir.Duration, hour)}, ir.Value{}, ir.OutOfDomain},
		{ir.OpAdd, []ir.Value{v(ir.Date, on("9999-12-31")), v(ir.Duration, 24*hour)}, ir.Value{}, ir.Overflow},
		{ir.OpMul, []ir.Value{v(ir.Duration, hour), v(ir.Int, 3)}, v(ir.Duration, 3*hour), 0},
		{ir.OpMul, []ir.Value{v(ir.Money, 25*million), v(ir.Decimal, million/10)}, v(ir.Money, 2_500_000), 0},
		{ir.OpDiv, []ir.Value{v(ir.Money, 10*million), v(ir.Money, 3*million)}, v(ir.Decimal, 3_333_333), 0},
		{ir.OpDiv, []ir.Value{v(ir.Decimal, 2*million), v(ir.Decimal, 3*million)}, v(ir.Decimal, 666_667), 0},
		{ir.OpDiv, []ir.Value{v(ir.Decimal, 1), v(ir.Decimal, 0)}, ir.Value{}, ir.DivideByZero},
		{ir.OpEq, []ir.Value{s("a"), s("a")}, yes, 0},
		{ir.OpNe, []ir.Value{s("a"), s("b")}, yes, 0},
		{ir.OpLt, []ir.Value{s("Z"), s("a")}, yes, 0}, // bytewise
		{ir.OpLe, []ir.Value{v(ir.Int, 2), v(ir.Int, 2)}, yes, 0},
		{ir.OpGt, []ir.Value{v(ir.Int, 2), v(ir.Int, 2)}, no, 0},
		{ir.OpGe, []ir.Value{v(ir.Int, -2), v(ir.Int, 2)}, no, 0},
		{ir.OpEq, []ir.Value{yes, no}, no, 0},
		{ir.OpMin, []ir.Value{v(ir.Int, 3), v(ir.Int, -5), v(ir.Int, 4)}, v(ir.Int, -5), 0},
		{ir.OpMax, []ir.Value{v(ir.Money, 3), v(ir.Money, -5), v(ir.Money, 4)}, v(ir.Money, 4), 0},
		{ir.OpClamp, []ir.Value{v(ir.Int, 9), v(ir.Int, 1), v(ir.Int, 5)}, v(ir.Int, 5), 0},
		{ir.OpClamp, []ir.Value{v(ir.Int, 0), v(ir.Int, 1), v(ir.Int, 5)}, v(ir.Int, 1), 0},
		{ir.OpClamp, []ir.Value{v(ir.Int, 3), v(ir.Int, 3), v(ir.Int, 3)}, v(ir.Int, 3), 0},
		{ir.OpClamp, []ir.Value{v(ir.Int, 3), v(ir.Int, 5), v(ir.Int, 1)}, ir.Value{}, ir.OutOfDomain},
		{ir.OpPct, []ir.Value{v(ir.Money, 19_990_000), v(ir.Decimal, 12_500_000)}, v(ir.Money, 2_498_750), 0},
		{ir.OpRound, []ir.Value{v(ir.Decimal, 2_345_000), v(ir.Int, 2)}, v(ir.Decimal, 2_340_000), 0},
		{ir.OpRound, []ir.Value{v(ir.Money, 2_500_000), v(ir.Int, 0)}, v(ir.Money, 2*million), 0},
		{ir.OpFloor, []ir.Value{v(ir.Decimal, -1)}, v(ir.Decimal, -million), 0},
		{ir.OpCeil, []ir.Value{v(ir.Decimal, -1)}, v(ir.Decimal, 0), 0},
		{ir.OpCeil, []ir.Value{v(ir.Decimal, math.MaxInt64)}, ir.Value{}, ir.Overflow},
		{ir.OpHours, []ir.Value{v(ir.Decimal, 1_500_000)}, v(ir.Duration, hour*3/2), 0},
		{ir.OpDays, []ir.Value{v(ir.Decimal, million)}, v(ir.Duration, 24*hour), 0},
		{ir.OpDaysBetween, []ir.Value{v(ir.Date, on("2026-02-27")), v(ir.Date, on("2026-03-02"))}, v(ir.Int, 3), 0},
		{ir.OpHoursBetween, []ir.Value{time1, v(ir.Time, at("2026-02-01T01:00:00Z"))}, v(ir.Decimal, 1_500_000), 0},
		{ir.OpWeekday, []ir.Value{v(ir.Date, on("2026-02-01"))}, v(ir.Int, 7), 0}, // a Sunday
		{ir.OpWeekday, []ir.Value{v(ir.Date, math.MaxInt64)}, ir.Value{}, ir.OutOfDomain},
		{ir.OpLower, []ir.Value{s("ÄB")}, s("äb"), 0},
		{ir.OpUpper, []ir.Value{s("äb")}, s("ÄB"), 0},
		{ir.OpTrim, []ir.Value{s("\t a b\u00a0")}, s("a b"), 0},
		{ir.OpLen, []ir.Value{s("naïve")}, v(ir.Int, 5), 0},
		{ir.OpContains, []ir.Value{s("abc"), s("bc")}, yes, 0},
		{ir.OpStartsWith, []ir.Value{s("abc"), s("bc")}, no, 0},
		{ir.OpEndsWith, []ir.Value{s("abc"), s("bc")}, yes, 0},
		{ir.OpAdd, []ir.Value{s("a"), s("b")}, ir.Value{}, ir.OutOfDomain}, // no signature
	}
	for _, test := range tests {
		if got, code := scalar.Apply(test.op, test.args, nil); got != test.want || code != test.code {
			t.Errorf("%s%v = %v %s, want %v %s", test.op, test.args, got, code, test.want, test.code)
		}
	}
}

func TestDateOfFollowsTheRowsZone(t *testing.T) {
	t.Parallel()
	tokyo, err := calendar.Load("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	newYork, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		zone *time.Location
		want string
	}{{nil, "2026-03-01"}, {tokyo, "2026-03-01"}, {newYork, "2026-02-28"}}
	for _, test := range tests {
		got, code := scalar.DateOf(at("2026-03-01T02:00:00Z"), test.zone)
		if code != ir.NoFault || got != on(test.want) {
			t.Errorf("in %v: %v %s, want %s", test.zone, calendar.Date(got), code, test.want)
		}
	}
	if _, code := scalar.DateOf(math.MaxInt64, nil); code != ir.OutOfDomain {
		t.Errorf("a time beyond the calendar: %s", code)
	}
}

// Whatever the values, Apply neither panics nor gives a value beside a fault, and
// the value has the kind of the signature.
func TestApplyIsTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom(ir.Ops()).Draw(t, "op")
		signature := rapid.SampledFrom(op.Signatures()).Draw(t, "signature")
		args := make([]ir.Value, len(signature.Args))
		for i, kind := range signature.Args {
			switch kind {
			case ir.String:
				args[i] = s(rapid.String().Draw(t, "text"))
			case ir.Bool:
				args[i] = ir.BoolValue(rapid.Bool().Draw(t, "bool"))
			default:
				args[i] = v(kind, number().Draw(t, "number"))
			}
		}
		got, code := scalar.Apply(op, args, nil)
		if (code == ir.NoFault) != (got.Kind == signature.Result) || (code != ir.NoFault && got != ir.Value{}) {
			t.Fatalf("%s%v = %v %s, want kind %s or a fault", op, args, got, code, signature.Result)
		}
	})
}
