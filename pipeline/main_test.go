package pipeline

import (
	"os"
	"testing"

	"amends/pipeline/parquetio"
)

// Texts that a stage keeps and that belong to a batch show at once.
func TestMain(m *testing.M) {
	parquetio.Scribble.Store(true)
	os.Exit(m.Run())
}
