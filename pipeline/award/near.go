package award

// Whoever copies many incidents would wait for the memory of each, and then for that of
// what it keeps. Near and NearKept read a byte of it: called for some incidents one after
// the other, they have the memory of all fetched at once. What they return is of no use.

// Near reads the incident itself.
func (inc *Incident) Near() byte { return byte(inc.Since) ^ byte(inc.awards) }

// NearKept reads what the incident keeps: where it begins, and where that ends which is
// long.
func (inc *Incident) NearKept() (mixed byte) {
	k := inc.kept
	if k == nil || k.alone != nil {
		return 0
	}
	if texts := k.texts[inc.text:]; len(texts) > 0 {
		mixed ^= texts[0] ^ texts[max(int(inc.ends[partiesOf-1]), 1)-1]
	}
	if inc.factEnd > inc.fact && int(inc.factEnd) <= len(k.facts) {
		mixed ^= k.facts[inc.fact] ^ k.facts[inc.factEnd-1]
	}
	if inc.awards > 0 {
		mixed ^= byte(k.awards[inc.award].Minor) ^ byte(k.awards[inc.award+uint32(inc.awards)-1].Minor)
	}
	return mixed
}
