package profile

import (
	"os"
	"strconv"
	"strings"
)

// PeakResident is the largest resident set that the process had so far, in
// bytes, or 0. The kernel's other count, ru_maxrss, begins with that of the
// process which started this one.
func PeakResident() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if size, found := strings.CutPrefix(line, "VmHWM:"); found {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(size), "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kib * 1024
		}
	}
	return 0
}
