package ruletest

import (
	"strings"
	"testing"
)

// Splices change what they are for and leave every other byte, line ends and
// byte order mark too.
func TestSplicesLeaveTheRest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"plain":   {"a: 1\nb: é2 # x\n", "a: 9\nb: é\n  7 # x\n"},
		"windows": {"\ufeffa: 1\r\nb: é2 # x\r\n", "\ufeffa: 9\r\nb: é\r\n  7 # x\r\n"},
	} {
		got := newSource([]byte(c.in)).apply([]splice{{line: 0, col: 3, toLine: 0, toCol: 4, text: "9"}, {line: 1, col: 4, toLine: 1, toCol: 5, text: "\n  7"}})
		if string(got) != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWhereAValueEnds(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"a # b":              "a",
		"a#b":                "a#b",
		`"a # b" # c`:        `"a # b"`,
		`'it''s # so'  `:     `'it''s # so'`,
		"|\n    b\n\n    c":  "|\n    b\n\n    c",
		"a\n    b # c":       "a\n    b # c",
		"[a,\n    b] # c":    "[a,\n    b] # c",
		`"\" # x"  # y`:      `"\" # x"`,
		"a\n# at the margin": "a",
		"":                   "",
	} {
		src := newSource([]byte("  key: " + value + "\n  other: 1\n"))
		toLine, toCol := src.valueEnd(0, 7, 2)
		lines := strings.Split("  key: "+value, "\n")
		got := string([]rune(lines[0])[7:])
		if toLine == 0 {
			got = string([]rune(lines[0])[7:toCol])
		} else {
			got = strings.Join(append([]string{got}, lines[1:toLine+1]...), "\n")
		}
		if got != want {
			t.Errorf("%q ends as %q, want %q", value, got, want)
		}
	}
}

func TestWhereBracesEnd(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{a: b} # c":               "{a: b}",
		"{a: [b, {c: d}]}, {e: f}": "{a: [b, {c: d}]}",
		"{a: It's yours}":          "{a: It's yours}",
		`{a: "}", b: '}'}`:         `{a: "}", b: '}'}`,
		`{a: "\"}"}`:               `{a: "\"}"}`,
		"{a: 'it''s }'}":           "{a: 'it''s }'}",
		"{a: b":                    "",
	} {
		src := newSource([]byte("x: " + text + "\n"))
		_, toCol, _, ok := src.closing(0, 3)
		got := ""
		if ok {
			got = string([]rune("x: " + text)[3:toCol])
		}
		if got != want {
			t.Errorf("%s ends as %q, want %q", text, got, want)
		}
	}
}

// A scalar that is written reads as the same text.
func TestScalarsReadBack(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"late", "5.00 USD", "excluded:abuse", "a: b", "a, b", "{x}", "#1", "it's", `say "so"`, "- x", "true", "null", "", " x", "tab\there", "two\nlines", "é 100 %", "x:", "*a", "&a", "!a", "on", "=> b", `back\slash`,
	} {
		const head = "on: s\nbusiness_date: 2026-01-15\ncases:\n  - case: c\n    expect: {message: "
		suite, list := Parse([]File{{Path: "a_test.yaml", Bytes: []byte(head + scalar(text) + "}\n")}})
		if strings.TrimSpace(text) == "" {
			continue // no message to expect
		}
		if list.HasErrors() {
			t.Errorf("%q is written %s: %v", text, scalar(text), list)
			continue
		}
		if w, _ := suite.Cases[0].Expect[0].Want(FieldMessage); w.Text.Source != text {
			t.Errorf("%q is written %s and reads as %q", text, scalar(text), w.Text.Source)
		}
	}
}
