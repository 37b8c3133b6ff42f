package resolve

// Counts reports whether something given counts in a window of so many days
// that ends with the night, or, where days is 0, within the horizon: what
// limits and combine count, for whoever explains them.
func (p *Policy) Counts(g Given, days int) bool { return p.inWindow(g, days) }
