package report

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var coded = regexp.MustCompile("`([a-z_]+)`(\\?)?")

// summaryPage reads the table of SUMMARY.md: the fields in their order, and by
// field the names in what is said of it, those that may be missing with a
// question mark. Two fields of one row have the same names.
func summaryPage(t *testing.T) (fields []string, names map[string][]string) {
	t.Helper()
	page, err := os.ReadFile("SUMMARY.md")
	if err != nil {
		t.Fatal(err)
	}
	names = map[string][]string{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.HasPrefix(line, "| `") {
			continue
		}
		var inside []string
		for _, m := range coded.FindAllStringSubmatch(cells[2], -1) {
			inside = append(inside, m[1]+m[2])
		}
		for _, m := range coded.FindAllStringSubmatch(cells[1], -1) {
			fields, names[m[1]] = append(fields, m[1]), inside
		}
	}
	return fields, names
}

// jsonNames are the names of a type's fields in JSON, in their order; those that
// are left out where they are empty with a question mark.
func jsonNames(of reflect.Type) (names []string) {
	for i := range of.NumField() {
		name, rest, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if rest == "omitempty" {
			name += "?"
		}
		names = append(names, name)
	}
	return names
}

// TestSummaryPageHasTheFields holds SUMMARY.md to the Go types: every field in
// its place, and of lists the fields of their lines.
func TestSummaryPageHasTheFields(t *testing.T) {
	t.Parallel()
	fields, names := summaryPage(t)
	summary := reflect.TypeFor[Summary]()
	if want := jsonNames(summary); !slices.Equal(fields, want) {
		t.Errorf("the page has the fields\n%q, and summary.json\n%q", fields, want)
	}
	money := map[string]bool{}
	for i := range summary.NumField() {
		f := summary.Field(i)
		name := f.Tag.Get("json")
		line := f.Type
		if line.Kind() == reflect.Slice {
			line = line.Elem()
		}
		switch {
		case line.Kind() != reflect.Struct:
		case line == reflect.TypeFor[MoneyLine](): // each list of money has some of its fields
			for _, n := range names[name] {
				money[n] = true
				if !slices.Contains(jsonNames(line), n) && !slices.Contains(jsonNames(line), n+"?") {
					t.Errorf("%s: the page has %s, which its lines have not", name, n)
				}
			}
		default:
			want, got := slices.Sorted(slices.Values(jsonNames(line))), slices.Clone(names[name])
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, want) {
				t.Errorf("%s: the page has %q, and the lines have %q", name, got, want)
			}
		}
	}
	for _, n := range jsonNames(reflect.TypeFor[MoneyLine]()) {
		if n = strings.TrimSuffix(n, "?"); !money[n] {
			t.Errorf("no list of money has %s on the page", n)
		}
	}
}

// TestSummaryPageHasTheLinesOfANight holds the page to a summary that has every
// section: which fields lines of money leave out is not in their type.
func TestSummaryPageHasTheLinesOfANight(t *testing.T) {
	t.Parallel()
	_, names := summaryPage(t)
	content, err := sampleNight().JSON()
	if err != nil {
		t.Fatal(err)
	}
	var night map[string]any
	if err := json.Unmarshal(content, &night); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for name, section := range night {
		lines, isList := section.([]any)
		if !isList {
			continue
		}
		if len(lines) == 0 {
			t.Errorf("the night of the test has no %s", name)
		}
		for _, line := range lines {
			object, isObject := line.(map[string]any)
			if !isObject {
				continue
			}
			checked++
			for field := range object {
				if !slices.Contains(names[name], field) && !slices.Contains(names[name], field+"?") {
					t.Errorf("%s: the page lacks %s", name, field)
				}
			}
			for _, documented := range names[name] {
				if _, there := object[documented]; !there && !strings.HasSuffix(documented, "?") {
					t.Errorf("%s: the page has %s, and a line has not: %v", name, documented, object)
				}
			}
		}
	}
	if checked < 15 {
		t.Errorf("%d lines were looked at", checked)
	}
}
