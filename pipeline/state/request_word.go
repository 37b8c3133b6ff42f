package state

// ConfirmedBy returns the first of others, by id, in which another person than
// the maker confirms r; nil where none does.
func (r *Request) ConfirmedBy(others []*Request) *Request {
	var first *Request
	for _, o := range others {
		if o.Kind == Confirm && o.Confirms == r.ID && o.By != r.By && (first == nil || o.ID < first.ID) {
			first = o
		}
	}
	return first
}

// WithdrawnBy returns the first of others, by id, in which the maker of r takes
// it back; nil where none does. A withdrawal is not withdrawn.
func (r *Request) WithdrawnBy(others []*Request) *Request {
	var first *Request
	for _, o := range others {
		if r.Kind != Withdraw && o.Kind == Withdraw && o.Withdraws == r.ID && o.By == r.By && (first == nil || o.ID < first.ID) {
			first = o
		}
	}
	return first
}

// Standing returns the requests that nobody withdrew.
func Standing(requests []*Request) []*Request {
	var standing []*Request
	for _, r := range requests {
		if r.WithdrawnBy(requests) == nil {
			standing = append(standing, r)
		}
	}
	return standing
}
