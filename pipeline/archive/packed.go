package archive

import (
	"encoding/binary"

	"amends/pipeline/ledger"
)

// packed are postings that wait to become records under four keys each, in four
// orders that are none of theirs. What entries say of a posting stands close
// together in its head; the rest, which only the record under its credit has, stands
// apart in its tail. So most records are made of little memory.
type packed struct {
	heads []byte // each after the place of its tail: date, kind, credit, customer, order, rule, currency, minor
	tails []byte // each after its length: the other fields, in the order of decodePosting
}

const (
	numberBytes = 4      // of a place or a length
	headBytes   = 1 << 7 // about, of one
	tailBytes   = 3 << 6 // about, of one
	lineBytes   = 1 << 6 // what memory is fetched in
	nearRecords = 1 << 6 // how many records' memory is fetched at once
)

// add packs a posting, and returns where its head is.
func (p *packed) add(posting *ledger.Posting) (at uint32) {
	at = uint32(len(p.heads))
	b := binary.LittleEndian.AppendUint32(p.heads, uint32(len(p.tails)))
	b = binary.AppendVarint(b, int64(posting.BusinessDate))
	for _, text := range [...]string{string(posting.Kind), posting.CreditID, posting.CustomerID, posting.OrderID, posting.RuleID, posting.Currency} {
		b = appendText(b, text)
	}
	p.heads = binary.AppendVarint(b, posting.Minor)

	start := len(p.tails) + numberBytes
	b = append(p.tails, make([]byte, numberBytes)...)
	for _, text := range [...]string{
		posting.ID, posting.IncidentID, posting.SellerID, posting.Source, posting.EventID, posting.Reference,
		posting.Reason, posting.Terms, posting.Funding, posting.DebitAccount, posting.CreditAccount,
	} {
		b = appendText(b, text)
	}
	for _, number := range [...]int64{int64(posting.At), int64(posting.EffectiveAt), int64(posting.ExpiresAt)} {
		b = binary.AppendVarint(b, number)
	}
	binary.LittleEndian.PutUint32(b[start-numberBytes:], uint32(len(b)-start))
	p.tails = b
	return at
}

// head is a posting's head, with where its fields begin.
type head struct {
	bytes                                               []byte
	kind, customer, order, rule, currency, minor, after int
}

func (p *packed) head(at uint32) (h head) {
	h.bytes = p.heads[at+numberBytes:]
	h.kind = numberSize(h.bytes)
	h.customer = afterTexts(h.bytes, h.kind, 2)
	h.order = afterTexts(h.bytes, h.customer, 1)
	h.rule = afterTexts(h.bytes, h.order, 1)
	h.currency = afterTexts(h.bytes, h.rule, 1)
	h.minor = afterTexts(h.bytes, h.currency, 1)
	h.after = h.minor + numberSize(h.bytes[h.minor:])
	return h
}

// numberSize is how many bytes the number takes that b begins with.
func numberSize(b []byte) int {
	n := 1
	for b[n-1] >= 1<<7 {
		n++
	}
	return n
}

// afterTexts is where so many texts end that begin at a place.
func afterTexts(b []byte, at, texts int) int {
	for range texts {
		size, n := uint64(b[at]), 1
		if size >= 1<<7 {
			size, n = binary.Uvarint(b[at:])
		}
		at += n + int(size/2) // see appendText
	}
	return at
}

// appendEntry appends the entry of a posting in a space: see entry.
func (p *packed) appendEntry(b []byte, s space, at uint32) []byte {
	h := p.head(at)
	b = append(b, h.bytes[:h.customer]...)
	switch s {
	case byCustomer:
		b = append(b, h.bytes[h.order:h.rule]...)
	case byOrder:
		b = append(b, h.bytes[h.customer:h.order]...)
	default:
		b = append(b, noText...)
	}
	kind := ledger.Kind(h.bytes[h.kind+1 : h.kind+1+int(h.bytes[h.kind]/2)]) // whose length is one byte
	if kind == ledger.Issue {
		return append(b, h.bytes[h.rule:h.after]...)
	}
	b = append(b, noText...)
	b = append(b, h.bytes[h.currency:h.minor]...)
	switch kind {
	case ledger.Reinstate:
		return append(b, h.bytes[h.minor:h.after]...)
	case ledger.Void:
		minor, _ := binary.Varint(h.bytes[h.minor:])
		return binary.AppendVarint(b, -minor)
	}
	return binary.AppendVarint(b, 0)
}

// appendPosting appends a whole posting, in the order of decodePosting.
func (p *packed) appendPosting(b []byte, at uint32) []byte {
	h, tail := p.head(at), p.tail(at)
	incident := afterTexts(tail, 0, 1)
	seller := afterTexts(tail, incident, 1)
	reference := afterTexts(tail, seller, 3)
	reason := afterTexts(tail, reference, 1)
	numbers := afterTexts(tail, reason, 5)
	b = append(b, h.bytes[:h.kind]...)
	b = append(b, tail[:incident]...)
	b = append(b, h.bytes[h.kind:h.customer]...) // the credit too
	b = append(b, tail[incident:seller]...)
	b = append(b, h.bytes[h.customer:h.rule]...) // the order too
	b = append(b, tail[seller:reference]...)
	b = append(b, h.bytes[h.currency:h.minor]...)
	b = append(b, tail[reference:reason]...)
	b = append(b, h.bytes[h.rule:h.currency]...)
	b = append(b, tail[reason:numbers]...)
	b = append(b, h.bytes[h.minor:h.after]...)
	return append(b, tail[numbers:]...)
}

func (p *packed) tail(at uint32) []byte {
	tail := p.tails[binary.LittleEndian.Uint32(p.heads[at:]):]
	return tail[numberBytes:][:binary.LittleEndian.Uint32(tail)]
}

// nearHead reads a byte of each line of a head, and nearTail of a tail: of many, one
// after the other, so that their memory comes at once. What they return is of no use.
func (p *packed) nearHead(at uint32) byte {
	return p.heads[at] ^ p.heads[min(int(at)+lineBytes, len(p.heads)-1)]
}

func (p *packed) nearTail(at uint32) (mixed byte) {
	first := int(binary.LittleEndian.Uint32(p.heads[at:]))
	for line := first; line < first+tailBytes; line += lineBytes {
		mixed ^= p.tails[min(line, len(p.tails)-1)]
	}
	return mixed
}
