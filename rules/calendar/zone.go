package calendar

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
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

// What of the archive's layout is read; its numbers are little-endian. Package
// archive/zip would make six hundred entries of it, for one or two zones.
const (
	zipEndBytes    = 22 // what stands last: how many entries there are, and where
	zipEndHead     = "PK\x05\x06"
	zipEntryBytes  = 46 // of an entry, before its name
	zipEntryHead   = "PK\x01\x02"
	zipStoredBytes = 30 // before an entry's content, without its name
)

// errZoneData is why the embedded archive is not read: it is none of stored files.
var errZoneData = errors.New("embedded zone data: not an archive of stored files")

// stored returns the content of a file of the archive; false where it has none.
func stored(archive []byte, name string) (content []byte, found bool, err error) {
	defer func() {
		if recover() != nil { // what stands there leads out of it
			content, found, err = nil, false, errZoneData
		}
	}()
	number, short := binary.LittleEndian.Uint32, binary.LittleEndian.Uint16
	end := archive[len(archive)-zipEndBytes:]
	if string(end[:4]) != zipEndHead {
		return nil, false, errZoneData
	}
	entry := archive[number(end[16:]):]
	for range short(end[10:]) {
		if string(entry[:4]) != zipEntryHead {
			return nil, false, errZoneData
		}
		after := zipEntryBytes + int(short(entry[28:]))
		if string(entry[zipEntryBytes:after]) != name {
			entry = entry[after+int(short(entry[30:]))+int(short(entry[32:])):]
			continue
		}
		if packed := short(entry[10:]); packed != 0 {
			return nil, false, errZoneData
		}
		file := archive[number(entry[42:]):]
		file = file[zipStoredBytes+int(short(file[26:]))+int(short(file[28:])):]
		return file[:number(entry[24:])], true, nil
	}
	return nil, false, nil
}

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
	data, found, err := stored(zoneinfo, name)
	if err != nil {
		return nil, err
	}
	if !found || strings.HasSuffix(name, "/") { // a folder is none
		return nil, fmt.Errorf("%w %.60q", ErrZone, name)
	}
	if name == "UTC" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil, fmt.Errorf("zone %q: %w", name, err)
	}
	return loc, nil
}
