package scan

import (
	"os"
	"testing"

	"amends/pipeline/parquetio"
)

// Texts that outlive their batch show at once.
func TestMain(m *testing.M) {
	parquetio.Scribble.Store(true)
	os.Exit(m.Run())
}
