package calendar

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
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
	archive, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		t.Fatal(err)
	}
	zones := 0
	for _, file := range archive.File {
		if file.FileInfo().IsDir() {
			if _, err := read(file.Name); !errors.Is(err, ErrZone) {
				t.Errorf("folder %s: %v", file.Name, err)
			}
			continue
		}
		opened, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(opened)
		if err := errors.Join(err, opened.Close()); err != nil {
			t.Fatal(err)
		}
		got, found, err := stored(zoneinfo, file.Name)
		if err != nil || !found || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, found %v, %v; not the %d that the archive has", file.Name, len(got), found, err, len(want))
		}
		if _, err := read(file.Name); err != nil {
			t.Error(err)
		}
		zones++
	}
	if zones < 400 {
		t.Errorf("%d zones, want the 400 and more of tzdata", zones)
	}
}

// An archive that is cut off, or not of stored files, is an error.
func TestZonesOfADamagedArchive(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	file, err := w.Create("UTC") // Deflate
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte("TZif")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, archive := range map[string][]byte{
		"nothing": nil, "packed": packed.Bytes(), "its first half": zoneinfo[:len(zoneinfo)/2], "its second half": zoneinfo[len(zoneinfo)/2:],
	} {
		if content, found, err := stored(archive, "UTC"); !errors.Is(err, errZoneData) || found || content != nil {
			t.Errorf("%s: %d bytes, found %v, %v", name, len(content), found, err)
		}
	}
	if _, found, err := stored(zoneinfo, "Mars/Base"); found || err != nil {
		t.Errorf("a zone that is none: %v, %v", found, err)
	}
}
