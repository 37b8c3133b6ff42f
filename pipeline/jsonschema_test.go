package pipeline_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"amends/pipeline"
	"amends/pipeline/ruletest"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/diag"
)

func schemaOf(t *testing.T, dir, kind string) (*jsonschema.Schema, map[string]any) {
	t.Helper()
	content, err := pipeline.JSONSchema(pipeline.Config{Dir: dir}, kind)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := pipeline.JSONSchema(pipeline.Config{Dir: dir}, kind)
	if !bytes.Equal(content, again) {
		t.Error("two schemas of one workspace differ")
	}
	var plain map[string]any
	if err := json.Unmarshal(content, &plain); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema, plain
}

// asJSON is a YAML text as a schema sees it.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// kindOf is the kind of schema that a file has.
func kindOf(path string) string {
	switch {
	case filepath.Base(path) == "amends.yaml":
		return "workspace"
	case strings.HasSuffix(path, "_test.yaml"):
		return "tests"
	}
	return "rules"
}

func TestSamplesFitTheSchemas(t *testing.T) {
	t.Parallel()
	files := 0
	for _, dir := range []string{"../samples/starter", "../samples/marketplace", "../samples/olist"} {
		paths := []string{filepath.Join(dir, "amends.yaml")}
		inRules, _ := filepath.Glob(filepath.Join(dir, "rules/*.yaml"))
		for _, path := range append(paths, inRules...) {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, where := range []string{dir, t.TempDir()} { // with the workspace's names, and without
				schema, _ := schemaOf(t, where, kindOf(path))
				if err := schema.Validate(asJSON(t, string(content))); err != nil {
					t.Errorf("%s, schema of %s: %v", path, where, err)
				}
			}
			files++
		}
	}
	if files < 25 {
		t.Errorf("%d files", files)
	}
}

// parse gives the parser's findings on a file of a kind.
func parse(kind, text string) diag.List {
	var list diag.List
	switch kind {
	case "workspace":
		_, list = workspace.Parse("f.yaml", []byte(text))
	case "rules":
		_, list = rules.Parse([]rules.File{{Path: "f.yaml", Bytes: []byte(text)}})
	default:
		_, list = ruletest.Parse([]ruletest.File{{Path: "f.yaml", Bytes: []byte(text)}})
	}
	return list
}

// places are files with one map, %, by the schema's name of the map.
var places = map[string]map[string]string{
	"workspace": {
		"a-workspace": "%", "a-source": "sources: {s: %}", "an-event": "sources: {s: {event: %}}", "a-dimension": "sources: {s: {dimension: %}}",
		"a-redemption": "sources: {s: {redemption: %}}", "an-external-credit": "sources: {s: {external_credit: %}}",
		"checks-of-a-source": "checks: {s: %}", "accounts": "accounts: %", "schedule": "schedule: %", "a-schedule": "schedule: %", "report": "report: %", "notify": "notify: %",
	},
	"rules": {
		"a-rulebook-file": "%", "a-rule": "rules: [%]", "an-exclusion": "exclude: [%]", "an-approval": "approval: [%]", "a-void-rule": "void: [%]",
		"a-limit": "limits: [%]", "a-budget": "budgets: [%]", "guardrails": "guardrails: %", "terms": "terms: {t: %}", "categories": "terms: {t: {categories: %}}",
	},
	"tests": {
		"a-test-file": "%", "an-accepted-change": "accept: [%]", "a-case": "cases: [%]", "a-history": "cases: [{history: %}]",
		"something-given": "cases: [{history: {external: [%]}}]", "an-earlier-award": "cases: [{history: {credits: [%]}}]", "what-is-expected": "cases: [{expect: %}]",
	},
}

// unless are keys that are missing only because another one is.
var unless = map[string][]string{"a-rule": {"amount", "when"}, "a-case": {"business_date", "on"}, "report": {"by"}}

var (
	hasKeys    = regexp.MustCompile(`has? the keys (.*)$`)
	missingKey = regexp.MustCompile(`^the key "(\w+)" is missing`)
)

// TestSchemaKeysAreTheParsers holds the schema to what the parsers say: of a key
// that they do not know they list those that they do, and of an empty map which
// are missing.
func TestSchemaKeysAreTheParsers(t *testing.T) {
	t.Parallel()
	for _, kind := range pipeline.SchemaFiles {
		_, plain := schemaOf(t, t.TempDir(), kind)
		for name, definition := range plain["definitions"].(map[string]any) {
			definition := definition.(map[string]any)
			place, known := places[kind][name]
			switch {
			case name == "constants" || name == "a-row": // any key
				continue
			case !known:
				t.Errorf("%s: nothing says where %s stands", kind, name)
				continue
			}
			properties, _ := definition["properties"].(map[string]any)
			inSchema := slices.Sorted(maps.Keys(properties))
			var inParser, missing []string
			for _, d := range parse(kind, strings.Replace(place, "%", "{qqqqqqqqqqqqqqqqqqqq: 1}", 1)) {
				if m := hasKeys.FindStringSubmatch(d.Hint); m != nil {
					inParser = strings.Split(m[1], ", ")
				}
				if m := missingKey.FindStringSubmatch(d.Message); m != nil && !slices.Contains(unless[name], m[1]) && within(d, place) {
					missing = append(missing, m[1])
				}
			}
			slices.Sort(inParser)
			if diff := cmp.Diff(inParser, inSchema); diff != "" {
				t.Errorf("%s, %s (-parser +schema):\n%s", kind, name, diff)
			}
			var needed []string
			required, _ := definition["required"].([]any)
			for _, key := range required {
				needed = append(needed, key.(string))
			}
			slices.Sort(missing)
			slices.Sort(needed)
			if diff := cmp.Diff(missing, needed); diff != "" {
				t.Errorf("%s, %s needs (-parser +schema):\n%s", kind, name, diff)
			}
			for key, property := range properties {
				if property.(map[string]any)["description"] == nil {
					t.Errorf("%s, %s: %s has no description", kind, name, key)
				}
			}
		}
	}
}

// within reports whether a finding is about the map at the place, and not one
// around it.
func within(d diag.Diagnostic, place string) bool {
	return d.Pos.Col > strings.Index(place, "%") && !strings.HasPrefix(d.Hint, "write it once at the top")
}

func TestMistakesDoNotFitTheSchemas(t *testing.T) {
	t.Parallel()
	const rule = "id: late, on: deliveries, when: a, amount: 5.00, reason: R"
	tests := []struct{ kind, good, bad string }{
		{"rules", "rules: [{" + rule + "}]", "rules: [{" + rule + ", wen: true}]"},
		{"rules", "rules: [{" + rule + ", mode: shadow}]", "rules: [{" + rule + ", mode: trial}]"},
		{"rules", "rules: [{" + rule + ", priority: -5}]", "rules: [{" + rule + ", priority: 1000001}]"},
		{"rules", "rules: [{" + rule + ", uncapped: true}]", "rules: [{" + rule + ", uncapped: 'yes'}]"},
		{"rules", "rules: [{" + rule + ", from: 2026-01-01}]", "rules: [{" + rule + ", from: 1.1.2026}]"},
		{"rules", "rules: [{" + rule + ", table: x.csv}]", "rules: [{" + rule + ", table: x.xlsx}]"},
		{"rules", "rules: [{" + rule + "}]", "rules: [{id: late, when: a, amount: 5.00, reason: R}]"},
		{"rules", "rules: [{" + rule + "}]", "rules: [{id: Late, on: deliveries, when: a, amount: 5.00, reason: R}]"},
		{"rules", "rules: [{" + rule + "}]", "rules: {" + rule + "}"},
		{"rules", "min_award: {USD: 0.25}", "min_award: {usd: 0.25}"},
		{"rules", "min_award: {USD: 0.25}", "min_award: {USD: -1}"},
		{"rules", "tables: {caps: {late: {USD: 1, GBP: x}}}", "tables: {caps: [1]}"},
		{"rules", "exclude: [{id: a, on: [x, y], when: b}]", "exclude: [{id: a, on: [], when: b}]"},
		{"workspace", "{timezone: UTC, sources: {}}", "{sources: {}}"},
		{"workspace", "{timezone: UTC, sources: {}, grace_days: 0}", "{timezone: UTC, sources: {}, grace_days: -1}"},
		{"workspace", "{timezone: UTC, sources: {}, notify: {url_env: A, on: failure}}", "{timezone: UTC, sources: {}, notify: {url_env: A, on: failed}}"},
		{"workspace", "{timezone: UTC, sources: {}, schedule: {cron: a, wait_for_files: 3h}}", "{timezone: UTC, sources: {}, schedule: {cron: a, wait_for_files: soon}}"},
		{"tests", "cases: [{case: a, expect: unmatched}]", "cases: [{case: a, expect: unmatch}]"},
		{"tests", "cases: [{case: a, expect: {rule: r, amount: 2.50 USD}}]", "cases: [{case: a, expect: {rule: r, amount: 2.50}}]"},
		{"tests", "cases: [{case: a, given: [{}, {x: 1, customer.tier: null}], expect: [issued, {rule: r}]}]", "cases: [{case: a, given: [5]}]"},
		{"tests", "{on: d, base: {d: {default: }}}", "{on: d, base: {d: {default: 5}}}"},
	}
	schemas := map[string]*jsonschema.Schema{}
	for _, kind := range pipeline.SchemaFiles {
		schemas[kind], _ = schemaOf(t, t.TempDir(), kind)
	}
	for _, test := range tests {
		if err := schemas[test.kind].Validate(asJSON(t, test.good)); err != nil {
			t.Errorf("%s: %v", test.good, err)
		}
		if schemas[test.kind].Validate(asJSON(t, test.bad)) == nil {
			t.Errorf("%s is valid", test.bad)
		}
		if !parse(test.kind, test.bad).HasErrors() {
			t.Errorf("the parser takes %s", test.bad)
		}
	}
}

// TestSchemasKnowTheWorkspace holds that the names of a workspace are offered,
// and that a source which is not there is a mistake.
func TestSchemasKnowTheWorkspace(t *testing.T) {
	t.Parallel()
	schema, _ := schemaOf(t, "../samples/starter", "rules")
	rule := func(on, terms string) any {
		return asJSON(t, "rules: [{id: a, on: "+on+", when: b, amount: c, reason: R, terms: "+terms+"}]")
	}
	if err := schema.Validate(rule("deliveries", "not-yet-written")); err != nil {
		t.Error(err)
	}
	if schema.Validate(rule("delivery", "standard")) == nil {
		t.Error("a source that is not there is valid")
	}
	content, _ := pipeline.JSONSchema(pipeline.Config{Dir: "../samples/starter"}, "rules")
	for _, name := range []string{`"standard"`, `"DELIVERY_OVERDUE"`, `"deliveries"`} {
		if !bytes.Contains(content, []byte(name)) {
			t.Errorf("no %s", name)
		}
	}
	if _, err := pipeline.JSONSchema(pipeline.Config{}, "ruels"); err == nil {
		t.Error("a schema of no kind of file")
	}
}
