//go:build !linux

package profile

// PeakResident is 0: only Linux tells it of the process alone.
func PeakResident() int64 { return 0 }
