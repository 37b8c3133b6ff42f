package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/rules/diag"
	"amends/rules/document/documenttest"
)

// TestFiles compiles every rulebook of testdata: those under good have no
// finding, those under bad exactly the ones that their markers announce.
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
				first, _, _ := strings.Cut(string(data), "\n")
				catalog, ok := catalogs[strings.TrimPrefix(first, "# catalog: ")]
				if !ok {
					t.Fatalf("no catalog in the first line %q", first)
				}
				program, list := compileText(string(data), catalog())
				if (program == nil) != list.HasErrors() {
					t.Errorf("program %v with %d findings", program != nil, len(list))
				}
				documenttest.Check(t, data, list)
			})
		}
	}
}

// compileText parses and, where that found nothing, compiles one file.
func compileText(text string, catalog *Catalog) (*Program, diag.List) {
	book, list := Parse([]File{{Path: "rules.yaml", Bytes: []byte(text)}})
	if list.HasErrors() {
		return nil, list
	}
	program, more := Compile(book, catalog)
	return program, append(list, more...)
}
