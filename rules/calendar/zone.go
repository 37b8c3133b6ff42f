package calendar

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// The zone data is lib/time/zoneinfo.zip of the Go distribution, which is
// IANA's tzdata without leap seconds. To renew it, copy that file here and set
// tzdataVersion and zoneinfoSHA256 from its update.bash and its digest; a test
// holds the file to the digest.
const (
	tzdataVersion  = "2025c"
	zoneinfoSHA256 = "8f55634d05f8bca1f7bc7c69c5933428c69357e0bdf565e5ba224e3f88ff12e8"
)

//go:embed zoneinfo.zip
var zoneinfo []byte

// ErrZone is why a name has no zone.
var ErrZone = errors.New("unknown time zone")

// Version returns the release of IANA's tzdata that every zone here is from.
func Version() string { return tzdataVersion }

// maxZoneBytes bounds one zone's data: the largest of 2025c has 3,500 bytes.
const maxZoneBytes = 1 << 16

var zoneFiles = sync.OnceValues(func() (map[string]*zip.File, error) {
	archive, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		return nil, fmt.Errorf("embedded zone data: %w", err)
	}
	files := make(map[string]*zip.File, len(archive.File))
	for _, file := range archive.File {
		if !file.FileInfo().IsDir() {
			files[file.Name] = file
		}
	}
	return files, nil
})

// zones caches what Load returned: name → *time.Location. It only ever holds
// names that exist, so input cannot grow it without bound.
var zones sync.Map

// Load returns the zone of an IANA name such as "America/New_York" or "UTC",
// spelled exactly so. It never asks the machine: "" and "Local" are ErrZone
// like every other name that is not in the embedded data. One name gives one
// pointer; Load may be called from several goroutines.
func Load(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := read(name)
	if err != nil {
		return nil, err
	}
	first, _ := zones.LoadOrStore(name, loc)
	return first.(*time.Location), nil
}

func read(name string) (*time.Location, error) {
	files, err := zoneFiles()
	if err != nil {
		return nil, err
	}
	file, ok := files[name]
	if !ok {
		return nil, fmt.Errorf("%w %.60q", ErrZone, name)
	}
	if name == "UTC" {
		return time.UTC, nil
	}
	opened, err := file.Open()
	if err != nil {
		return nil, fmt.Errorf("zone %q: %w", name, err)
	}
	data, err := io.ReadAll(io.LimitReader(opened, maxZoneBytes))
	if err := errors.Join(err, opened.Close()); err != nil {
		return nil, fmt.Errorf("zone %q: %w", name, err)
	}
	loc, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil, fmt.Errorf("zone %q: %w", name, err)
	}
	return loc, nil
}
