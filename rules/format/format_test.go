package format_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/rules"
	"amends/rules/document"
	"amends/rules/format"
)

const untidy = "\ufeff# Late parcels.\r\n" + `

terms:
      standard: {valid_days: 30}   # a month
rules:
# the first
-   reason: DELIVERY_LATE
    # how much
    amount: min(0.10*item_price,caps.late[ currency ])


    on: deliveries   
    when: >-
      days_late>=1
    id:   late
    # not yet:
    #   mode: shadow
-   {id: small, on: deliveries, when: not(days_late>=2), amount: 0.05*item_price, reason: R}
- id: block
  when: |
      days_late>=1   // a day
      and not   (tier in ["a","b"])

      or -x<- 3
  message: "keep  me, a+b"
define:
    deliveries:
          very_late: 'days_late>7'
          "odd": "a?b:c"
          # behind
# the end
`

const tidied = `# Late parcels.

terms:
  standard: {valid_days: 30}   # a month
rules:
  # the first
  - id:   late

    on: deliveries
    when: >-
      days_late>=1
    # how much
    amount: min(0.10 * item_price, caps.late[currency])
    reason: DELIVERY_LATE
    # not yet:
    #   mode: shadow
  - {id: small, on: deliveries, when: not (days_late >= 2), amount: 0.05 * item_price, reason: R}
  - id: block
    when: |
        days_late >= 1   // a day
        and not (tier in ["a", "b"])

        or -x < -3
    message: "keep  me, a+b"
define:
  deliveries:
    very_late: 'days_late > 7'
    "odd": "a ? b : c"
    # behind
# the end
`

func TestTidied(t *testing.T) {
	t.Parallel()
	got, list := format.Bytes("x.yaml", []byte(untidy))
	if list != nil {
		t.Fatal(list)
	}
	if diff := cmp.Diff(tidied, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// seeds are the files of the samples, and of this test.
func seeds(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"untidy": []byte(untidy), "tidied": []byte(tidied)}
	for _, root := range []string{"../../samples", "../testdata", "../columnar/testdata"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
				return err
			}
			content, err := os.ReadFile(path)
			all[path] = content
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 15 {
		t.Fatalf("%d files", len(all))
	}
	return all
}

// TestSamplesAreFormatted holds the samples to their own layout.
func TestSamplesAreFormatted(t *testing.T) {
	t.Parallel()
	for path, content := range seeds(t) {
		holds(t, path, content)
		if !strings.Contains(path, "/samples/") || strings.Contains(path, "schedulers") {
			continue
		}
		if got, list := format.Bytes(path, content); list == nil && string(got) != string(content) {
			t.Errorf("%s is not formatted: %s", path, cmp.Diff(string(content), string(got)))
		}
	}
}

// holds is the law: the same meaning, the same comments, and no second change.
func holds(t *testing.T, name string, content []byte) {
	t.Helper()
	got, list := format.Bytes(name, content)
	if list != nil {
		return
	}
	again, list := format.Bytes(name, got)
	if list != nil || string(again) != string(got) {
		t.Fatalf("%s: formatted twice: %v\n%s", name, list, cmp.Diff(string(got), string(again)))
	}
	if !slices.Equal(document.Comments(content), document.Comments(got)) {
		t.Fatalf("%s: comments: %s", name, cmp.Diff(document.Comments(content), document.Comments(got)))
	}
	before, after := said(content), said(got)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Fatalf("%s: means something else: %s\n%q\n%q", name, diff, content, got)
	}
	for _, prelude := range preludes(t) {
		if diff := cmp.Diff(compiled(content, prelude), compiled(got, prelude)); diff != "" {
			t.Fatalf("%s: compiles to something else: %s\n%q\n%q", name, diff, content, got)
		}
	}
}

// said is a rulebook without its places: what it says, and what is wrong with it.
func said(content []byte) []string {
	book, list := rules.Parse([]rules.File{{Path: "a.yaml", Bytes: content}})
	var all []string
	word := func(text string) { all = append(all, strings.Join(strings.Fields(text), "")) }
	for _, r := range book.Rules {
		for _, text := range []string{r.ID, r.On, r.When.Source, r.Amount.Source, r.Funding.Source, r.Terms, r.Reason} {
			word(text)
		}
		all = append(all, r.Message.Source)
	}
	for _, guards := range [][]rules.Exclusion{book.Exclusions} {
		for _, g := range guards {
			word(g.ID + g.When.Source + strings.Join(g.On, ","))
		}
	}
	for _, source := range slices.Sorted(func(yield func(string) bool) {
		for name := range book.Defines {
			if !yield(name) {
				return
			}
		}
	}) {
		for _, d := range book.Defines[source] {
			word(source + d.Name + d.Expr.Source)
		}
	}
	var wrong []string
	for _, d := range list {
		wrong = append(wrong, d.Code)
	}
	slices.Sort(wrong)
	return append(all, wrong...)
}

// FuzzFormat holds the law for any bytes.
func FuzzFormat(f *testing.F) {
	for _, content := range seeds(f) {
		if len(content) < 5000 {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 5000 {
			return
		}
		holds(t, "x.yaml", content)
	})
}
