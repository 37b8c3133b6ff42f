package samples

import (
	"math/bits"
	"math/rand/v2"

	"amends/rules/calendar"
)

// Streams keep the draws of one subject apart from those of another, so that a
// change in one leaves the others' data as they were.
const (
	streamOrders uint64 = iota + 1
	streamCustomer
	streamRefund
	streamOutage
	streamRedemption
)

// mix hashes numbers into one, well spread (splitmix64's finalizer).
func mix(values ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, v := range values {
		h += v + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

// mixText is mix over a text (FNV-1a) and numbers.
func mixText(text string, values ...uint64) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return mix(append(values, h)...)
}

// draw is a stream of numbers. It is integers throughout: floats are fused
// differently on different machines, and the same seed must give the same bytes.
type draw struct{ source *rand.PCG }

func newDraw(seed, stream, number uint64) draw {
	return draw{rand.NewPCG(seed, mix(stream, number))}
}

// below returns a number in [0, n).
func (d draw) below(n int64) int64 { return scaleBelow(d.source.Uint64(), n) }

// between returns a number in [low, high].
func (d draw) between(low, high int64) int64 { return low + d.below(high-low+1) }

// chance is true for perMille of a thousand draws.
func (d draw) chance(perMille int64) bool { return d.below(1000) < perMille }

// pick returns an index, each with its weight.
func (d draw) pick(weights ...int64) int {
	var sum int64
	for _, w := range weights {
		sum += w
	}
	at := d.below(sum)
	for i, w := range weights {
		if at < w {
			return i
		}
		at -= w
	}
	return len(weights) - 1
}

func scaleBelow(h uint64, n int64) int64 {
	hi, _ := bits.Mul64(h, uint64(n))
	return int64(hi)
}

// quantile reads a distribution given by its values at equal steps of
// probability, straight lines between them, at h of 2^64.
func quantile(h uint64, values []int64) int64 {
	const fine = 1 << 20
	at := scaleBelow(h, int64(len(values)-1)*fine)
	step, rest := at/fine, at%fine
	low, high := values[step], values[step+1]
	return low + (high-low)*rest/fine
}

const (
	second = int64(1_000_000) // of microseconds
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// localAt is a wall clock reading: microseconds since 1970-01-01T00:00:00.
func localAt(date calendar.Date, sinceMidnight int64) int64 { return int64(date)*day + sinceMidnight }
