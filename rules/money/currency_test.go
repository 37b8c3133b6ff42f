package money

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bojanz/currency"
)

// TestCurrenciesAreTheLibrarys holds currencies.txt to the library's data, or
// writes it with UPDATE_CURRENCIES=1.
func TestCurrenciesAreTheLibrarys(t *testing.T) {
	codes := currency.GetCurrencyCodes()
	slices.Sort(codes)
	formatter := currency.NewFormatter(currency.NewLocale("en"))
	var b strings.Builder
	for _, code := range codes {
		digits, _ := currency.GetDigits(code)
		if digits > Scale {
			continue
		}
		amount, err := currency.NewAmountFromInt64(0, code)
		if err != nil {
			t.Fatal(err)
		}
		before, _, _ := strings.Cut(formatter.Format(amount), "0")
		fmt.Fprintf(&b, "%s %d", code, digits)
		if before != code+"\u00a0" {
			b.WriteString(" " + before)
		}
		b.WriteByte('\n')
	}
	if os.Getenv("UPDATE_CURRENCIES") != "" {
		if err := os.WriteFile("currencies.txt", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if b.String() != currencyList {
		t.Errorf("currencies.txt is not what the library says; UPDATE_CURRENCIES=1 go test ./rules/money writes it:\n%s", b.String())
	}
}
