package calendar_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"amends/rules/calendar"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Local", "local", "utc", "america/new_york", "America/", "America", "America/Nowhere", "../UTC", "/UTC", "EST5EDT4,M3.2.0"} {
		if loc, err := calendar.Load(name); !errors.Is(err, calendar.ErrZone) {
			t.Errorf("Load(%q) = %v, %v; want %v", name, loc, err, calendar.ErrZone)
		}
	}
	for _, name := range []string{"UTC", "America/New_York", "Asia/Kolkata", "Etc/GMT+5", "America/Argentina/Buenos_Aires"} {
		loc, err := calendar.Load(name)
		if err != nil || loc.String() != name {
			t.Errorf("Load(%q) = %v, %v", name, loc, err)
		}
	}
}

func TestLoadGivesOnePointer(t *testing.T) {
	t.Parallel()
	const callers = 16
	var got [callers]*time.Location
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() { got[i], _ = calendar.Load("Africa/Nairobi") })
	}
	wait.Wait()
	for i, loc := range got {
		if loc == nil || loc != got[0] {
			t.Errorf("caller %d got %p, caller 0 %p", i, loc, got[0])
		}
	}
}

// The machine's zone and zone files change nothing: the same tests hold in a
// process that has a strange TZ and no zone files.
func TestTheMachineDoesNotMatter(t *testing.T) {
	t.Parallel()
	if os.Getenv("TZ") == "Asia/Tokyo" && os.Getenv("ZONEINFO") != "" {
		t.Skip("this is that process")
	}
	command := exec.Command(os.Args[0], "-test.run=^(TestStartOfDay|TestFromLocal|TestDateOf|TestLoad|TestParseInstant)$", "-test.v")
	command.Env = []string{"TZ=Asia/Tokyo", "ZONEINFO=/nonexistent/zoneinfo.zip", "HOME=" + t.TempDir()}
	output, err := command.CombinedOutput()
	if err != nil || strings.Count(string(output), "--- PASS: Test") != 5 {
		t.Errorf("under another TZ: %v\n%s", err, output)
	}
}
