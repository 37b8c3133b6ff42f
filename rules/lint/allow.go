package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"amends/rules/codes"
	"amends/rules/diag"
)

// File is a file that people wrote, by the path that diagnostics name.
type File struct {
	Path string
	Text string
}

// Accepted is a finding that an author has accepted in place.
type Accepted struct {
	diag.Diagnostic
	Because string
}

// allowance is one comment: # amends: allow L021 because every parcel counts.
type allowance struct {
	file    string
	line    int // of the comment
	col     int
	text    string // the comment's line
	first   int    // the lines that it is about
	last    int
	codes   []string
	because string
	used    map[string]bool // by code
}

var (
	allowComment = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|\s)(#\s*amends:\s*allow\b\s*(.*))$`) })
	allowWords   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([A-Z]\d{3}(?:\s*,\s*[A-Z]\d{3})*)\s+because\s+(\S.*)$`)
	})
	blockHeader = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[|>][-+0-9]*\s*(#.*)?$`) })
)

// Allow takes the findings out of a list that comments in the files accept, with
// their reasons. Errors are never accepted. A comment that cannot be read, or
// that accepts nothing, is a finding itself; with whole false the list is not of
// every check, so that nothing is said of the latter.
func Allow(list diag.List, files []File, whole bool) (diag.List, []Accepted) {
	var all []*allowance
	var kept diag.List
	for _, f := range files {
		found, bad := allowances(f)
		all, kept = append(all, found...), append(kept, bad...)
	}
	var accepted []Accepted
	for _, d := range list {
		if a := allowing(all, d); a != nil {
			a.used[d.Code] = true
			accepted = append(accepted, Accepted{d, a.because})
			continue
		}
		kept = append(kept, d)
	}
	for _, a := range all {
		for _, code := range a.codes {
			if whole && !a.used[code] && !passing(code) {
				kept.Add(a.finding("L001", msgAllowsNothing(code), hintAllowsNothing))
			}
		}
	}
	kept.Sort()
	return kept, accepted
}

// passing reports whether a finding comes and goes with the data or the date,
// so that an allowance may be without use for a while.
func passing(code string) bool {
	return slices.Contains([]string{"B026", "W106", "L027", "L028", "L029", "L050", "L051"}, code)
}

func allowing(all []*allowance, d diag.Diagnostic) *allowance {
	if d.Severity == diag.Error {
		return nil
	}
	for _, a := range all {
		if a.file == d.Pos.File && a.first <= d.Pos.Line && d.Pos.Line <= a.last && slices.Contains(a.codes, d.Code) {
			return a
		}
	}
	return nil
}

func (a *allowance) finding(code, message, hint string) diag.Diagnostic {
	return diag.Diagnostic{Pos: diag.Pos{File: a.file, Line: a.line, Col: a.col}, Severity: diag.Warning,
		Code: code, Message: message, Hint: hint, Line: a.text}
}

// allowances reads the comments of a file. One behind something is about its
// own line, one on its own about the next line that is none; a block that begins
// there belongs to it.
func allowances(f File) (good []*allowance, bad diag.List) {
	if !strings.Contains(f.Text, "amends:") {
		return nil, nil
	}
	lines := strings.Split(strings.ReplaceAll(f.Text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		if !strings.Contains(line, "amends:") {
			continue // as nearly all are, and a pattern is slow to say so
		}
		m := allowComment().FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		a := &allowance{file: f.Path, line: i + 1, col: utf8.RuneCountInString(line[:m[2]]) + 1, text: line, used: map[string]bool{}}
		a.about(lines, strings.TrimSpace(line[:m[2]]) == "")
		words := allowWords().FindStringSubmatch(strings.TrimSpace(line[m[4]:m[5]]))
		if words == nil {
			bad.Add(a.finding("L002", msgAllowUnread, hintAllowUnread))
			continue
		}
		a.because = strings.TrimSpace(words[2])
		for _, code := range strings.Split(words[1], ",") {
			code = strings.TrimSpace(code)
			switch page, known := codes.Find(code); {
			case !known:
				bad.Add(a.finding("L002", msgAllowUnknown(code), hintAllowUnknown))
			case page.Severity == diag.Error || code == "L001" || code == "L002":
				bad.Add(a.finding("L002", msgAllowError(code), hintAllowError))
			default:
				a.codes = append(a.codes, code)
			}
		}
		good = append(good, a)
	}
	return good, bad
}

func (a *allowance) about(lines []string, alone bool) {
	at := a.line - 1
	if alone {
		for at++; at < len(lines); at++ {
			if text := strings.TrimSpace(lines[at]); text != "" && !strings.HasPrefix(text, "#") {
				break
			}
		}
	}
	a.first, a.last = at+1, at+1
	if at >= len(lines) || !blockHeader().MatchString(lines[at]) {
		return
	}
	depth := indent(lines[at])
	for next := at + 1; next < len(lines) && (strings.TrimSpace(lines[next]) == "" || indent(lines[next]) > depth); next++ {
		a.last = next + 1
	}
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

const (
	hintAllowsNothing = "leave it out: it would hide the next mistake on this line"
	msgAllowUnread    = "the allowance cannot be read"
	hintAllowUnread   = "write it as # amends: allow L021 because every parcel counts"
	hintAllowUnknown  = "amends check --explain lists them all"
	hintAllowError    = "mend it: only warnings and notes can be accepted"
)

func msgAllowsNothing(code string) string {
	return fmt.Sprintf("the allowance of %s allows nothing: there is no such finding on this line", code)
}

func msgAllowUnknown(code string) string { return fmt.Sprintf("there is no code %q", code) }

func msgAllowError(code string) string { return fmt.Sprintf("%s cannot be accepted", code) }
