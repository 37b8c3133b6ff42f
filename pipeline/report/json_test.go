package report

import (
	"encoding/json"
	"strings"
	"testing"

	"amends/rules/money"

	"github.com/google/go-cmp/cmp"
)

func TestJSONHasNoNull(t *testing.T) {
	t.Parallel()
	s := Summary{Version: Version, BusinessDate: "2026-01-05", Rules: []RuleLine{{Rule: "late", Mode: "live"}}}
	content, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "null") {
		t.Errorf("an empty list is null:\n%s", content)
	}
	for _, want := range []string{`"sources": [],`, `"notices": []`, `"issuable": {},`, `"gross": {},`} {
		if !strings.Contains(string(content), want) {
			t.Errorf("no %s in:\n%s", want, content)
		}
	}
	if s.Sources != nil || s.Rules[0].Gross != nil {
		t.Error("JSON changed the summary that it encodes")
	}
}

func TestJSONIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	s := Summary{
		Version:  Version,
		Issuable: money.ByCurrency{"USD": 3, "EUR": 1, "JPY": 2, "GBP": -1},
		Rejects:  []RejectLine{{Source: "a<b>&c", Code: "null", Count: 1}},
	}
	first, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := s.JSON()
		if err != nil || string(again) != string(first) {
			t.Fatalf("the second encoding differs, err %v", err)
		}
	}
	want := "  \"issuable\": {\n    \"EUR\": 1,\n    \"GBP\": -1,\n    \"JPY\": 2,\n    \"USD\": 3\n  },\n"
	if !strings.Contains(string(first), want) {
		t.Errorf("currencies are not sorted:\n%s", first)
	}
	if !strings.Contains(string(first), `"a<b>&c"`) || !strings.HasSuffix(string(first), "}\n") {
		t.Errorf("text is escaped or the last newline is missing:\n%s", first)
	}
}

func TestParseReadsWhatJSONWrites(t *testing.T) {
	t.Parallel()
	s := sampleNight()
	content, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(content), string(again)); diff != "" {
		t.Errorf("parsed and encoded again (-want +got):\n%s", diff)
	}
	if !json.Valid(content) {
		t.Error("not valid JSON")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"no JSON":         "{",
		"no version":      "{}",
		"newer":           `{"version": 2}`,
		"unknown field":   `{"version": 1, "surprise": 3}`,
		"something after": `{"version": 1} {}`,
		"money as a text": `{"version": 1, "issuable": {"USD": "3"}}`,
	} {
		if _, err := Parse([]byte(content)); err == nil {
			t.Errorf("%s: no error for %s", name, content)
		}
	}
}
