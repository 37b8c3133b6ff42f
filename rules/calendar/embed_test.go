package calendar

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"testing"
)

func TestZoneDataIsTheVersionThatItSays(t *testing.T) {
	t.Parallel()
	digest := sha256.Sum256(zoneinfo)
	if got := hex.EncodeToString(digest[:]); got != zoneinfoSHA256 {
		t.Errorf("zoneinfo.zip has SHA-256 %s, and the constant of %s is %s", got, tzdataVersion, zoneinfoSHA256)
	}
	if !regexp.MustCompile(`^20\d\d[a-z]$`).MatchString(Version()) {
		t.Errorf("version %q is no release of tzdata", Version())
	}
}

func TestEveryZoneLoads(t *testing.T) {
	t.Parallel()
	files, err := zoneFiles()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 400 {
		t.Errorf("%d zones, want the 400 and more of tzdata", len(files))
	}
	for name, file := range files {
		if file.UncompressedSize64 >= maxZoneBytes {
			t.Errorf("%s has %d bytes, and the limit is %d", name, file.UncompressedSize64, maxZoneBytes)
		}
		if _, err := read(name); err != nil {
			t.Error(err)
		}
	}
}
