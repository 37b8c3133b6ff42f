package workspace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"amends/rules/diag"
	"amends/rules/document/documenttest"
	"amends/rules/money"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			t.Run(filepath.Base(path), func(t *testing.T) {
				t.Parallel()
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				_, list := Parse("amends.yaml", data)
				documenttest.Check(t, data, list)
			})
		}
	}
}

func TestDesignValues(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/good/design.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w, list := Parse("amends.yaml", data)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	if w.Timezone != "America/New_York" || w.Location.String() != "America/New_York" ||
		w.State != "state" || w.Rules != "rules" || w.HorizonDays != 400 || w.GraceDays != 2 {
		t.Errorf("top level: %+v", w)
	}
	var names []string
	for _, s := range w.Sources {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"customers", "defects", "deliveries", "goodwill", "orders", "redemptions"}, names); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Accounts{Expense: "6100", Liability: "2300", Breakage: "4900", Clearing: "2310"}, w.Accounts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&Schedule{Cron: "30 2 * * *", WaitForFiles: 3 * time.Hour}, w.Schedule); diff != "" {
		t.Error(diff)
	}
	check := w.Checks["deliveries"]
	if check.MinRows != 1 || check.MaxRejectPercent != money.One || !check.HasMaxRejectPercent {
		t.Errorf("checks: %+v", check)
	}

	late := w.Source("deliveries")
	if !late.HasDate() || late.LookbackDays != 3 || late.Optional || late.Currency != "" || late.CurrencyColumn.Source != "currency" {
		t.Errorf("deliveries: %+v", late)
	}
	if got := late.Event.At.Source; got != "delivered_at ?? (promised_at + hours(168))" {
		t.Errorf("at: %q", got)
	}
	pos, line := late.Event.At.At(len("delivered_at ?? ("))
	if want := (diag.Pos{File: "amends.yaml", Line: 17, Col: 28}); pos != want || line[27:38] != "promised_at" {
		t.Errorf("place of promised_at: %v, want %v, in %q", pos, want, line)
	}
	if late.Event.Failure != "deliveries" || late.Event.Incident[0].Source != "delivery_id" {
		t.Errorf("event: %+v", late.Event)
	}
	if !late.IsNullable("seller_id") || late.IsNullable("item_price") {
		t.Error("nullable")
	}
	if unit, ok := w.Source("defects").Unit("return_cost"); unit != Major || !ok {
		t.Error("return_cost is in major units")
	}
	if got := w.Source("defects").NameOf("Case Status"); got != "case_status" {
		t.Errorf("renamed to %q", got)
	}
	if got := w.Source("defects").NameOf("line"); got != "line" {
		t.Errorf("not renamed, but %q", got)
	}
	var columns []string
	for _, column := range late.Columns() {
		columns = append(columns, column.Source)
	}
	if diff := cmp.Diff(strings.Fields("delivery_id updated_at delivery_id order_id customer_id seller_id shipped_at item_price zone currency item_price delivered_at exception_code seller_id"), columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if d := w.Source("orders").Dimension; d.As.Source != "order" || d.Key.Source != "order_id" || !d.Required {
		t.Errorf("orders: %+v", d)
	}
	if w.Source("nowhere") != nil {
		t.Error("a source that is not there")
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	w, list := Parse("amends.yaml", []byte(`
timezone: UTC
sources:
  late:
    files: late.parquet
    optional: true
    currency: JPY
    money: {price: major}
    event: {id: [order_id, line], incident: [order_id, line], customer: c, since: s, at: s, value: price}
  customers: {files: c.parquet, dimension: {as: customer, key: id, on: c, required: false}, timestamps: Asia/Tokyo}
report: {by: [region, tier], csv: true}
`))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	if w.HorizonDays != 400 || w.GraceDays != 2 || w.State != "state" || w.Rules != "rules" || w.Schedule != nil {
		t.Errorf("defaults: %+v", w)
	}
	if w.Accounts != (Accounts{Expense: "6100", Liability: "2300", Breakage: "4900", Clearing: "2310"}) {
		t.Errorf("accounts: %+v", w.Accounts)
	}
	late := w.Source("late")
	if late.Currency != "JPY" || late.CurrencyColumn.Source != "" || !late.Optional || late.HasDate() ||
		len(late.Event.ID) != 2 || late.TimestampsIn != time.UTC {
		t.Errorf("late: %+v", late)
	}
	customers := w.Source("customers")
	if customers.Dimension.Required || customers.Timestamps != "Asia/Tokyo" || customers.TimestampsIn.String() != "Asia/Tokyo" {
		t.Errorf("customers: %+v", customers)
	}
	if !w.ReportCSV || len(w.ReportBy) != 2 || w.ReportBy[1].Source != "tier" {
		t.Errorf("report: %+v", w.ReportBy)
	}
}

// TestSharedFailure holds that sources of one failure may share it where their
// incidents have as many columns, and that a swap of names is no mistake.
func TestSharedFailure(t *testing.T) {
	t.Parallel()
	w, list := Parse("amends.yaml", []byte(`
timezone: UTC
sources:
  reported: {files: r.parquet, currency: USD, money: {price: minor}, rename: {a: b, b: a},
    event: {id: a, failure: damage, incident: [a, b], customer: c, since: s, at: s, value: price}}
  scanned: {files: s.parquet, currency: USD, money: {price: minor},
    event: {id: x, failure: damage, incident: [x, y], customer: c, since: s, at: s, value: price}}
`))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	if w.Source("reported").Event.Failure != "damage" || w.Source("scanned").Event.Failure != "damage" {
		t.Error("failures")
	}
}

func TestCron(t *testing.T) {
	t.Parallel()
	tests := []struct{ spec, want string }{
		{"30 2 * * *", ""},
		{"0,30 */2 1-15 JAN,feb mon-fri", ""},
		{"0 0 29 2 *", ""},
		{"0 0 31 2 *", "never comes"},
		{"TZ=UTC", "zone is that of the workspace"},
		{"TZ=UTC 30 2 * * *", "zone is that of the workspace"},
		{"CRON_TZ=UTC 30 2 * * *", "zone is that of the workspace"},
		{"@daily", "descriptors"},
		{"@every 1h", "descriptors"},
		{"30 2 * *", "4 fields"},
		{"0 30 2 * * *", "6 fields"},
		{"60 2 * * *", "above maximum"},
		{"*/0 2 * * *", "step"},
		{"x 2 * * *", "x"},
		{"@every -1h", "descriptors"},
		{", 2 * * *", "no number, name, range or step"},
		{"30 2,,4 * * *", "no number, name, range or step"},
		{"30 *-5 * * *", "no number, name, range or step"},
		{"30 2 * * -1", "no number, name, range or step"},
		{"30 2 * * 7", "above maximum (6)"},
		{"5-1 2 * * *", "beyond end"},
		{"0 0 30 2 *", "never comes"},
		{"0 0 31 4,6,9,11 *", "never comes"},
		{"0 0 31 2 mon", ""}, // a day of the month or a weekday
		{strings.Repeat("1,", 200) + "1 2 * * *", "longer than"},
	}
	for _, test := range tests {
		_, list := Parse("a", []byte("timezone: UTC\nsources: {}\nschedule: {cron: \""+test.spec+"\"}\n"))
		var found []string
		for _, d := range list {
			if d.Code == codeCron {
				found = append(found, d.Message)
			}
		}
		switch {
		case test.want == "" && len(found) > 0:
			t.Errorf("%q: %q", test.spec, found)
		case test.want != "" && (len(found) != 1 || !strings.Contains(found[0], test.want)):
			t.Errorf("%q: %q, want one with %q", test.spec, found, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w, list := Parse("amends.yaml", data)
		again, _ := Parse("amends.yaml", data)
		if !cmp.Equal(w, again, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })) {
			t.Error("two readings differ")
		}
		if list.HasErrors() {
			return
		}
		if w.Location == nil || w.Timezone == "" {
			t.Error("accepted without a zone")
		}
		for _, s := range w.Sources {
			if s.Files.Source == "" || (s.Event == nil) == (s.Dimension == nil && s.Redemption == nil && s.ExternalCredit == nil) {
				t.Errorf("accepted a source without files, or not of one role: %+v", s)
			}
		}
	})
}
