package money_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"amends/rules/money"
)

func TestDigits(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]int{"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "CLF": 4} {
		got, ok := money.Digits(code)
		unit, known := money.MinorUnit(code)
		scale, err := unit.MulInt(int64(math.Pow10(want)))
		if !ok || got != want || !known || err != nil || scale != money.One {
			t.Errorf("%s has %d digits, %v, and a unit of %s; want %d", code, got, ok, unit, want)
		}
	}
	for _, code := range []string{"", "usd", "US", "USDX", "ZZZ", "$"} {
		if got, ok := money.Digits(code); ok {
			t.Errorf("%q has %d digits; want none", code, got)
		}
		if _, ok := money.MinorUnit(code); ok {
			t.Errorf("%q has a minor unit", code)
		}
	}
}

func TestToMinorByHand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in       string
		currency string
		r        money.Rounding
		want     int64
	}{
		{"2.499", "USD", money.HalfEven, 250},
		{"0.005", "USD", money.HalfEven, 0}, // half a cent: zero is even
		{"0.015", "USD", money.HalfEven, 2},
		{"0.025", "USD", money.HalfEven, 2},
		{"0.025001", "USD", money.HalfEven, 3},
		{"0.024999", "USD", money.HalfEven, 2},
		{"-0.005", "USD", money.HalfEven, 0},
		{"-0.015", "USD", money.HalfEven, -2},
		{"-0.025", "USD", money.HalfEven, -2},
		{"0.019999", "USD", money.Down, 1},
		{"-0.010001", "USD", money.Down, -2},
		{"0.010001", "USD", money.Up, 2},
		{"1500.5", "JPY", money.HalfEven, 1500},
		{"1501.5", "JPY", money.HalfEven, 1502},
		{"1.2345", "KWD", money.HalfEven, 1234},
		{"1.2355", "KWD", money.HalfEven, 1236},
		{"9223372036854.775807", "KWD", money.Up, 9_223_372_036_854_776},
	}
	for _, test := range tests {
		got, err := parse(t, test.in).ToMinor(test.currency, test.r)
		if want := (money.Amount{Minor: test.want, Currency: test.currency}); err != nil || got != want {
			t.Errorf("%s to %s = %+v, %v; want %+v", test.in, test.currency, got, err, want)
		}
	}
	if _, err := money.One.ToMinor("ZZZ", money.HalfEven); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("to ZZZ: %v, want %v", err, money.ErrCurrency)
	}
}

func currencies() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"USD", "JPY", "KWD", "CLF"})
}

func TestMinorUnitsAgreeWithMathBig(t *testing.T) {
	t.Parallel()
	digits := map[string]int64{"USD": 100, "JPY": 1, "KWD": 1000, "CLF": 10_000}
	rapid.Check(t, func(t *rapid.T) {
		code, minor := currencies().Draw(t, "currency"), ints().Draw(t, "minor")
		d, err := money.FromMinor(minor, code)
		same(t, "FromMinor", int64(d), err, decimalRat(big.NewRat(minor, digits[code]), money.Down))
		if err == nil {
			back, err := d.ToMinor(code, roundings().Draw(t, "r")) // exact, so no rounding matters
			if err != nil || back.Minor != minor {
				t.Fatalf("%d of %s comes back as %+v, %v", minor, code, back, err)
			}
		}
		d, r := decimals().Draw(t, "d"), roundings().Draw(t, "r")
		amount, err := d.ToMinor(code, r)
		same(t, "ToMinor", amount.Minor, err, roundRat(new(big.Rat).Mul(ratOf(d), ratOfInt(digits[code])), r))
	})
	if _, err := money.FromMinor(1, ""); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("from minor units of nothing: %v, want %v", err, money.ErrCurrency)
	}
}

func TestParseAmount(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, currency string
		want         int64
		err          error
	}{
		{"25.00", "USD", 2500, nil},
		{"25", "USD", 2500, nil},
		{"25.5", "USD", 2550, nil},
		{"-0.01", "USD", -1, nil},
		{"1500", "JPY", 1500, nil},
		{"1.234", "KWD", 1234, nil},
		{"92233720368547758.07", "USD", math.MaxInt64, nil}, // more than a Decimal holds
		{"-92233720368547758.08", "USD", math.MinInt64, nil},
		{"92233720368547758.08", "USD", 0, money.ErrOverflow},
		{"25.000", "USD", 0, money.ErrPrecision},
		{"25.005", "USD", 0, money.ErrPrecision},
		{"1500.0", "JPY", 0, money.ErrPrecision},
		{"1.2345", "KWD", 0, money.ErrPrecision},
		{"$25", "USD", 0, money.ErrSyntax},
		{"1,000.00", "USD", 0, money.ErrSyntax},
		{"", "USD", 0, money.ErrSyntax},
		{"1.", "JPY", 0, money.ErrSyntax},
		{"1", "usd", 0, money.ErrCurrency},
		{"1", "", 0, money.ErrCurrency},
	}
	for _, test := range tests {
		got, err := money.ParseAmount(test.in, test.currency)
		want := money.Amount{Minor: test.want, Currency: test.currency}
		if test.err != nil {
			want = money.Amount{}
		}
		if got != want || !errors.Is(err, test.err) {
			t.Errorf("ParseAmount(%q, %q) = %+v, %v; want %+v, %v", test.in, test.currency, got, err, want, test.err)
		}
	}
}

func TestAmountTexts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		amount        money.Amount
		text, display string
	}{
		{money.Amount{Minor: 1000, Currency: "USD"}, "10.00 USD", "$10.00"},
		{money.Amount{Minor: 5, Currency: "USD"}, "0.05 USD", "$0.05"},
		{money.Amount{Minor: -5, Currency: "USD"}, "-0.05 USD", "-$0.05"},
		{money.Amount{Minor: 123456789, Currency: "USD"}, "1234567.89 USD", "$1,234,567.89"},
		{money.Amount{Minor: 1500, Currency: "JPY"}, "1500 JPY", "¥1,500"},
		{money.Amount{Minor: 1234, Currency: "KWD"}, "1.234 KWD", "KWD\u00a01.234"},
		{money.Amount{Minor: 800, Currency: "GBP"}, "8.00 GBP", "£8.00"},
		{money.Amount{Minor: math.MinInt64, Currency: "USD"}, "-92233720368547758.08 USD", "-$92,233,720,368,547,758.08"},
		{money.Amount{Minor: math.MaxInt64, Currency: "KWD"}, "9223372036854775.807 KWD", "KWD\u00a09,223,372,036,854,775.807"},
		{money.Amount{Minor: 7, Currency: "ZZZ"}, `7 minor units of "ZZZ"`, `7 minor units of "ZZZ"`},
		{money.Amount{}, `0 minor units of ""`, `0 minor units of ""`},
	}
	for _, test := range tests {
		if got := test.amount.String(); got != test.text {
			t.Errorf("String of %+v = %q, want %q", test.amount, got, test.text)
		}
		if got := test.amount.Display(); got != test.display {
			t.Errorf("Display of %+v = %q, want %q", test.amount, got, test.display)
		}
	}
}

func TestAmountReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := money.Amount{Minor: ints().Draw(t, "minor"), Currency: currencies().Draw(t, "currency")}
		text := amount.String()
		got, err := money.ParseAmount(text[:len(text)-len(" USD")], amount.Currency)
		if err != nil || got != amount {
			t.Fatalf("%q reads back as %+v, %v", text, got, err)
		}
	})
}

func TestAmountsMeetInOneCurrencyOnly(t *testing.T) {
	t.Parallel()
	dollars, yen := money.Amount{Minor: 5000, Currency: "USD"}, money.Amount{Minor: 5000, Currency: "JPY"}
	for name, operate := range map[string]func() error{
		"Add": func() error { _, err := dollars.Add(yen); return err },
		"Sub": func() error { _, err := dollars.Sub(yen); return err },
		"Cmp": func() error { _, err := dollars.Cmp(yen); return err },
	} {
		if err := operate(); !errors.Is(err, money.ErrCurrency) {
			t.Errorf("%s of dollars and yen: %v, want %v", name, err, money.ErrCurrency)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount{Minor: ints().Draw(t, "a"), Currency: "USD"}
		b := money.Amount{Minor: ints().Draw(t, "b"), Currency: "USD"}
		x, y := big.NewInt(a.Minor), big.NewInt(b.Minor)
		got, err := a.Add(b)
		same(t, "Add", got.Minor, err, new(big.Int).Add(x, y))
		if err == nil && got.Currency != "USD" {
			t.Fatalf("the sum is in %q", got.Currency)
		}
		got, err = a.Sub(b)
		same(t, "Sub", got.Minor, err, new(big.Int).Sub(x, y))
		if order, err := a.Cmp(b); err != nil || order != x.Cmp(y) {
			t.Fatalf("Cmp = %d, %v; want %d", order, err, x.Cmp(y))
		}
		value, err := a.Decimal()
		same(t, "Decimal", int64(value), err, new(big.Int).Mul(x, big.NewInt(10_000)))
	})
}

// Parts that are split off and the rest are the whole again, in whatever order
// they are summed, one by one or by currency.
func TestPartsSumToTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code := currencies().Draw(t, "currency")
		whole := money.Amount{Minor: rapid.Int64Range(0, math.MaxInt64).Draw(t, "whole"), Currency: code}
		rest := whole
		var parts []money.Amount
		for range rapid.IntRange(0, 8).Draw(t, "cuts") {
			part := money.Amount{Minor: rapid.Int64Range(0, rest.Minor).Draw(t, "part"), Currency: code}
			left, err := rest.Sub(part)
			if err != nil {
				t.Fatal(err)
			}
			parts, rest = append(parts, part), left
		}
		parts = rapid.Permutation(append(parts, rest)).Draw(t, "order")

		sum, sums := money.Amount{Currency: code}, money.ByCurrency{"EUR": 7}
		for _, part := range parts {
			var err error
			if sum, err = sum.Add(part); err != nil {
				t.Fatal(err)
			}
			if err := sums.Add(part.Currency, part.Minor); err != nil {
				t.Fatal(err)
			}
		}
		if sum != whole || sums[code] != whole.Minor || sums["EUR"] != 7 {
			t.Fatalf("parts sum to %s and %v, want %s", sum, sums, whole)
		}
	})
}

func TestByCurrency(t *testing.T) {
	t.Parallel()
	sums := money.ByCurrency{}
	for _, amount := range []money.Amount{{Minor: 5, Currency: "USD"}, {Minor: 3, Currency: "JPY"}, {Minor: -9, Currency: "USD"}, {Minor: math.MaxInt64, Currency: "EUR"}} {
		if err := sums.Add(amount.Currency, amount.Minor); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := sums.Currencies(), []string{"EUR", "JPY", "USD"}; !slices.Equal(got, want) {
		t.Errorf("currencies = %v, want %v", got, want)
	}
	if err := sums.Add("EUR", 1); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("one above the highest: %v, want %v", err, money.ErrOverflow)
	}
	if sums["USD"] != -4 || sums["JPY"] != 3 || sums["EUR"] != math.MaxInt64 {
		t.Errorf("sums = %v", sums)
	}
	if got := money.ByCurrency(nil).Currencies(); len(got) != 0 {
		t.Errorf("currencies of nothing = %v", got)
	}
}
