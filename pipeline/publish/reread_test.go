package publish

import (
	"errors"
	"strings"
	"testing"
)

// TestRereadAgreesOnEveryFile needs the independent reader to find the totals
// that Write reported, on tables with rows and on empty ones.
func TestRereadAgreesOnEveryFile(t *testing.T) {
	t.Parallel()
	for name, night := range map[string]*Night{"full": sampleNight(), "empty": {Date: testDate}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys, outputs := mustWrite(t, night)
			tables := 0
			for _, out := range outputs {
				if strings.HasSuffix(out.Name, ".parquet") {
					tables++
				}
				if err := Reread(fsys, "/run/"+out.Name, out); err != nil {
					t.Error(err)
				}
			}
			if tables != 10 {
				t.Errorf("%d tables, want 10", tables)
			}
		})
	}
}

func TestRereadFindsWhatDiffers(t *testing.T) {
	t.Parallel()
	fsys, outputs := mustWrite(t, sampleNight())
	issuance := outputNamed(t, outputs, "issuance.parquet")
	tests := map[string]struct {
		change func(*Output)
		want   string
	}{
		"size":   {func(o *Output) { o.Size++ }, "bytes"},
		"sha256": {func(o *Output) { o.SHA256 = strings.Repeat("0", 64) }, "sha256"},
		"rows":   {func(o *Output) { o.Rows++ }, "2 rows, not 3"},
		"ids":    {func(o *Output) { o.IDHashTotal = "0000000000000000" }, "id hash total"},
		"sums": {func(o *Output) {
			o.SumsMinor = map[string]map[string]string{"amount_minor": {"USD": "251", "JPY": "1500"}}
		}, "sums"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := issuance
			test.change(&want)
			err := Reread(fsys, "/run/issuance.parquet", want)
			if !errors.Is(err, ErrDiffers) || !strings.Contains(err.Error(), test.want) ||
				!strings.Contains(err.Error(), "/run/issuance.parquet") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func outputNamed(t *testing.T, outputs []Output, name string) Output {
	t.Helper()
	for _, out := range outputs {
		if out.Name == name {
			return out
		}
	}
	t.Fatalf("no output %q", name)
	return Output{}
}

func TestFlippedByteIsFoundInEveryFile(t *testing.T) {
	t.Parallel()
	_, outputs := mustWrite(t, sampleNight())
	for _, out := range outputs {
		fsys, _ := mustWrite(t, sampleNight())
		for _, offset := range []int{0, int(out.Size) / 2, int(out.Size) - 1} {
			if err := fsys.Flip("/run/"+out.Name, offset); err != nil {
				t.Fatal(err)
			}
			if err := Reread(fsys, "/run/"+out.Name, out); !errors.Is(err, ErrDiffers) {
				t.Errorf("%s, byte %d: %v", out.Name, offset, err)
			}
			if err := fsys.Flip("/run/"+out.Name, offset); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestIndependentReaderNeverPanics(t *testing.T) {
	t.Parallel()
	fsys, _ := mustWrite(t, sampleNight())
	content := []byte(fsys.Tree()["run/postings.parquet"])
	l := postingTable.layout()
	for cut := 0; cut < len(content); cut += 97 {
		if _, err := decodeTotals(l, content[:cut]); err == nil {
			t.Errorf("the first %d of %d bytes were taken for the file", cut, len(content))
		}
	}
}
