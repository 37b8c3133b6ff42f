package state

import (
	"strings"
	"testing"
)

// What would give paid incidents new ids is named, whatever else it is called.
func TestRenamedSources(t *testing.T) {
	t.Parallel()
	key := func(name string) []KeyColumn { return []KeyColumn{{Name: name, Kind: "string"}} }
	was := Definition{Failure: "late", Incident: key("delivery_id"), Since: "shipped_at", Files: "d.parquet"}
	carried := was
	carried.Carried = true
	tests := map[string]struct {
		now  map[string]Definition
		want string
	}{
		"the same":                        {map[string]Definition{"deliveries": was}, ""},
		"renamed, the same incidents":     {map[string]Definition{"deliveries": carried, "parcels": was}, ""},
		"renamed with another failure":    {map[string]Definition{"deliveries": carried, "parcels": {Failure: "parcels", Incident: key("delivery_id"), Since: "shipped_at", Files: "d.parquet"}}, `reads the files of "deliveries"`},
		"renamed with another key":        {map[string]Definition{"deliveries": carried, "parcels": {Failure: "late", Incident: key("order_id"), Since: "shipped_at", Files: "d.parquet"}}, `reads the files of "deliveries"`},
		"another key":                     {map[string]Definition{"deliveries": {Failure: "late", Incident: key("order_id"), Since: "shipped_at", Files: "d.parquet"}}, `"deliveries" was`},
		"another file":                    {map[string]Definition{"deliveries": {Failure: "late", Incident: key("delivery_id"), Since: "shipped_at", Files: "e.parquet"}}, ""},
		"two kinds of key in one failure": {map[string]Definition{"deliveries": was, "claims": {Failure: "late", Incident: []KeyColumn{{Name: "id", Kind: "int"}}, Since: "at", Files: "c.parquet"}}, "keys of the same kinds"},
	}
	for name, test := range tests {
		got := ChangedDefinitions(&Manifest{Definitions: map[string]Definition{"deliveries": was}}, test.now)
		if (test.want == "") != (len(got) == 0) || len(got) > 0 && !strings.Contains(got[0], test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
