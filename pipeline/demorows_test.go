package pipeline_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"slices"
	"testing"

	"amends/pipeline"
	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// output reads a file of a committed night as publish gives it back.
func demoOutput[R any](w *demo, night calendar.Date, name string, read func(r io.ReaderAt, size int64) ([]R, error)) []R {
	w.t.Helper()
	return demoRead(w.t, w.path("state/runs/"+night.String()+"/"+name), read)
}

func demoRead[R any](t *testing.T, path string, read func(r io.ReaderAt, size int64) ([]R, error)) []R {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := read(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return rows
}

// demoTable is the columns of a file, to be changed row by row.
type demoTable []parquetio.Column

func (w *demo) table(name string) demoTable {
	w.t.Helper()
	content := w.get(name)
	reader := bytes.NewReader(content)
	file, err := parquetio.Open(reader, int64(len(content)), parquetio.Limits{})
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	var columns demoTable
	for i, f := range file.Fields() {
		if f.Storage == parquetio.Stored64 && f.Kind == ir.Decimal {
			columns = append(columns, demoDecimals(w.t, file, i))
			continue
		}
		one, err := parquetio.ReadTable(reader, int64(len(content)), []string{f.Name})
		if err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
		columns = append(columns, one...)
	}
	return columns
}

// demoDecimals reads a column of 64-bit decimals, which ReadTable leaves out.
func demoDecimals(t *testing.T, file *parquetio.File, field int) parquetio.Column {
	t.Helper()
	c := parquetio.Column{Name: file.Fields()[field].Name, Type: parquetio.Decimal64, Scale: file.Fields()[field].Scale}
	for group, rows := range file.GroupRows() {
		chunk, err := file.Chunk(group, field, &parquetio.Buffers{})
		if err != nil {
			t.Fatal(err)
		}
		var v parquetio.Values
		if err := chunk.Read(int(rows), &v); err != nil {
			t.Fatal(err)
		}
		c.Ints = append(c.Ints, v.Ints...)
	}
	return c
}

func (w *demo) write(name string, columns demoTable, o parquetio.WriteOptions) {
	w.t.Helper()
	var b bytes.Buffer
	if err := parquetio.Write(&b, columns, o); err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	w.put(name, b.Bytes())
}

func (t demoTable) rows() int { return t[0].Rows() }

func (t demoTable) column(name string) *parquetio.Column {
	for i := range t {
		if t[i].Name == name {
			return &t[i]
		}
	}
	panic("no column " + name)
}

// pick gives the rows of the given indexes, in that order; t stays as it is.
func (t demoTable) pick(rows ...int) demoTable {
	out := make(demoTable, len(t))
	for i, c := range t {
		picked := parquetio.Column{Name: c.Name, Type: c.Type, Optional: c.Optional, Scale: c.Scale}
		for _, r := range rows {
			if c.Strings != nil {
				picked.Strings = append(picked.Strings, c.Strings[r])
			}
			if c.Ints != nil {
				picked.Ints = append(picked.Ints, c.Ints[r])
			}
			if c.Floats != nil {
				picked.Floats = append(picked.Floats, c.Floats[r])
			}
			if c.Valid != nil {
				picked.Valid = append(picked.Valid, c.Valid[r])
			}
		}
		out[i] = picked
	}
	return out
}

// demoRows is the indexes of all rows.
func demoRows(t demoTable) []int {
	rows := make([]int, t.rows())
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// null makes one value null, and its column optional.
func (t demoTable) null(name string, row int) {
	c := t.column(name)
	c.Optional = true
	if c.Valid == nil {
		c.Valid = slices.Repeat([]bool{true}, c.Rows())
	}
	c.Valid[row] = false
}

// demoFile is a file of a source on a night.
func demoFile(source string, night calendar.Date, file string) string {
	return "data/" + source + "/dt=" + night.String() + "/" + file
}

// conserved holds a night to both identities of law 4, worked out from its
// files: value, from what was open before, the postings, and what is open now;
// rows, from the input files themselves.
func (w *demo) conserved(night calendar.Date) {
	w.t.Helper()
	value := map[string]int64{}
	if night > demoFirst {
		for _, c := range demoOutput(w, night-1, publish.OpenFile, publish.ReadOpen) {
			value[c.Currency] += c.GrantedMinor - c.RedeemedMinor - c.ForfeitedMinor - c.VoidedMinor
		}
	}
	for _, p := range demoOutput(w, night, publish.PostingsFile, publish.ReadPostings) {
		switch p.Kind {
		case ledger.Issue, ledger.Reinstate:
			value[p.Currency] += p.Minor
		case ledger.Redeem, ledger.Forfeit, ledger.Void:
			value[p.Currency] -= p.Minor
		}
	}
	for _, c := range demoOutput(w, night, publish.OpenFile, publish.ReadOpen) {
		value[c.Currency] -= c.GrantedMinor - c.RedeemedMinor - c.ForfeitedMinor - c.VoidedMinor
	}
	for currency, left := range value {
		if left != 0 {
			w.t.Errorf("%s: %d minor units of %s appeared or disappeared", night, -left, currency)
		}
	}
	rejects := map[string]int64{}
	for _, r := range demoOutput(w, night, publish.RejectsFile, publish.ReadRejects) {
		rejects[r.Source]++
	}
	for _, flow := range w.flows(night) {
		var rows int64
		for _, in := range manifestOn(w.t, w.chain(), night).Inputs {
			if in.Source == flow.Source {
				rows += int64(w.table(in.Path).rows())
			}
		}
		if flow.Read != rows || flow.Outcomes() != rows || flow.Rejected != rejects[flow.Source] {
			w.t.Errorf("%s: %s has %d rows, %d in rejects: %+v", night, flow.Source, rows, rejects[flow.Source], flow)
		}
	}
	w.verify(pipeline.VerifyOptions{Replay: night, HasReplay: true})
}

// flows is each source's rows by what became of them, as the summary says.
func (w *demo) flows(night calendar.Date) []report.SourceFlow {
	w.t.Helper()
	var s report.Summary
	if err := json.Unmarshal(w.get("state/runs/"+night.String()+"/"+publish.SummaryFile), &s); err != nil {
		w.t.Fatal(err)
	}
	return s.Sources
}

// demoPaid finds a delivery that was paid for on a night, as its only row says,
// and the file and index of that row.
func demoPaid(w *demo, night calendar.Date) (event, file string, row int) {
	w.t.Helper()
	for _, r := range demoOutput(w, night, publish.IssuanceFile, publish.ReadIssuance) {
		var found int
		for _, part := range []string{"part-0.parquet", "part-1.parquet"} {
			for d := demoFirst; d <= demoLast; d++ {
				for i, id := range w.table(demoFile("deliveries", d, part)).column("delivery_id").Strings {
					if id == r.EventID {
						found++
						file, row = demoFile("deliveries", d, part), i
					}
				}
			}
		}
		if found == 1 {
			return r.EventID, file, row
		}
	}
	w.t.Fatalf("no delivery of one row was paid on %s", night)
	return "", "", 0
}
