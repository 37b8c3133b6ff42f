package pipeline_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// layoutLevels is the one direction of imports: a package imports only packages
// of lower levels. Packages of one level do not know each other, above all the
// stages of a night.
var layoutLevels = [][]string{
	{"cmd/amends/heap", "rules/money", "rules/diag", "rules/calendar"},
	{"rules/ir", "rules/codes"},
	{"rules/ir/scalar", "rules/document", "pipeline/award", "pipeline/durable", "pipeline/ledger"},
	{"rules/check", "rules/vm", "rules/columnar", "pipeline/parquetio", "pipeline/profile", "pipeline/archive"},
	{"rules/grid", "rules/format", "rules/jsonschema"},
	{"rules", "pipeline/workspace", "pipeline/report"},
	{"pipeline/scan", "pipeline/match", "pipeline/resolve", "pipeline/publish", "pipeline/state", "pipeline/analysis", "pipeline/report/page", "pipeline/ruletest", "pipeline/schedule", "pipeline/notify", "rules/lint", "samples"},
	{"pipeline"},
	{"pipeline/metrics", "pipeline/lsp"},
	{"pipeline/web"},
	{"cmd/amends"},
}

// layoutOwners are the packages that may import a module, and only they.
var layoutOwners = map[string][]string{
	"github.com/apache/arrow/":         {"pipeline/parquetio"},
	"github.com/golang/snappy":         {"pipeline/parquetio"},
	"github.com/zeebo/xxh3":            {"pipeline", "pipeline/match", "pipeline/publish", "pipeline/scan"},
	"github.com/klauspost/compress/":   {"pipeline/parquetio"},
	"github.com/xitongsys/":            {"pipeline/publish"},
	"github.com/expr-lang/":            {"rules/check", "rules/vm"},
	"github.com/goccy/go-yaml":         {"rules/document"},
	"github.com/bojanz/currency":       nil,
	"github.com/gofrs/flock":           {"pipeline/durable"},
	"golang.org/x/sys":                 {"pipeline/durable"},
	"github.com/bmatcuk/doublestar/":   {"pipeline/scan", "pipeline/workspace"},
	"github.com/robfig/cron/":          {"pipeline/schedule", "pipeline/workspace"},
	"github.com/prometheus/":           {"pipeline/metrics"},
	"github.com/hashicorp/":            {"pipeline/notify"},
	"github.com/jedib0t/go-pretty/":    {"pipeline/report"},
	"github.com/alecthomas/kong":       {"cmd/amends"},
	"github.com/schollz/progressbar/":  {"cmd/amends"},
	"golang.org/x/term":                {"cmd/amends"},
	"pgregory.net/rapid":               {"rules/ir/irtest"},
	"github.com/google/go-cmp/":        nil,
	"github.com/santhosh-tekuri/":      nil,
	"github.com/sourcegraph/jsonrpc2":  {"pipeline/lsp"},
	"github.com/chromedp/":             nil,
	"github.com/yuin/goldmark":         nil,
	"github.com/rogpeppe/go-internal/": {"cmd/amends"}, // its diff, in fmt
	"amends/samples":                   {"cmd/amends"},
	// Commands reach these stages through pipeline; published rows, requests and
	// reports they read and write themselves.
	"amends/pipeline/scan":    {"pipeline"},
	"amends/pipeline/match":   {"pipeline"},
	"amends/pipeline/resolve": {"pipeline"},
}

// layoutPure are the folders whose outputs depend on their arguments alone.
var layoutPure = []string{"rules", "pipeline/award", "pipeline/match", "pipeline/resolve", "pipeline/ledger", "pipeline/publish", "pipeline/report", "pipeline/ruletest", "pipeline/analysis"}

// layoutImpure is what a pure package does not name: clocks, chance, the
// machine's environment and zones.
var layoutImpure = []string{
	"time.Now", "time.Since", "time.Until", "time.After", "time.AfterFunc", "time.NewTimer", "time.NewTicker", "time.Tick", "time.Sleep",
	"time.Local", "time.LoadLocation", "os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "os.Hostname", "os.Getpid",
	"strconv.ParseFloat", "strconv.FormatFloat", "strconv.AppendFloat",
	"import math/rand", "import math/rand/v2", "import crypto/rand", "import hash/maphash",
	"float32", "float64", "float literal",
}

// layoutExceptions are what the code does against a rule, with the reason.
var layoutExceptions = []struct{ file, what, why string }{
	{"rules/money/decimal.go", "float64", "FLOAT and DOUBLE columns become decimals here and nowhere else, exactly"},
	{"rules/money/decimal.go", "float32", "the same, of FLOAT columns"},
	{"rules/money/decimal.go", "strconv.AppendFloat", "the shortest text that reads back as the column's value is what its writer meant"},
}

// layoutFile is one Go file that goes into the product: tests are left out, and
// so are packages that only tests import.
type layoutFile struct {
	path    string // relative to the module
	folder  string
	imports []string
	tree    *ast.File
}

// layoutModule parses the module's files, once; bench is a module of its own.
var layoutModule = sync.OnceValues(func() ([]layoutFile, error) {
	var files []layoutFile
	const root = ".."
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if name != root && (base == "bench" || base == "testdata" || strings.HasPrefix(base, ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		file := layoutFile{path: filepath.ToSlash(relative), folder: path.Dir(filepath.ToSlash(relative)), tree: tree}
		for _, spec := range tree.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			file.imports = append(file.imports, imported)
		}
		files = append(files, file)
		return nil
	})
	return files, err
})

func layoutFiles(t *testing.T) []layoutFile {
	t.Helper()
	files, err := layoutModule()
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// layoutOnlyTests reports whether a folder is for tests of other packages.
func layoutOnlyTests(folder string) bool {
	return strings.HasSuffix(folder, "test") && folder != "pipeline/ruletest" // the tests of rules are the product's
}

func layoutLevel(folder string) int {
	return slices.IndexFunc(layoutLevels, func(level []string) bool { return slices.Contains(level, folder) })
}

func layoutExcepted(file, what string) bool {
	for _, e := range layoutExceptions {
		if e.file == file && e.what == what {
			return true
		}
	}
	return false
}

// layoutBreaches are the imports of a file that go against the direction.
func layoutBreaches(file layoutFile) []string {
	var found []string
	level := layoutLevel(file.folder)
	if level < 0 {
		return []string{"its folder has no level: add it to layoutLevels"}
	}
	for _, imported := range file.imports {
		folder, ours := strings.CutPrefix(imported, "amends/")
		if !ours {
			continue
		}
		below := layoutLevel(folder)
		switch {
		case layoutOnlyTests(folder):
			found = append(found, "imports "+imported+", which is for tests")
		case below < 0:
			found = append(found, "imports "+imported+", which has no level")
		case below >= level:
			found = append(found, "imports "+imported+", which is not below it")
		case strings.HasPrefix(file.folder+"/", "rules/") && strings.HasPrefix(folder+"/", "pipeline/"):
			found = append(found, "imports "+imported+": the language knows no pipeline")
		}
	}
	return found
}

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	for _, file := range layoutFiles(t) {
		if layoutOnlyTests(file.folder) {
			continue
		}
		for _, breach := range layoutBreaches(file) {
			if !layoutExcepted(file.path, breach) {
				t.Errorf("%s %s", file.path, breach)
			}
		}
	}
}

// layoutOwned are the imports of a file that are another package's to use.
func layoutOwned(file layoutFile) []string {
	var found []string
	for _, imported := range file.imports {
		for module, owners := range layoutOwners {
			if (imported == module || strings.HasPrefix(imported, module)) && !slices.Contains(owners, file.folder) {
				found = append(found, fmt.Sprintf("imports %s, which is for %q alone", imported, owners))
			}
		}
	}
	return found
}

func TestModulesHaveOwners(t *testing.T) {
	t.Parallel()
	for _, file := range layoutFiles(t) {
		if layoutOnlyTests(file.folder) && file.folder != "rules/ir/irtest" {
			continue
		}
		for _, breach := range layoutOwned(file) {
			if !layoutExcepted(file.path, breach) {
				t.Errorf("%s %s", file.path, breach)
			}
		}
		for _, imported := range file.imports {
			first, _, _ := strings.Cut(imported, "/")
			owned := func(module string) bool { return strings.HasPrefix(imported, module) }
			if strings.Contains(first, ".") && !slices.ContainsFunc(layoutModules(), owned) {
				t.Errorf("%s imports %s, which has no owner: add it to layoutOwners", file.path, imported)
			}
		}
	}
}

func layoutModules() []string {
	var modules []string
	for m := range layoutOwners {
		modules = append(modules, m)
	}
	return modules
}

// layoutNames are what a file names of layoutImpure, each once.
func layoutNames(file layoutFile) []string {
	packages := map[string]string{} // local name → import path
	seen := map[string]bool{}
	for i, spec := range file.tree.Imports {
		local := path.Base(file.imports[i])
		if spec.Name != nil {
			local = spec.Name.Name
		}
		packages[local] = file.imports[i]
		seen["import "+file.imports[i]] = true
	}
	ast.Inspect(file.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && packages[x.Name] != "" {
				seen[packages[x.Name]+"."+n.Sel.Name] = true
			}
		case *ast.Ident:
			seen[n.Name] = true
		case *ast.BasicLit:
			if n.Kind == token.FLOAT {
				seen["float literal"] = true
			}
		}
		return true
	})
	return slices.DeleteFunc(slices.Clone(layoutImpure), func(name string) bool { return !seen[name] })
}

func layoutIsPure(folder string) bool {
	return !layoutOnlyTests(folder) && slices.ContainsFunc(layoutPure, func(pure string) bool {
		return folder == pure || strings.HasPrefix(folder, pure+"/")
	})
}

func TestPurePackages(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, file := range layoutFiles(t) {
		if !layoutIsPure(file.folder) {
			continue
		}
		for _, name := range layoutNames(file) {
			used[file.path+" "+name] = true
			if !layoutExcepted(file.path, name) {
				t.Errorf("%s names %s, and what it makes is to depend on its arguments alone", file.path, name)
			}
		}
	}
	for _, e := range layoutExceptions {
		if slices.Contains(layoutImpure, e.what) && !used[e.file+" "+e.what] {
			t.Errorf("the exception for %s in %s is needed no more", e.what, e.file)
		}
	}
}

// The tests above would find what they look for.
func TestLayoutIsLookedAt(t *testing.T) {
	t.Parallel()
	const source = `package p
import (
	clock "time"
	"math/rand/v2"
	"os"
	"amends/pipeline/scan"
	"amends/pipeline"
	"amends/pipeline/durable/durabletest"
	"github.com/apache/arrow/go/v17/parquet"
)
var a, b, c = clock.Now(), 0.5, os.Getenv("A")
type f float64
`
	tree, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	file := layoutFile{path: "rules/p.go", folder: "rules", tree: tree}
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		file.imports = append(file.imports, imported)
	}
	if got, want := layoutNames(file), []string{"time.Now", "os.Getenv", "import math/rand/v2", "float64", "float literal"}; !slices.Equal(got, want) {
		t.Errorf("named %q, want %q", got, want)
	}
	if got := layoutBreaches(file); len(got) != 3 {
		t.Errorf("breaches %q", got)
	}
	if got := layoutOwned(file); len(got) != 2 {
		t.Errorf("owned by others %q", got)
	}
	file.folder, file.imports = "pipeline/match", []string{"amends/pipeline/scan", "amends/rules"}
	if got := layoutBreaches(file); len(got) != 1 {
		t.Errorf("a stage that imports a stage: %q", got)
	}
	file.folder, file.imports = "rules", []string{"amends/pipeline/ledger"}
	if got := layoutBreaches(file); len(got) != 1 {
		t.Errorf("the language imports the ledger: %q", got)
	}
}
