package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// The workspaces that people start from have no warning: what they mean is
// written beside it.
func TestSamplesAreStrict(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const olist = "../../samples/olist"
	made := map[string][]string{
		filepath.Join(dir, "starter"): {"-C", filepath.Join(dir, "starter"), "init"},
		filepath.Join(dir, "demo"):    {"demo", "--dir", filepath.Join(dir, "demo"), "--deliveries", "300", "--nights", "4"},
	}
	if _, err := os.Stat("../../../shared/data/olist/orders.parquet"); err == nil {
		made[olist] = nil
	}
	for workspace, args := range made {
		var out, stderr bytes.Buffer
		if args != nil && run(context.Background(), args, &out, &stderr) != exitDone {
			t.Fatalf("%v: %s%s", args, &out, &stderr)
		}
		out.Reset()
		if code := run(context.Background(), []string{"-C", workspace, "check", "--strict"}, &out, &stderr); code != exitDone {
			t.Errorf("%s: exit %d\n%s%s", workspace, code, &out, &stderr)
		}
	}
}
