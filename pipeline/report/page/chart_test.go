package page

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func unpackedLibrary(t *testing.T, packed []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	script, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// The library's first lines name the versions that package.json asks for and
// package-lock.json has, and its licences are with it.
func TestChartLibraryIsWhatItsPackageSays(t *testing.T) {
	t.Parallel()
	script := unpackedLibrary(t, chartLibraryPacked)
	banner, rest, _ := strings.Cut(script, "*/")
	var wanted struct {
		Dependencies, DevDependencies map[string]string
	}
	var locked struct {
		Packages map[string]struct{ Version, Resolved string }
	}
	for name, to := range map[string]any{"package.json": &wanted, "package-lock.json": &locked} {
		content, err := os.ReadFile(filepath.Join("chartlib", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(content, to); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("://")) {
			t.Errorf("%s names a host", name)
		}
	}
	if wanted.Dependencies["echarts"] == "" || wanted.DevDependencies["esbuild"] == "" {
		t.Errorf("package.json asks for %v and %v", wanted.Dependencies, wanted.DevDependencies)
	}
	if facts := fmt.Sprintf("%s %s\n", wanted.Dependencies["echarts"], strings.Trim(ScriptSource(script), "'")); chartLibraryFacts != facts {
		t.Errorf("charts.min.js.facts is %q, and the library is %q", chartLibraryFacts, facts)
	}
	first, _, _ := strings.Cut(banner, "\n")
	for _, name := range []string{"echarts", "zrender", "tslib", "esbuild"} {
		version := locked.Packages["node_modules/"+name].Version
		if asked := wanted.Dependencies[name] + wanted.DevDependencies[name]; asked != "" && asked != version {
			t.Errorf("package.json asks for %s %s, the lock has %q", name, asked, version)
		}
		if version == "" || !strings.Contains(first, name+" "+version) {
			t.Errorf("the library says %q, and the lock has %s %q: build it again", first, name, version)
		}
	}
	licences, err := os.ReadFile("chartlib/LICENSES.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Apache License", "The Apache Software Foundation", "Baidu", "Mike Bostock", "Microsoft"} {
		if !strings.Contains(banner, text) || !bytes.Contains(licences, []byte(text)) {
			t.Errorf("the licences lack %q", text)
		}
	}
	if strings.Contains(rest, "</script") || strings.Contains(rest, "<!--") {
		t.Error("the script would end its element")
	}
}

// Where Node's packages are installed, the committed library is what they build.
func TestChartLibraryCanBeBuiltAgain(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if _, missing := os.Stat("chartlib/node_modules/esbuild"); err != nil || missing != nil {
		t.Skip("needs Node and npm ci in chartlib")
	}
	dir := t.TempDir()
	for _, name := range []string{"build.mjs", "entry.js", "package.json"} {
		content, err := os.ReadFile(filepath.Join("chartlib", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	modules, err := filepath.Abs("chartlib/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Skip(err)
	}
	build := exec.CommandContext(t.Context(), node, "build.mjs")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	built, err := os.ReadFile(filepath.Join(dir, "charts.min.js.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if unpackedLibrary(t, built) != unpackedLibrary(t, chartLibraryPacked) {
		t.Error("the committed library is not what its sources build")
	}
}
