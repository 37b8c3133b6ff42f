package money

import (
	"math"
	"testing"

	"github.com/bojanz/currency"
	"pgregory.net/rapid"
)

// Amounts of every currency are shown as the library shows them.
func TestDisplayIsTheLibrarys(t *testing.T) {
	formatter := currency.NewFormatter(currency.NewLocale("en"))
	same := func(t interface{ Errorf(string, ...any) }, minor int64, code string) {
		amount, err := currency.NewAmountFromInt64(minor, code)
		if err != nil {
			t.Errorf("%s: %v", code, err)
			return
		}
		want := formatter.Format(amount)
		if got := (Amount{Minor: minor, Currency: code}).Display(); got != want {
			t.Errorf("%d of %s: %q, and the library shows %q", minor, code, got, want)
		}
	}
	codes := currency.GetCurrencyCodes()
	for _, code := range codes {
		for _, minor := range []int64{0, 1, -1, 9, 10, 99, 100, -100, 999, 1000, 12_345, 99_999, 100_000, 123_456_789, -123_456_789, math.MaxInt64, math.MinInt64} {
			same(t, minor, code)
		}
	}
	rapid.Check(t, func(t *rapid.T) { same(t, rapid.Int64().Draw(t, "minor"), rapid.SampledFrom(codes).Draw(t, "code")) })
}

func BenchmarkDisplay(b *testing.B) {
	for b.Loop() {
		_ = Amount{Minor: 123_456, Currency: "USD"}.Display()
	}
}
