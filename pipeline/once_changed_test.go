package pipeline_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/parquetio"
)

func TestWhatChangedSinceTheCommitIsRefusedByName(t *testing.T) {
	t.Parallel()
	night := demoFirst + 4
	defects := demoFile("defects", night, "defects.parquet")
	earlier := demoFile("deliveries", night-3, "part-1.parquet") // lookback reads it too
	rewrite := func(w *demo, name string, rows func(demoTable) demoTable) {
		w.write(name, rows(w.table(name)), parquetio.WriteOptions{})
	}
	for name, test := range map[string]struct {
		change func(w *demo)
		names  []string
	}{
		"a dated file has a row less": {
			func(w *demo) {
				rewrite(w, defects, func(t demoTable) demoTable { return t.pick(demoRows(t)[1:]...) })
			}, []string{defects + " has other content"}},
		"a dated file has the same rows in other bytes": {
			func(w *demo) {
				w.write(defects, w.table(defects), parquetio.WriteOptions{Codec: parquetio.Snappy})
			}, []string{defects + " has other content"}},
		"a file of an earlier day that lookback read": {
			func(w *demo) {
				rewrite(w, earlier, func(t demoTable) demoTable { return t.pick(demoRows(t)[1:]...) })
			}, []string{earlier + " has other content"}},
		"a dated file is new": {
			func(w *demo) {
				w.put(demoFile("service", night, "more.parquet"), w.get(demoFile("service", night, "service.parquet")))
			},
			[]string{demoFile("service", night, "more.parquet") + " is new"}},
		"one of several files is gone": {
			func(w *demo) { w.remove(demoFile("deliveries", night, "part-1.parquet")) },
			[]string{demoFile("deliveries", night, "part-1.parquet") + " is gone"}},
		"the only file of the day is gone": {
			func(w *demo) { w.remove(defects) }, []string{defects + " is gone"}},
		"a dimension's dated file": {
			func(w *demo) {
				rewrite(w, demoFile("orders", night, "orders.parquet"), func(t demoTable) demoTable { return t.pick(demoRows(t)[1:]...) })
			}, []string{demoFile("orders", night, "orders.parquet") + " has other content"}},
		"two things at once": {
			func(w *demo) {
				w.replace("rules/late.yaml", "0.05 * item_price", "0.06 * item_price")
				w.remove(defects)
			}, []string{defects + " is gone"}},
		"a file that is new, beside rules that look further back": {
			func(w *demo) {
				w.put("rules/more.yaml", []byte(farLimit))
				w.put(demoFile("service", night, "more.parquet"), w.get(demoFile("service", night, "service.parquet")))
			}, []string{demoFile("service", night, "more.parquet") + " is new"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRunDemo(t)
			test.change(w)
			w.untouched(func() {
				_, err := w.run(night, night)
				demoRefused(t, err, append(test.names, night.String())...)
			})
		})
	}
}

// farLimit reads more nights of external credits than the demo's rules do.
const farLimit = `limits:
  - {id: far, per: customer, window_days: 300, max_count: 99, exceed: trim}
`

// Rules are edited for the nights to come: a settled night stays settled and is no
// failure, or a scheduler that tries again would page somebody about it.
func TestRulesThatChangedSinceTheCommitAreNoFailure(t *testing.T) {
	t.Parallel()
	night := demoFirst + 4
	for name, test := range map[string]struct {
		change func(w *demo)
		want   []string
	}{
		"a rule": {
			func(w *demo) { w.replace("rules/late.yaml", "0.05 * item_price", "0.06 * item_price") },
			[]string{"rule file late.yaml has other content"}},
		"a comment in a rule file": {
			func(w *demo) { w.put("rules/late.yaml", append(w.get("rules/late.yaml"), "# more\n"...)) },
			[]string{"rule file late.yaml has other content"}},
		"a rule file is new": {
			func(w *demo) { w.put("rules/more.yaml", []byte("tables:\n  more: {a: 1}\n")) },
			[]string{"rule file more.yaml is new"}},
		"a limit reads older files": {
			func(w *demo) { w.put("rules/more.yaml", []byte(farLimit)) },
			[]string{"rule file more.yaml is new"}},
		"amends.yaml": {
			func(w *demo) { w.replace("amends.yaml", "grace_days: 1", "grace_days: 3") },
			[]string{"amends.yaml has other content"}},
		"amends.yaml looks back fewer days": {
			func(w *demo) { w.replace("amends.yaml", "lookback_days: 3", "lookback_days: 1") },
			[]string{"amends.yaml has other content"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRunDemo(t)
			test.change(w)
			w.untouched(func() {
				r := w.mustRun(night, night)[0]
				if !r.Already || !slices.Equal(r.ChangedRules, test.want) || len(r.Notes) > 0 {
					t.Errorf("already %v, changed rules %q, notes %q; want %q", r.Already, r.ChangedRules, r.Notes, test.want)
				}
			})
		})
	}
}

func demoRefused(t *testing.T, err error, names ...string) {
	t.Helper()
	if !errors.Is(err, pipeline.ErrRefused) {
		t.Fatalf("error %v, want ErrRefused", err)
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the refusal does not name %q:\n%v", name, err)
		}
	}
}
