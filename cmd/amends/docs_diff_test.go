package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The caps of late deliveries: the demo's, and the lower ones of the page's
// example of amends diff.
const (
	docsCaps  = "late:          {EUR: 9.50, GBP: 8.00, JPY: 1500, USD: 10.00}"
	docsLower = "late:          {EUR: 4.50, GBP: 4.00, JPY: 700, USD: 5.00}"
)

// cheaper writes cheaper/tables.yaml beside the demo, as the page tells its
// reader to.
func (d documents) cheaper(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(d.demo, "rules", "tables.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(commandsPage)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), docsCaps) || !strings.Contains(string(page), docsLower) {
		t.Fatal("the caps of the example are not those of the demo and of the page any more")
	}
	dir := filepath.Join(filepath.Dir(d.demo), "cheaper")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tables.yaml"), []byte(strings.Replace(string(content), docsCaps, docsLower, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// foundDifference reports whether an example ended as amends diff does where
// there is a difference.
func foundDifference(args []string, err error) bool {
	var exit *exec.ExitError
	return slices.Contains(args, "diff") && errors.As(err, &exit) && exit.ExitCode() == exitFindings
}
