// Package documenttest compares diagnostics with what a test file says about
// itself: each wrong line carries the code and a piece of the message that it
// must get, and no line may get another.
package documenttest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"amends/rules/diag"
)

// marker matches
//
//	# ERROR B004 "expected a list"
//
// on the line of the diagnostic. Where a comment cannot stand there, the line
// is given as ERROR+1 or ERROR-2 from the marker's own, or ERROR@0 for the file
// as a whole. One line may hold several.
var marker = regexp.MustCompile(`ERROR([+@-]\d+)? ([A-Z]\d{3}) ("(?:[^"\\]|\\.)*")`)

type place struct {
	line int
	code string
}

// Check fails the test unless list is what the markers of data announce.
func Check(t *testing.T, data []byte, list diag.List) {
	t.Helper()
	wanted := map[place][]string{}
	for i, line := range strings.Split(string(data), "\n") {
		_, comment, _ := strings.Cut(line, "# ERROR")
		for _, m := range marker.FindAllStringSubmatch("ERROR"+comment, -1) {
			at := place{lineOf(i+1, m[1]), m[2]}
			piece, err := strconv.Unquote(m[3])
			if err != nil {
				t.Fatalf("line %d: marker %s: %v", i+1, m[3], err)
			}
			wanted[at] = append(wanted[at], piece)
		}
	}
	for _, d := range list {
		at := place{d.Pos.Line, d.Code}
		if !take(wanted, at, d.Message+"; "+d.Hint) {
			t.Errorf("unexpected diagnostic:\n%s", d)
		}
	}
	for at, pieces := range wanted {
		for _, piece := range pieces {
			t.Errorf("line %d: no diagnostic %s with %q", at.line, at.code, piece)
		}
	}
}

func lineOf(own int, offset string) int {
	if offset == "" {
		return own
	}
	n, err := strconv.Atoi(offset[1:])
	if err != nil {
		panic(fmt.Sprintf("marker offset %q", offset)) // unreachable: the pattern takes digits only
	}
	switch offset[0] {
	case '+':
		return own + n
	case '-':
		return own - n
	default:
		return n
	}
}

// take removes the first wanted piece that the message has.
func take(wanted map[place][]string, at place, message string) bool {
	for i, piece := range wanted[at] {
		if strings.Contains(message, piece) {
			wanted[at] = append(wanted[at][:i:i], wanted[at][i+1:]...)
			return true
		}
	}
	return false
}
