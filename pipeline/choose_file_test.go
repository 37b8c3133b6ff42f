package pipeline_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/publish"
)

func TestCreditsOfAFile(t *testing.T) {
	t.Parallel()
	holds := []publish.Hold{{CreditID: "cr1_a"}, {CreditID: "cr1_b"}, {CreditID: "cr1_c"}}
	for name, c := range map[string]struct {
		content string
		ids     []string
		says    []string
	}{
		"lines":           {"# checked on Monday\n\ncr1_b\n  cr1_a # the lamp\r\n", []string{"cr1_b", "cr1_a"}, nil},
		"no newline":      {"cr1_c", []string{"cr1_c"}, nil},
		"csv":             {"business_date,credit_id,facts\n2026-01-15,cr1_a,\"{\"\"a\"\":\n1}\"\n2026-01-15,cr1_c,{}\n", []string{"cr1_a", "cr1_c"}, nil},
		"one column":      {"credit_id\ncr1_a\n", []string{"cr1_a"}, nil},
		"from a sheet":    {"\ufeffcredit_id,amount_minor\r\ncr1_a,1\r\n", []string{"cr1_a"}, nil},
		"commented csv":   {"# for Mo\ncredit_id,x\n#cr1_b,1\ncr1_a,1\n", []string{"cr1_a"}, nil},
		"remarks":         {"credit_id,x\n# from Ana\ncr1_a,1\n# for Mo, and Kim, and Lee\n", []string{"cr1_a"}, nil},
		"orders named #":  {"order_id,credit_id\n1000,cr1_a\n#1001,cr1_b\n", nil, []string{`line 3 begins with # and names "cr1_b"`}},
		"late heading":    {"\n# a\n\ncredit_id,x\ncr1_a,1\ncr1_x,2\n", nil, []string{`f:6: "cr1_x" does not wait`}},
		"unknown":         {"cr1_a\ncr1_x\ncr1_y\n", nil, []string{`f:2: "cr1_x" does not wait`, `f:3: "cr1_y" does not wait`}},
		"twice":           {"cr1_a\ncr1_b\ncr1_a\n", nil, []string{`f:3: "cr1_a" stands on line 1 already`}},
		"csv lines":       {"credit_id,facts\ncr1_a,\"x\ny\"\ncr1_x,z\n", nil, []string{`f:4: "cr1_x" does not wait`}},
		"empty":           {"\n# nothing\n", nil, []string{"names no credit"}},
		"heading alone":   {"credit_id,x\n", nil, []string{"names no credit"}},
		"no column":       {"id,amount\ncr1_a,5\n", nil, []string{"no column credit_id"}},
		"semicolons":      {"credit_id;amount\ncr1_a;5\n", nil, []string{"separated by commas"}},
		"a cell is empty": {"credit_id,x\n,1\n", nil, []string{"line 2 has no credit_id"}},
		"a row is short":  {"x,credit_id\n1\n", nil, []string{"line 2"}},
		"quote":           {"credit_id,x\ncr1_a,\"1\n", nil, []string{"f: "}},
		"many":            {strings.Repeat("cr1_z\n", 100), nil, []string{"and 80 more"}},
	} {
		ids, err := pipeline.ReadCreditIDs("f", strings.NewReader(c.content), holds)
		if !slices.Equal(ids, c.ids) || (err == nil) != (c.says == nil) {
			t.Errorf("%s: %q, %v; want %q", name, ids, err, c.ids)
		}
		for _, want := range c.says {
			if err == nil || !errors.Is(err, pipeline.ErrRefused) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not say %q", name, err, want)
			}
		}
	}
}

// endless is a file that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func TestAFileOfCreditsHasABound(t *testing.T) {
	t.Parallel()
	if _, err := pipeline.ReadCreditIDs("f", endless{}, nil); !errors.Is(err, pipeline.ErrRefused) || !strings.Contains(fmt.Sprint(err), "more than 67108864 bytes") {
		t.Errorf("%v", err)
	}
}
