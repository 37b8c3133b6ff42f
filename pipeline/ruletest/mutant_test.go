package ruletest

import (
	"slices"
	"strings"
	"testing"
)

// Every change of an expression, written out: what it says before and after, in
// the words that people see.
func TestChangesOfExpressions(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]string{
		"a >= 3 and b": {
			"a >= 3 → a > 3", "a >= 3 → a >= 4", "a >= 3 → a >= 2", "b → (left out)", "a >= 3 → (left out)", "a >= 3 and b → a >= 3 or b",
		},
		"a and (b or c) and d": {
			"(b or c) → (left out)", "a → (left out)", "a and (b → a or (b", "c → (left out)", "b → (left out)", "(b or c) → (b and c)",
			"d → (left out)", "c) and d → c) or d",
		},
		"a or b and c": {
			"b and c → (left out)", "a → (left out)", "a or b → a and b",
			"c → (left out)", "b → (left out)", "b and c → b or c",
		},
		`kind in ["x", "y"]`: {`kind in ["x", "y"] → kind in [ "y"]`, `kind in ["x", "y"] → kind in ["x"]`},
		"min(0.10 * p, cap)": {
			"min(0.10 * p → max(0.10 * p", "min(0.10 * p → min(0.11 * p", "min(0.10 * p → min(0.09 * p", "min(0.10 * p → min(1.00 * p", "min(0.10 * p → min(0.10 / p",
		},
		"not late":                 {"not late → late"},
		"x != nil ? -x : x + 1":    {"x != nil → x == nil", "-x → x", "x + 1 → x - 1", "x + 1 → x + 2", "x + 1 → x + 0"},
		`text == "a and b >= 3"`:   {`text == "a and b >= 3" → text != "a and b >= 3"`},
		"a.min > 0 # and b":        {"a.min > 0 → a.min >= 0", "a.min > 0 → a.min > 1"},
		"a // and\n and b /* 3 */": {"b → (left out)", "a → (left out)", "a // and and b → a // and or b"},
	} {
		var got []string
		for _, c := range changes(source) {
			got = append(got, c.before+" → "+c.after)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s\n got  %s\n want %s", source, strings.Join(got, "\n      "), strings.Join(want, "\n      "))
		}
	}
}

// What is changed is the expression itself, and nothing else of it.
func TestChangedExpressions(t *testing.T) {
	t.Parallel()
	var got []string
	for _, c := range changes("días >= 4 and ok") {
		got = append(got, strings.Join(strings.Fields(c.text), " "))
	}
	want := []string{"días > 4 and ok", "días >= 5 and ok", "días >= 3 and ok", "días >= 4", "ok", "días >= 4 or ok"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestNumbersMistakenForOneAnother(t *testing.T) {
	t.Parallel()
	for number, want := range map[string][]string{
		"3": {"4", "2"}, "0": {"1"}, "0.05": {"0.06", "0.04", "0.50"}, "10.00": {"10.01", "9.99"}, "2000": {"2001", "1999"}, "1_000": {"1001", "999"},
		"0.00": {"0.01"}, "0.9": {"1.0", "0.8", "9.0"}, "1.5": {"1.6", "1.4"}, "words": nil,
	} {
		if got := numbers(number); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
	}
}
