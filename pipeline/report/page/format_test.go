package page

import (
	"math"
	"testing"
)

func TestFiguresInWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		Share(0): "0.00 %", Share(7): "0.07 %", Share(10000): "100.00 %", Share(-123): "-1.23 %", Share(123456789): "1,234,567.89 %",
		hundredths(math.MinInt64): "-92,233,720,368,547,758.08", hundredths(math.MaxInt64): "92,233,720,368,547,758.07",
		Signed(5): "+5", Signed(0): "0", Signed(-1234): "-1,234",
		SignedMoney(1234, "USD"): "+$12.34", SignedMoney(-5, "USD"): "-$0.05", SignedMoney(0, "JPY"): "¥0",
		part(1, 3): "33 %", part(3, 3): "100 %", part(1, 0): "–", part(math.MaxInt64, math.MaxInt64): "100 %",
		drawnOf(3, 3, "only %s"): "", drawnOf(4, 3, "only %s"): "only 3",
		monthDay("2026-01-26"): "01-26", monthDay("soon"): "soon",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestUnitsOfAxes(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]Unit{"USD": {"$", 2}, "JPY": {"¥", 0}, "KWD": {"KWD ", 3}, "CHF": {"CHF ", 2}, "XXQ": {"XXQ ", 0}} {
		if got := UnitOf(code); got != want {
			t.Errorf("%s: %+v, want %+v", code, got, want)
		}
	}
}

func TestWordsOfCommandLines(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"d-1001": "d-1001", "out-2026/c-1": "out-2026/c-1", "": "''", "a b": "'a b'", "it's": `'it'\''s'`,
		"$(rm -rf x)": "'$(rm -rf x)'", "a\nb": "'a\nb'", "ö": "'ö'", "-x": "-x", "a;b": "'a;b'", "~": "'~'"} {
		if got := shellWord(in); got != want {
			t.Errorf("%q is written %s, want %s", in, got, want)
		}
	}
}

// An axis begins at nothing, unless what moves is small beside what there is.
func TestWhereAnAxisBegins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ opening, up, down, want int64 }{
		{0, 100, 0, 0}, {1000, 500, 0, 0}, {100000, 100, 50, 99900}, {100000, 1, 0, 99999}, {100000, 0, 0, 0}, {8123456, 384705, 215445, 7900000}, {0, 0, 0, 0},
	} {
		steps := []Step{{To: c.opening}, {To: c.opening + c.up}, {To: c.opening + c.up - c.down}, {To: c.opening + c.up - c.down}}
		got := axisStart(steps)
		if got != c.want {
			t.Errorf("%+v: the axis begins at %d", c, got)
		}
		if got >= c.opening && got > 0 {
			t.Errorf("%+v: the axis begins above all bars", c)
		}
	}
}
