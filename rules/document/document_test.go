package document

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/rules/diag"
)

var testCodes = Codes{Syntax: "T001", UnknownKey: "T002", DuplicateKey: "T003", WrongType: "T004", MissingKey: "T005", BadValue: "T006"}

func load(t *testing.T, text string) *Document {
	t.Helper()
	d := Load("f.yaml", []byte(text), testCodes)
	for _, found := range d.Diagnostics() {
		t.Errorf("unexpected diagnostic: %s", found)
	}
	return d
}

// said returns the diagnostics of a document as text.
func said(d *Document) []string {
	var lines []string
	for _, found := range d.Diagnostics() {
		lines = append(lines, found.String())
	}
	return lines
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	d := load(t, strings.Join([]string{
		`plain: a > b   # comment`, // 1
		`bé: "dq ü x"`,
		`'single': 'sq x'`,
		`lit: |`, // 4
		`  one`,
		`    two`,
		``,
		`  drei ü x`, // 8
		`folded: >`,
		`  x y`,
		`multi: one`, // 11
		`    two x`,
		``,
		`  three`,
		`flow: {a: x, "b": [1, two, 'q']}`, // 15
		`esc: "a \" x"`,
		`twice: 'a ''b'' x'`,
		`last: x`,
	}, "\n"))
	tests := []struct {
		key, find string // the place of find in the key's text
		line, col int
	}{
		{"plain", "b", 1, 12},
		{"bé", "x", 2, 11},
		{"single", "x", 3, 15},
		{"lit", "one", 5, 3},
		{"lit", "two", 6, 5},
		{"lit", "x", 8, 10},
		{"folded", "y", 9, 9}, // inexact: the scalar's start
		{"multi", "one", 11, 8},
		{"multi", "x", 12, 9},
		{"multi", "three", 14, 3},
		{"esc", "x", 16, 6},
		{"twice", "x", 17, 8},
		{"last", "x", 18, 7},
	}
	for _, test := range tests {
		text := pair(t, d.Root, test.key).Value.At()
		i := strings.Index(text.Source, test.find)
		if i < 0 {
			t.Errorf("%s: no %q in %q", test.key, test.find, text.Source)
			continue
		}
		pos, line := text.At(len([]rune(text.Source[:i])))
		if pos.Line != test.line || pos.Col != test.col || line != d.line(test.line) {
			t.Errorf("%s: %q at %v, want %d:%d", test.key, test.find, pos, test.line, test.col)
		}
	}
	items := pair(t, pair(t, d.Root, "flow").Value, "b").Value.Items("a list")
	if len(items) != 3 || items[2].At().Source != "q" || items[2].At().Parts[0].Pos.Col != 29 {
		t.Errorf("flow: %+v", items)
	}
}

func pair(t *testing.T, n *Node, key string) Pair {
	t.Helper()
	for _, p := range n.Pairs("a map") {
		if p.Key == key {
			return p
		}
	}
	t.Fatalf("no key %q", key)
	return Pair{}
}

func TestLineEndsAndMarks(t *testing.T) {
	t.Parallel()
	d := load(t, "\ufeffa: \"x\"\r\nb: |\r\n  one\r\n  two\r\nc: d\r\n")
	if got := pair(t, d.Root, "b").Value.At().Source; got != "one\ntwo" {
		t.Errorf("b is %q", got)
	}
	if got := pair(t, d.Root, "c").Value.Line(); got != 5 {
		t.Errorf("c stands on line %d", got)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"anchor", "a: &x 1", "f.yaml:1:4: T001: YAML anchors"},
		{"alias", "a: *x", "f.yaml:1:4: T001: YAML aliases"},
		{"tag", "a: !x 1", "f.yaml:1:4: T001: YAML tags"},
		{"merge", "<<: {a: 1}", "f.yaml:1:1: T001: YAML merge keys"},
		{"documents", "a: 1\n---\nb: 1", "f.yaml:2:1: T001: several YAML documents"},
		{"end", "a: 1\n...\n", "f.yaml:2:1: T001: the end-of-document marker"},
		{"directive", "%YAML 1.2\n---\na: 1", "f.yaml:1:1: T001: YAML directives"},
		{"explicit key", "? a\n: b", "f.yaml:1:1: T001: YAML's explicit keys"},
		{"unclosed", "a: [1, 2", "T001: not valid YAML"},
		{"tab", "\ta: 1", "T001: not valid YAML"},
		{"latin 1", "a: caf\xe9", "f.yaml:1:7: T001: the byte 0xe9 is not UTF-8"},
		{"bell", "a: 1\nb: \a", "f.yaml:2:4: T001: the control character U+0007"},
		{"line separator", "a: x\u2028y", "f.yaml:1:5: T001: the control character U+2028"},
		{"lone return", "a: 1\rb: 2", "f.yaml:1:5: T001: the control character U+000D"},
		{"deep lists", strings.Repeat("[", 40), "f.yaml:1:33: T001: lists and maps nest deeper than 32"},
		{"deep entries", strings.Repeat("- ", 40), "T001: lists and maps nest deeper than 32"},
		{"deep maps", deepMaps(40), "T001: lists and maps nest deeper than 32"},
		{"large", strings.Repeat("#", MaxBytes+1), "f.yaml: T001: the file has 1048577 bytes"},
		{"long", strings.Repeat("- a\n", 20_001), "f.yaml: T001: the file has 40002 words"},
		{"list as key", "[a]: 1", "T001: not valid YAML"},
	}
	for _, test := range tests {
		d := Load("f.yaml", []byte(test.text), testCodes)
		found := said(d)
		if len(found) == 0 || !strings.Contains(found[0], test.want) {
			t.Errorf("%s: %q, want %q", test.name, found, test.want)
		}
	}
	if d := Load("f.yaml", []byte("---\na: 1\n"), testCodes); d.Root == nil || len(said(d)) > 0 {
		t.Errorf("one document with a header: %q", said(d))
	}
	if d := Load("f.yaml", []byte("# nothing\n"), testCodes); d.Root != nil || len(said(d)) > 0 {
		t.Errorf("an empty document: %q", said(d))
	}
	if d := Load("f.yaml", []byte(strings.Repeat("- *a\n", 1000)), testCodes); len(said(d)) != maxReported {
		t.Errorf("%d diagnostics", len(said(d)))
	}
}

func deepMaps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestReading(t *testing.T) {
	t.Parallel()
	d := Load("f.yaml", []byte(strings.Join([]string{
		"colour: 1",   // 1: unknown, near color
		"sizes: 2",    // 2: unknown, near nothing
		"days: 1_000", // 3
		"more: 007",
		"big: 99999999999999999999",
		"quoted: '5'", // 6
		"rate: 0.1000001",
		"neg: -0.5",
		"exp: 1e3",
		"on: yes", // 10
		"date: 2026-02-30",
		"word: tirm",
		"list: {a: 1}",
		"blank: '  '",
		"days: 3", // 15
	}, "\n")), testCodes)
	f := d.Root.fields("a thing", "color", "days", "more", "big", "quoted", "rate", "neg", "exp", "on", "date", "word", "list", "blank", "need")
	for _, key := range []string{"days", "more", "big", "quoted"} {
		if n, ok := f.Get(key).Int(0, 5000, "a whole number of days"); ok {
			t.Errorf("%s is %d", key, n)
		}
	}
	for _, key := range []string{"rate", "neg", "exp"} {
		if n, ok := f.Get(key).Decimal("a rate"); ok {
			t.Errorf("%s is %v", key, n)
		}
	}
	f.Get("on").Bool()
	f.Get("date").Date()
	f.Get("word").Word("trim", "deny")
	f.Get("list").Items("a list of things")
	f.Get("blank").Text("a name")
	f.Need("need")
	want := []string{
		`f.yaml:1:1: T002: unknown key "colour"; did you mean "color"?`,
		`f.yaml:1:1: T005: the key "need" is missing`,
		`f.yaml:2:1: T002: unknown key "sizes"; a thing has the keys color, days, more, big, quoted, rate, neg, exp, on, date, word, list, blank, need`,
		`f.yaml:3:7: T006: expected a whole number of days from 0 to 5000, found "1_000"`,
		`f.yaml:4:7: T006: expected a whole number of days from 0 to 5000, found "007"`,
		`f.yaml:5:6: T006: expected a whole number of days from 0 to 5000, found "99999999999999999999"`,
		`f.yaml:6:10: T004: expected a whole number of days from 0 to 5000, found "5"`,
		`f.yaml:7:7: T006: decimal "0.1000001": too many digits`,
		`f.yaml:8:6: T006: expected a rate, found "-0.5"; it cannot be negative`,
		`f.yaml:9:6: T004: expected a rate, found "1e3"`,
		`f.yaml:10:5: T004: expected true or false, found "yes"; did you mean "true"?`,
		`f.yaml:11:7: T006: expected a date such as 2026-11-30, found "2026-02-30"`,
		`f.yaml:12:7: T006: expected one of trim, deny, found "tirm"; did you mean "trim"?`,
		`f.yaml:13:7: T004: expected a list of things, found a map; begin each entry with "- "`,
		`f.yaml:14:9: T004: expected a name, found "  "`,
		`f.yaml:15:1: T003: the key "days" is already on line 3`,
	}
	if diff := cmp.Diff(want, said(d)); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}

// TestAbsent holds that a key that is not there reads as nothing, silently.
func TestAbsent(t *testing.T) {
	t.Parallel()
	var n *Node
	_, isInt := n.Int(0, 1, "")
	_, isText := n.Text("")
	_, isBool := n.Bool()
	_, isDate := n.Date()
	_, isDecimal := n.Decimal("")
	_, isWord := n.Word("a")
	if isInt || isText || isBool || isDate || isDecimal || isWord || n.IsMap() || n.IsScalar() || n.Quoted() ||
		n.Items("") != nil || n.Pairs("") != nil || n.Texts("") != nil || n.Line() != 0 {
		t.Error("nothing was read as something")
	}
	fields := n.fields("")
	if fields.Get("a") != nil || fields.Need("a") != nil || fields.Has("a") {
		t.Error("fields of nothing")
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0": true, "0.10": true, "1500": true, "-2": true, "-0.5": true, "": false, ".": false, "1.": false, ".5": false,
		"1e3": false, "1_000": false, "0x10": false, "+1": false, "--1": false, "1.2.3": false, ".inf": false, "-": false,
	} {
		if IsNumber(text) != want {
			t.Errorf("IsNumber(%q) is %v", text, !want)
		}
	}
}

func TestSuggestion(t *testing.T) {
	t.Parallel()
	known := []string{"customer", "order", "trim"}
	for word, want := range map[string]string{
		"custmer": "customer", "customers": "customer", "odrer": "order", "tirm": "trim", "xyz": "", "": "", "deny": "",
		strings.Repeat("x", 1000): "",
	} {
		if want != "" {
			want = fmt.Sprintf("did you mean %q?", want)
		}
		if got := Suggestion(word, known); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

// TestTextsComeBack writes texts in each style and reads them again.
func TestTextsComeBack(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-zü][a-z0-9 .()*<=+ü]{0,12}[a-z0-9)ü]`)
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(word, 1, 6).Draw(t, "texts")
		styles := rapid.SliceOfN(rapid.IntRange(0, 3), len(lines), len(lines)).Draw(t, "styles")
		var b strings.Builder
		for i, text := range lines {
			switch styles[i] {
			case 0:
				fmt.Fprintf(&b, "k%d:  %s # note\n", i, text)
			case 1:
				fmt.Fprintf(&b, "k%d: '%s'\n", i, text)
			case 2:
				fmt.Fprintf(&b, "k%d: \"%s\"\n\n", i, text)
			case 3:
				fmt.Fprintf(&b, "k%d: |\n   %s\n   x\n", i, text)
			}
		}
		d := Load("f.yaml", []byte(b.String()), testCodes)
		if found := said(d); len(found) > 0 {
			t.Fatalf("%q in\n%s", found, &b)
		}
		for i, p := range d.Root.Pairs("a map") {
			want := lines[i]
			if styles[i] == 3 {
				want += "\nx"
			}
			if got := p.Value.At(); got.Source != want || got.Parts[0].Inexact {
				t.Fatalf("k%d is %+v, want %q", i, got, want)
			}
			spells(t, d, p.Value.At())
		}
	})
}

// spells fails unless the file has, at the place of each rune of an exact text,
// that rune. Line ends and folded spaces have no place of their own.
func spells(t interface{ Errorf(string, ...any) }, d *Document, text diag.Text) {
	for i, r := range []rune(text.Source) {
		if r == '\n' || r == ' ' || text.Parts[0].Inexact {
			continue
		}
		pos, _ := text.At(i)
		line := []rune(d.line(pos.Line))
		if pos.Col > len(line) || line[pos.Col-1] != r {
			t.Errorf("rune %d of %q is %q, and the file has line %q at %v", i, text.Source, r, string(line), pos)
			return
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"a: 1", "- a\n- {b: 'c', d: [e, \"f\"]}", "a: |\n  b\n\n   c\n", "a: >-\n  b\n  c\n", "a: b\n  c\n\n  d\n", "a: \"x\n  y\"",
		"a: &x\n  - *x", "? a\n: b", "---\na: 'x''y'\n...", "a: \"\\u00e9\\\n  b\"\r\nc:", "{a: [{b: }, ], c}", "\"a\": ~\n'b': null", "a: - b", "-\n  -\n    - a",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := Load("f.yaml", data, testCodes)
		for _, found := range d.Diagnostics() {
			if strings.Contains(found.Message, "the YAML library failed") {
				t.Logf("panic of the library on %q: %s", data, found)
			}
		}
		if d.Root != nil {
			walk(t, d, d.Root)
		}
	})
}

func walk(t *testing.T, d *Document, n *Node) {
	if pos, _ := n.At().At(0); pos.Line > len(d.lines) || len(n.At().Parts) == 0 {
		t.Errorf("a node without a place: %+v", n)
	}
	if n.kind == scalar {
		spells(t, d, n.text)
	}
	for _, item := range n.items {
		walk(t, d, item)
	}
	for _, p := range n.pairs {
		spells(t, d, p.At)
		walk(t, d, p.Value)
	}
}
