package diag_test

import (
	"strings"
	"testing"

	"amends/rules/diag"
)

// What a broken file has in a line does not move the cursor of a terminal, and
// the caret stands below its column all the same.
func TestRenderShowsNoControlCharacters(t *testing.T) {
	t.Parallel()
	list := diag.List{{
		Pos: diag.Pos{File: "t.csv", Line: 2, Col: 9}, Code: "B040", Message: "the control character U+0007 is not allowed",
		Line: "\x1b[31m\ta\xff\u009bb\x07",
	}}
	var b strings.Builder
	list.Render(&b)
	const want = "t.csv:2:9: B040: the control character U+0007 is not allowed\n" +
		"   | \ufffd[31m a\ufffd\ufffdb\ufffd\n" +
		"   | ........^\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
