package ruletest

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// TextOptions say how results are shown.
type TextOptions struct {
	Colour bool
	Quiet  bool // failures alone
}

// Text writes a line for each case, what differs in those that failed and why,
// and how many there were. The error is the writer's.
func (r *Result) Text(w io.Writer, o TextOptions) error {
	out := bufio.NewWriter(w)
	mark := func(word, code string) string {
		if !o.Colour {
			return word
		}
		return "\x1b[" + code + "m" + word + "\x1b[0m"
	}
	for _, c := range r.Cases {
		if c.Passed() {
			if !o.Quiet {
				fmt.Fprintf(out, "%s    %s\n", mark("ok", "32"), oneLine(c.Ready.Name))
			}
			continue
		}
		fmt.Fprintf(out, "%s  %s\n      %s\n", mark("FAIL", "1;31"), oneLine(c.Ready.Name), c.Ready.Place())
		for i := range c.Rows {
			c.rowText(out, i)
		}
	}
	fmt.Fprintln(out, r.Sum())
	return out.Flush()
}

// rowText writes what is not as expected of one row.
func (c *CaseResult) rowText(out io.Writer, i int) {
	row := &c.Rows[i]
	if len(row.Differences) == 0 {
		return
	}
	if len(c.Rows) > 1 {
		fmt.Fprintf(out, "      row %d, of %s:\n", i+1, c.Ready.Rows[i].On)
	}
	width := 0
	for _, d := range row.Differences {
		width = max(width, len(d.Field))
	}
	for _, d := range row.Differences {
		fmt.Fprintf(out, "      %-*s  expected %s\n      %-*s  got      %s\n", width, d.Field, oneLine(d.Expected), width, "", oneLine(d.Got))
	}
	for line := range strings.Lines(row.Why) {
		if line = strings.TrimRight(line, "\n"); line == "" {
			fmt.Fprintln(out)
		} else {
			fmt.Fprintf(out, "      | %s\n", line)
		}
	}
}

// Sum says how many cases there were and how many failed.
func (r *Result) Sum() string {
	var b strings.Builder
	failed := r.Failed()
	fmt.Fprintf(&b, "%s in %s", counted(len(r.Cases), "case", "cases"), counted(len(r.Files), "file", "files"))
	if failed == 0 {
		b.WriteString(", all as expected")
	} else {
		fmt.Fprintf(&b, ", %d not as expected", failed)
	}
	if r.Skipped > 0 {
		fmt.Fprintf(&b, "; %d left out", r.Skipped)
	}
	return b.String()
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// oneLine keeps what an author wrote, or data say, on its line and off the
// terminal's controls.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}
