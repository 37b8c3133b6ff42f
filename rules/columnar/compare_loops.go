package columnar

import "cmp"

// The loops of comparisons. Each is written out, since a function that was given
// as an argument would be called for every row: that is ten times the cost.
// Eight rows are gathered before they are shifted into place, so that no row
// waits for the one before it.

func equalRows[T cmp.Ordered](x, y block[T]) (word uint64) {
	for j := 0; j < wordRows; j += 8 {
		a, b := (*[8]T)(x[j:]), (*[8]T)(y[j:])
		word |= (bit(a[0] == b[0]) | bit(a[1] == b[1])<<1 | bit(a[2] == b[2])<<2 | bit(a[3] == b[3])<<3 |
			bit(a[4] == b[4])<<4 | bit(a[5] == b[5])<<5 | bit(a[6] == b[6])<<6 | bit(a[7] == b[7])<<7) << j
	}
	return word
}

func equalLanes[T cmp.Ordered](x, y block[T], lanes []lane) (word uint64) {
	for _, j := range lanes {
		word |= bit(x[j&laneMask] == y[j&laneMask]) << (j & laneMask)
	}
	return word
}

func belowRows[T cmp.Ordered](x, y block[T]) (word uint64) {
	for j := 0; j < wordRows; j += 8 {
		a, b := (*[8]T)(x[j:]), (*[8]T)(y[j:])
		word |= (bit(a[0] < b[0]) | bit(a[1] < b[1])<<1 | bit(a[2] < b[2])<<2 | bit(a[3] < b[3])<<3 |
			bit(a[4] < b[4])<<4 | bit(a[5] < b[5])<<5 | bit(a[6] < b[6])<<6 | bit(a[7] < b[7])<<7) << j
	}
	return word
}

func belowLanes[T cmp.Ordered](x, y block[T], lanes []lane) (word uint64) {
	for _, j := range lanes {
		word |= bit(x[j&laneMask] < y[j&laneMask]) << (j & laneMask)
	}
	return word
}

func aboveRows[T cmp.Ordered](x, y block[T]) uint64 { return belowRows(y, x) }

func aboveLanes[T cmp.Ordered](x, y block[T], lanes []lane) uint64 { return belowLanes(y, x, lanes) }

func equalTo[T cmp.Ordered](x block[T], c T) (word uint64) {
	for j := 0; j < wordRows; j += 8 {
		a := (*[8]T)(x[j:])
		word |= (bit(a[0] == c) | bit(a[1] == c)<<1 | bit(a[2] == c)<<2 | bit(a[3] == c)<<3 |
			bit(a[4] == c)<<4 | bit(a[5] == c)<<5 | bit(a[6] == c)<<6 | bit(a[7] == c)<<7) << j
	}
	return word
}

func belowThan[T cmp.Ordered](x block[T], c T) (word uint64) {
	for j := 0; j < wordRows; j += 8 {
		a := (*[8]T)(x[j:])
		word |= (bit(a[0] < c) | bit(a[1] < c)<<1 | bit(a[2] < c)<<2 | bit(a[3] < c)<<3 |
			bit(a[4] < c)<<4 | bit(a[5] < c)<<5 | bit(a[6] < c)<<6 | bit(a[7] < c)<<7) << j
	}
	return word
}

func aboveThan[T cmp.Ordered](x block[T], c T) (word uint64) {
	for j := 0; j < wordRows; j += 8 {
		a := (*[8]T)(x[j:])
		word |= (bit(a[0] > c) | bit(a[1] > c)<<1 | bit(a[2] > c)<<2 | bit(a[3] > c)<<3 |
			bit(a[4] > c)<<4 | bit(a[5] > c)<<5 | bit(a[6] > c)<<6 | bit(a[7] > c)<<7) << j
	}
	return word
}
