// Package calendar is dates, instants and zones as values. It reads no clock
// and no zone file of the machine: zones come from data embedded in the binary,
// whose version is part of what a run was made with.
package calendar

// Date is a calendar day: days since 1970-01-01.
type Date int32

// Instant is microseconds since 1970-01-01T00:00:00Z.
type Instant int64
