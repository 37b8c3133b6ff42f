package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"amends/rules/codes"
	"amends/rules/diag"
)

// sarifObject is what the schema of SARIF 2.1.0 (OASIS, sarif-schema-2.1.0.json)
// says of an object: what has to be there, and the type of each property that
// amends writes. No object of it takes properties that the schema does not name.
type sarifObject struct {
	required   []string
	properties map[string]string // text, number, a list [name], or the name of an object
}

var sarifObjects = map[string]sarifObject{
	"sarifLog":               {[]string{"version", "runs"}, map[string]string{"$schema": "text", "version": "text", "runs": "[run]"}},
	"run":                    {[]string{"tool"}, map[string]string{"tool": "tool", "columnKind": "text", "results": "[result]"}},
	"tool":                   {[]string{"driver"}, map[string]string{"driver": "toolComponent"}},
	"toolComponent":          {[]string{"name"}, map[string]string{"name": "text", "version": "text", "rules": "[reportingDescriptor]"}},
	"reportingDescriptor":    {[]string{"id"}, map[string]string{"id": "text", "shortDescription": "multiformatMessageString", "help": "multiformatMessageString", "defaultConfiguration": "reportingConfiguration"}},
	"reportingConfiguration": {nil, map[string]string{"level": "text"}},
	// multiformatMessageString needs a text; a message has a text or an id, and
	// amends writes the text.
	"multiformatMessageString": {[]string{"text"}, map[string]string{"text": "text"}},
	"message":                  {[]string{"text"}, map[string]string{"text": "text"}},
	"result":                   {[]string{"message"}, map[string]string{"ruleId": "text", "ruleIndex": "number", "level": "text", "message": "message", "locations": "[location]", "suppressions": "[suppression]"}},
	"location":                 {nil, map[string]string{"physicalLocation": "physicalLocation"}},
	"physicalLocation":         {[]string{"artifactLocation"}, map[string]string{"artifactLocation": "artifactLocation", "region": "region"}},
	"artifactLocation":         {nil, map[string]string{"uri": "text"}},
	"region":                   {nil, map[string]string{"startLine": "number", "startColumn": "number"}},
	"suppression":              {[]string{"kind"}, map[string]string{"kind": "text", "justification": "text"}},
}

// sarifWords are the values that the schema allows.
var sarifWords = map[string][]string{
	"sarifLog.version": {"2.1.0"}, "run.columnKind": {"utf16CodeUnits", "unicodeCodePoints"},
	"result.level": {"none", "note", "warning", "error"}, "reportingConfiguration.level": {"none", "note", "warning", "error"},
	"suppression.kind": {"inSource", "external"},
}

func sarifBreaches(object, path string, value any) (found []string) {
	fields, ok := value.(map[string]any)
	if !ok {
		return []string{path + " is no object"}
	}
	schema := sarifObjects[object]
	for _, name := range schema.required {
		if _, ok := fields[name]; !ok {
			found = append(found, path+"."+name+" is missing")
		}
	}
	for name, v := range fields {
		at, kind := path+"."+name, schema.properties[name]
		switch {
		case kind == "":
			found = append(found, at+" is not in the schema")
		case kind == "text":
			text, ok := v.(string)
			if words := sarifWords[object+"."+name]; !ok || text == "" || words != nil && !slices.Contains(words, text) {
				found = append(found, fmt.Sprintf("%s is %v", at, v))
			}
		case kind == "number":
			if n, ok := v.(float64); !ok || n < 1 && name != "ruleIndex" || n < 0 {
				found = append(found, fmt.Sprintf("%s is %v", at, v))
			}
		case strings.HasPrefix(kind, "["):
			items, ok := v.([]any)
			if !ok {
				found = append(found, at+" is no list")
			}
			for i, item := range items {
				found = append(found, sarifBreaches(strings.Trim(kind, "[]"), fmt.Sprintf("%s[%d]", at, i), item)...)
			}
		default:
			found = append(found, sarifBreaches(kind, at, v)...)
		}
	}
	return found
}

// Logs of every severity, of files as a whole, and of accepted findings are as
// the schema wants them.
func TestSARIF(t *testing.T) {
	t.Parallel()
	examples := []string{"when: days_late >= 1\n", "# amends: allow L020 because it is one\nwhen: days_late >= 7 and days_late <= 3\n"}
	for _, id := range []string{"R014", "B001", "W104", "L023", "L029"} {
		code, _ := codes.Find(id)
		examples = append(examples, code.Examples[0].YAML)
	}
	for _, example := range examples {
		var out, stderr bytes.Buffer
		if code := run(context.Background(), []string{"-C", exampleDir(t, example), "check", "--sarif"}, &out, &stderr); code != exitDone && code != exitFindings {
			t.Fatalf("exit %d: %s", code, &stderr)
		}
		var log any
		if err := json.Unmarshal(out.Bytes(), &log); err != nil {
			t.Fatal(err)
		}
		for _, breach := range sarifBreaches("sarifLog", "log", log) {
			t.Errorf("%s\n%s", breach, example)
		}
		results := log.(map[string]any)["runs"].([]any)[0].(map[string]any)["results"].([]any)
		if len(results) == 0 && strings.Contains(example, "#") {
			t.Errorf("no result of\n%s", example)
		}
	}
	bad := map[string]any{"runs": []any{map[string]any{"tool": map[string]any{}, "more": 1.0}}, "version": "2.0"}
	if found := sarifBreaches("sarifLog", "log", bad); len(found) != 3 {
		t.Errorf("of a bad log: %q", found)
	}
}

// Of a long list the warnings are shown, however many notes stand before them.
func TestGravestFirst(t *testing.T) {
	t.Parallel()
	var list diag.List
	for i := range diag.MaxRendered {
		list.Add(diag.Diagnostic{Pos: diag.Pos{File: "a", Line: i + 1}, Severity: diag.Note})
	}
	if got := gravestFirst(list); got[0].Pos.Line != 1 || got[len(got)-1].Pos.Line != diag.MaxRendered {
		t.Error("a list that is shown whole is not in the order of its places")
	}
	list.Add(diag.Diagnostic{Pos: diag.Pos{File: "b"}, Severity: diag.Warning})
	if got := gravestFirst(list); got[0].Severity != diag.Warning || got[1].Pos.Line != 1 || list[0].Severity != diag.Note {
		t.Errorf("first is %v, then %v", got[0], got[1])
	}
}
