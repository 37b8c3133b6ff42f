package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"amends/rules/codes"
)

// exampleDir makes the workspace of the pages of codes: testdata/codes with an
// example in it. The example is a file of rules, some keys of one rule, or, with
// "# amends.yaml" as its first line, some keys of the workspace.
func exampleDir(t *testing.T, example string) string {
	t.Helper()
	dir := t.TempDir()
	const from = "testdata/codes"
	workspaceFile, shared := readText(t, from+"/amends.yaml"), readText(t, from+"/rules/shared.yaml")
	tables, err := filepath.Glob(from + "/data/*.csv")
	if err != nil || len(tables) == 0 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	for _, name := range tables {
		table := strings.TrimSuffix(filepath.Base(name), ".csv")
		writeText(t, filepath.Join(dir, "data", table+".parquet"), string(parquetOf(t, name, readText(t, name))))
	}
	example = expandRepeats(example)
	example = withTables(t, example, filepath.Join(dir, "rules"))
	rule := "when: days_late >= 1\n"
	switch {
	case strings.HasPrefix(example, "# amends.yaml\n"):
		workspaceFile = mergeWorkspace(workspaceFile, strings.TrimPrefix(example, "# amends.yaml\n"))
	case firstKey(example, "rules") || !firstKey(example, "when"):
		rule = ""
		shared = withoutSections(shared, example)
		if topKeys := fmt.Sprint(topKey.FindAllString(example, -1)); strings.Contains(topKeys, "tables") || strings.Contains(topKeys, "define") {
			shared = withoutSections(shared, "exclude:") // it reads what the example may not have
		}
		if !firstKey(example, "rules") && !strings.Contains(example, "\nrules:") {
			rule = "when: days_late >= 1\n"
		}
		writeText(t, filepath.Join(dir, "rules", "example.yaml"), example)
	default:
		rule = example
	}
	if rule != "" {
		writeText(t, filepath.Join(dir, "rules", "rule.yaml"), wholeRule(rule))
	}
	writeText(t, filepath.Join(dir, "amends.yaml"), workspaceFile)
	writeText(t, filepath.Join(dir, "rules", "shared.yaml"), shared)
	return dir
}

var commentedTable = regexp.MustCompile(`(?m)^# ([a-z]+\.csv):\n((?:# .*\n)+)`)

// withTables writes the CSV files that an example has in its comments.
func withTables(t *testing.T, example, dir string) string {
	t.Helper()
	return commentedTable.ReplaceAllStringFunc(example, func(found string) string {
		m := commentedTable.FindStringSubmatch(found)
		writeText(t, filepath.Join(dir, m[1]), strings.ReplaceAll("\n"+m[2], "\n# ", "\n")[1:])
		return ""
	})
}

func readText(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func writeText(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(content), 0o666)); err != nil {
		t.Fatal(err)
	}
}

var repeat = regexp.MustCompile(`<(\d+) times "(.)">`)

// expandRepeats writes out <210 times "(">.
func expandRepeats(text string) string {
	return repeat.ReplaceAllStringFunc(text, func(found string) string {
		m := repeat.FindStringSubmatch(found)
		n, _ := strconv.Atoi(m[1]) // digits by the pattern
		return strings.Repeat(m[2], n)
	})
}

var topKey = regexp.MustCompile(`(?m)^([a-z_]+):`)

func firstKey(text, key string) bool {
	m := topKey.FindStringSubmatch(text)
	return m != nil && m[1] == key
}

// wholeRule makes keys of a rule a file with that rule.
func wholeRule(keys string) string {
	given := map[string]bool{}
	for _, m := range topKey.FindAllStringSubmatch(keys, -1) {
		given[m[1]] = true
	}
	text := "rules:\n  - id: example\n"
	for _, line := range []string{"on: deliveries", "amount: min(0.10 * item_price, caps.late[currency])", "reason: DELIVERY_LATE"} {
		if name, _, _ := strings.Cut(line, ":"); !given[name] {
			text += "    " + line + "\n"
		}
	}
	for line := range strings.Lines(keys) {
		text += "    " + line
	}
	return text
}

var section = regexp.MustCompile(`(?m)^[a-z].*\n(?:[ #].*\n)*`)

// withoutSections drops the sections that another text has as well.
func withoutSections(text, other string) string {
	has := map[string]bool{}
	for _, m := range topKey.FindAllStringSubmatch(other, -1) {
		has[m[1]] = true
	}
	return section.ReplaceAllStringFunc(text, func(s string) string {
		if name, _, _ := strings.Cut(s, ":"); has[name] {
			return ""
		}
		return s
	})
}

// mergeWorkspace puts keys of an example into the workspace; sources are added.
func mergeWorkspace(workspaceFile, example string) string {
	if sources, ok := strings.CutPrefix(example, "sources:\n"); ok {
		return strings.Replace(workspaceFile, "sources:\n", "sources:\n"+sources, 1)
	}
	return withoutSections(workspaceFile, example) + example
}

// baseRow is what the cases of test files on the pages begin with.
const baseRow = `base:
  deliveries:
    default:
      {delivery_id: d-1, order_id: o-1, customer_id: c-1, seller_id: null, currency: USD, item_price: 4000, zone: America/New_York, exception_code: null,
       shipped_at: 2026-01-10T09:00:00Z, promised_at: 2026-01-13T22:00:00Z, delivered_at: 2026-01-15T22:00:00Z}
`

var shownDiagnostic = regexp.MustCompile(`(?m)^([^ :]+):\d+:\d+: (?:(warning): )?([A-Z]\d{3}): (.*)$`)

// saidOfTests runs test on an example, which is a test file, and returns its
// diagnostics. Without one, every case has to come out as expected.
func saidOfTests(t *testing.T, example string) []diagnosticJSON {
	t.Helper()
	dir := exampleDir(t, "when: days_late >= 1\n")
	writeText(t, filepath.Join(dir, "rules", "example_test.yaml"), example)
	if !strings.Contains(example, "\nbase:") {
		writeText(t, filepath.Join(dir, "rules", "base_test.yaml"), baseRow)
	}
	var out, stderr bytes.Buffer
	code := run(context.Background(), []string{"-C", dir, "test"}, &out, &stderr)
	var list []diagnosticJSON
	for _, m := range shownDiagnostic.FindAllStringSubmatch(out.String()+stderr.String(), -1) {
		severity := "error"
		if m[2] != "" {
			severity = m[2]
		}
		list = append(list, diagnosticJSON{File: m[1], Severity: severity, Code: m[3], Message: m[4]})
	}
	if code == exitFindings != (len(list) > 0 && list[0].Severity == "error") {
		t.Fatalf("exit %d\n%s%s", code, &out, &stderr)
	}
	return list
}

// said runs check, or test, on an example, and returns its diagnostics.
func said(t *testing.T, id, example string) []diagnosticJSON {
	t.Helper()
	if strings.HasPrefix(id, "T") {
		return saidOfTests(t, example)
	}
	var out, stderr bytes.Buffer
	args := []string{"-C", exampleDir(t, example), "check", "--json"}
	if strings.HasPrefix(id, "L06") {
		args = append(args, "--sample", "2026-01-15")
	}
	code := run(context.Background(), args, &out, &stderr)
	var result struct {
		Diagnostics []diagnosticJSON `json:"diagnostics"`
	}
	if err := json.Unmarshal(out.Bytes(), &result); err != nil || code != exitDone && code != exitFindings {
		t.Fatalf("exit %d, %v\n%s%s", code, err, &out, &stderr)
	}
	return result.Diagnostics
}

// unusedCode are findings that an example may have besides: it shows one thing,
// and the rest of the workspace is not made for it.
var unusedCode = regexp.MustCompile(`^L04[012]$`)

// Each wrong example gives its code, as grave as the page says, and each right
// one neither that code nor any
// other warning.
func TestExamplesOfCodes(t *testing.T) {
	t.Parallel()
	for _, c := range codes.All() {
		for i, e := range c.Examples {
			t.Run(fmt.Sprintf("%s-%d", c.ID, i), func(t *testing.T) {
				t.Parallel()
				found := false
				var all []string
				for _, d := range said(t, c.ID, e.YAML) {
					all = append(all, fmt.Sprintf("%s:%d:%d: %s: %s: %s; %s", d.File, d.Line, d.Column, d.Severity, d.Code, d.Message, d.Hint))
					found = found || d.Code == c.ID
					if d.Code == c.ID && d.Severity != c.Severity.String() {
						t.Errorf("%s is a %s, and the page says %s", c.ID, d.Severity, c.Severity)
					}
					if !e.Wrong && d.Severity != "note" && !unusedCode.MatchString(d.Code) || e.Wrong && d.Severity == "error" && c.Severity.String() != "error" {
						t.Errorf("another finding: %s: %s", d.Code, d.Message)
					}
				}
				if found != e.Wrong {
					t.Errorf("%s is said: %v, want %v:\n%s\n%s", c.ID, found, e.Wrong, e.YAML, strings.Join(all, "\n"))
				}
			})
		}
	}
}
