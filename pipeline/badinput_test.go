package pipeline_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/parquetio"
	"amends/rules/diag"
)

const badNight = demoFirst + 3

// damage is what can happen to a whole file: each stops the night, with a
// message that names the file and, of a column, the place in amends.yaml.
var damages = []struct {
	name  string
	do    func(w *demo, file, column string)
	names []string
	is    error
}{
	{"0 bytes", func(w *demo, file, _ string) { w.put(file, nil) }, []string{"empty"}, parquetio.ErrNotParquet},
	{"7 bytes", func(w *demo, file, _ string) { w.put(file, []byte("PAR1PAR")) }, []string{"7 bytes"}, parquetio.ErrNotParquet},
	{"a CSV file", func(w *demo, file, _ string) { w.put(file, []byte("delivery_id,order_id\nd-1,o-1\n")) }, nil, parquetio.ErrNotParquet},
	{"its first half", func(w *demo, file, _ string) { c := w.get(file); w.put(file, c[:len(c)/2]) }, []string{"cut off"}, parquetio.ErrNotParquet},
	{"all but its last byte", func(w *demo, file, _ string) { c := w.get(file); w.put(file, c[:len(c)-1]) }, []string{"cut off"}, parquetio.ErrNotParquet},
	{"its first bytes overwritten", func(w *demo, file, _ string) { w.put(file, append([]byte("XXXX"), w.get(file)[4:]...)) }, nil, parquetio.ErrNotParquet},
	{"a column missing", func(w *demo, file, column string) {
		t := w.table(file)
		w.write(file, slices.DeleteFunc(t, func(c parquetio.Column) bool { return c.Name == column }), parquetio.WriteOptions{})
	}, []string{"amends.yaml:"}, nil},
	{"a column of another type", func(w *demo, file, column string) {
		t := w.table(file)
		c := t.column(column)
		*c = parquetio.Column{Name: column, Type: parquetio.Bool, Ints: make([]int64, t.rows())}
		w.write(file, t, parquetio.WriteOptions{})
	}, []string{"amends.yaml:", "expected", "BOOLEAN"}, nil},
}

func TestDamagedFilesStopTheNight(t *testing.T) {
	t.Parallel()
	for _, f := range []struct{ file, column string }{
		{demoFile("deliveries", badNight, "part-0.parquet"), "promised_at"}, // columns are learned from the other file
		{demoFile("deliveries", badNight, "part-1.parquet"), "delivery_id"},
		{demoFile("deliveries", badNight-2, "part-0.parquet"), "item_price"}, // read by lookback
		{demoFile("defects", badNight, "defects.parquet"), "customer_id"},
		{demoFile("orders", badNight, "orders.parquet"), "order_id"},
		{"data/customers.parquet", "customer_id"},
		{demoFile("redemptions", badNight, "redemptions.parquet"), "redeemed_at"},
		{demoFile("goodwill", badNight, "goodwill.parquet"), "amount"},
	} {
		t.Run(f.file, func(t *testing.T) {
			t.Parallel()
			w := newDemoBefore(t, badNight)
			good := w.get(f.file)
			for _, d := range damages {
				d.do(w, f.file, f.column)
				var err error
				w.uncommitted(func() { _, err = w.run(badNight, badNight) })
				if err == nil {
					t.Fatalf("%s: the night ran", d.name)
				}
				message := demoMessage(err)
				names := append([]string{badNight.String()}, d.names...)
				names = append(names, f.file)
				var list *diag.ListError
				if errors.As(err, &list) {
					names = append(names[1:], f.column) // a diagnostic has a place instead of a date
				}
				for _, name := range names {
					if !strings.Contains(message, name) {
						t.Errorf("%s: the message does not name %q:\n%s", d.name, name, message)
					}
				}
				if d.is != nil && !errors.Is(err, d.is) {
					t.Errorf("%s: error %v is not %v", d.name, err, d.is)
				}
				w.put(f.file, good)
			}
			w.mustRun(badNight, badNight)
			w.undisturbed(badNight)
		})
	}
}

// A missing column's message says what was wanted, where amends.yaml asks for
// it, and what the file has instead.
func TestAMissingColumnIsExplained(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, badNight)
	for _, part := range []string{"part-0.parquet", "part-1.parquet"} {
		name := demoFile("deliveries", badNight, part)
		rows := w.table(name)
		rows.column("delivery_id").Name = "DeliveryID"
		w.write(name, rows, parquetio.WriteOptions{})
	}
	_, err := w.run(badNight, badNight)
	if err == nil {
		t.Fatal("the night ran")
	}
	line := 1 + strings.Count(string(w.get("amends.yaml")[:strings.Index(string(w.get("amends.yaml")), "id: delivery_id")]), "\n")
	message := demoMessage(err)
	for _, name := range []string{fmt.Sprintf("amends.yaml:%d:", line), `"delivery_id"`, "DeliveryID", "part-1.parquet", `source "deliveries"`} {
		if !strings.Contains(message, name) {
			t.Errorf("the message does not name %s:\n%s", name, message)
		}
	}
}

func TestMissingFiles(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, badNight)
	wants := func(want ...string) {
		t.Helper()
		var missing *pipeline.MissingFilesError
		var err error
		w.uncommitted(func() { _, err = w.run(badNight, badNight) })
		if !errors.As(err, &missing) || len(missing.Missing()) != len(want) {
			t.Fatalf("error %v, want %d missing files", err, len(want))
		}
		for i, text := range want {
			if !strings.Contains(missing.Missing()[i], text) {
				t.Errorf("missing %q, want %q", missing.Missing()[i], text)
			}
		}
	}
	goodwill, customers := demoFile("goodwill", badNight, "goodwill.parquet"), "data/customers.parquet"
	saved := map[string][]byte{goodwill: w.get(goodwill), customers: w.get(customers)}
	w.remove(goodwill)
	wants("dt=" + badNight.String())
	w.remove(customers)
	wants(customers, "dt="+badNight.String())
	for name, content := range saved {
		w.put(name, content)
	}
	earlier := demoFile("service", badNight-1, "service.parquet") // lookback needs it
	saved[earlier] = w.get(earlier)
	w.remove(earlier)
	wants("dt=" + (badNight - 1).String())
	w.put(earlier, saved[earlier])
	w.mustRun(badNight, badNight)
	w.undisturbed(badNight)

	w.put(demoFile("deliveries", badNight+1, "part-0.parquet"), w.get(demoFile("deliveries", badNight, "part-0.parquet")))
	w.replace("amends.yaml", "    lookback_days:", "    optional: true\n    lookback_days:")
	w.replace("amends.yaml", "    dimension: {as: order", "    optional: true\n    dimension: {as: order")
	w.mustRun(badNight+1, badNight+1)
	w.conserved(badNight + 1)
}

// Files without rows are no rows; where a check wants some, they stop the night.
func TestFilesWithoutRows(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoFirst)
	empty := func(name string) { w.write(name, w.table(name).pick(), parquetio.WriteOptions{}) }
	saved := map[string][]byte{}
	for _, name := range []string{"part-0.parquet", "part-1.parquet"} {
		name = demoFile("deliveries", demoFirst, name)
		saved[name] = w.get(name)
		empty(name)
	}
	for _, source := range []string{"defects", "service", "redemptions", "goodwill"} {
		empty(demoFile(source, demoFirst, source+".parquet"))
	}
	w.uncommitted(func() {
		_, err := w.run(demoFirst, demoFirst)
		if err == nil {
			t.Fatal("a night without rows ran")
		}
		for _, name := range []string{"amends.yaml:", "W110", `source "deliveries"`, "0 rows", "at least 1"} {
			if message := demoMessage(err); !strings.Contains(message, name) {
				t.Errorf("the message does not name %q:\n%s", name, message)
			}
		}
	})
	for name, content := range saved {
		w.put(name, content)
	}
	w.mustRun(demoFirst, demoFirst)
	w.conserved(demoFirst)
	for _, flow := range w.flows(demoFirst) {
		if (flow.Source == "deliveries") != (flow.Read > 0) {
			t.Errorf("%s: %d rows were read", flow.Source, flow.Read)
		}
	}
}

func TestTooManyRejectsStopTheNight(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, badNight)
	name := demoFile("deliveries", badNight, "part-0.parquet")
	good, rows := w.get(name), w.table(name)
	for i := range rows.rows() {
		rows.null("customer_id", i)
	}
	w.write(name, rows, parquetio.WriteOptions{})
	w.uncommitted(func() {
		_, err := w.run(badNight, badNight)
		if err == nil {
			t.Fatal("the night ran")
		}
		for _, want := range []string{
			"amends.yaml:", "W111", `source "deliveries"`, fmt.Sprintf("%d of ", rows.rows()), "allows 5 %", name + " row 0", "null-key",
		} {
			if message := demoMessage(err); !strings.Contains(message, want) {
				t.Errorf("the message does not name %q:\n%s", want, message)
			}
		}
	})
	w.put(name, good)
	w.mustRun(badNight, badNight)
	w.undisturbed(badNight)
}
