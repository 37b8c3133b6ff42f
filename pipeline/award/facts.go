package award

// Facts is the values that rules read of one row, as canonical JSON with sorted
// keys. It keeps them packed as whoever read the row packs them: a large night
// has some hundred thousand, and most are published once.
type Facts struct {
	packed string
	packer *FactPacker // nil: packed is the JSON
}

// FactPacker tells what facts say that are packed in one way.
type FactPacker struct {
	// AppendJSON appends the JSON of what was packed.
	AppendJSON func(b []byte, packed string) []byte
}

// Facts are those that were packed.
func (p *FactPacker) Facts(packed string) Facts { return Facts{packed, p} }

// FactsOf are facts that are JSON already.
func FactsOf(json string) Facts { return Facts{packed: json} }

// JSON is the text of the facts.
func (f Facts) JSON() string {
	if f.packer == nil {
		return f.packed
	}
	var buffer [512]byte // longer ones take memory of their own
	return string(f.AppendJSON(buffer[:0]))
}

// AppendJSON appends the text of the facts to b.
func (f Facts) AppendJSON(b []byte) []byte {
	if f.packer == nil {
		return append(b, f.packed...)
	}
	return f.packer.AppendJSON(b, f.packed)
}

// Equal reports whether two rows have the same facts.
func (f Facts) Equal(o Facts) bool { return f.JSON() == o.JSON() }
