package archive

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// space is what a record is found by.
type space byte

const (
	byCredit   space = 'c' // the whole posting
	byCustomer space = 'k' // an entry: the other id is the order's
	byOrder    space = 'o' // an entry: the other id is the customer's
	byEvent    space = 'e' // an entry without amount
)

// keyBytes are a space and the first 16 bytes of the SHA-256 of an id: uniform,
// and nobody makes two ids meet.
const keyBytes = 17

type key [keyBytes]byte

func keyOf(s space, id string) key { return DigestOf(id).key(s) }

// entry is what a customer or an order was given by a credit, or how a void or
// reinstatement changed it. Deny and hold have one too, of nothing, so that
// whoever asks for all finds them.
type entry struct {
	date     calendar.Date
	kind     ledger.Kind
	creditID string
	other    string
	rule     string // of an issue
	currency string
	minor    int64 // what counts as given: below zero for a void
}

// noText is "" as it is packed.
var noText = []byte{0}

func decodeEntry(value []byte) (e entry, err error) {
	d := decoder{rest: value}
	e.date = calendar.Date(d.number())
	e.kind = ledger.Kind(d.text())
	e.creditID = d.text()
	e.other = d.text()
	e.rule = d.text()
	e.currency = d.text()
	e.minor = d.number()
	return e, d.end()
}

// decodePosting takes apart the record of a posting: its date comes first, see dateOf.
func decodePosting(value []byte) (p ledger.Posting, err error) {
	d := decoder{rest: value}
	p.BusinessDate = calendar.Date(d.number())
	var kind string
	for _, text := range [...]*string{
		&p.ID, &kind, &p.CreditID, &p.IncidentID, &p.CustomerID, &p.OrderID, &p.SellerID, &p.Source, &p.EventID, &p.Currency,
		&p.Reference, &p.RuleID, &p.Reason, &p.Terms, &p.Funding, &p.DebitAccount, &p.CreditAccount,
	} {
		*text = d.text()
	}
	p.Kind = ledger.Kind(kind)
	p.Minor = d.number()
	p.At, p.EffectiveAt, p.ExpiresAt = calendar.Instant(d.number()), calendar.Instant(d.number()), calendar.Instant(d.number())
	return p, d.end()
}

// dateOf is the business date of a record: every value begins with it.
func dateOf(value []byte) calendar.Date {
	date, _ := binary.Varint(value)
	return calendar.Date(date)
}

// The ids of this program are a prefix of four bytes and 32 hex digits: kept as
// 20 bytes.
const (
	idPrefixBytes = 4
	idHexBytes    = 32
	idPacked      = idPrefixBytes + idHexBytes/2
)

// appendText writes twice a text's length, and its bytes; where it is an id, an
// odd number and the packed bytes.
func appendText(b []byte, s string) []byte {
	if len(s) == idPrefixBytes+idHexBytes {
		if raw, ok := packHex(s[idPrefixBytes:]); ok {
			b = append(b, 2*idPacked+1)
			b = append(b, s[:idPrefixBytes]...)
			return append(b, raw[:]...)
		}
	}
	b = binary.AppendUvarint(b, 2*uint64(len(s)))
	return append(b, s...)
}

// packHex packs lower-case hex digits; false where there are others.
func packHex(s string) (raw [idHexBytes / 2]byte, ok bool) {
	bad := byte(0)
	for i := range raw {
		high, low := hexDigits[s[2*i]], hexDigits[s[2*i+1]]
		bad |= high | low
		raw[i] = high<<4 | low
	}
	return raw, bad < 16
}

// hexDigits is what each byte stands for, 255 for none.
var hexDigits = func() (digits [256]byte) {
	for i := range digits {
		digits[i] = 255
	}
	for i, c := range []byte("0123456789abcdef") {
		digits[c] = byte(i)
	}
	return digits
}()

var errRecord = errors.New("a record ends within a value")

// decoder takes a value apart; after the first error everything is zero.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) number() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.err = cmp.Or(d.err, errRecord)
		d.rest = nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) text() string {
	raw, packed := d.raw()
	if packed {
		return unpackedID(raw)
	}
	return string(raw)
}

// raw is the bytes of a text as they are kept, and whether those are of an id.
func (d *decoder) raw() (raw []byte, packed bool) {
	size, n := binary.Uvarint(d.rest)
	packed = size%2 == 1
	if n <= 0 || size/2 > uint64(len(d.rest)-n) || packed && size/2 != idPacked {
		d.err = cmp.Or(d.err, errRecord)
		d.rest = nil
		return nil, false
	}
	raw = d.rest[n : n+int(size/2)]
	d.rest = d.rest[n+int(size/2):]
	return raw, packed
}

// unpackedID is the id of packed bytes.
func unpackedID(raw []byte) string {
	var id [idPrefixBytes + idHexBytes]byte
	copy(id[:], raw[:idPrefixBytes])
	hex.Encode(id[idPrefixBytes:], raw[idPrefixBytes:])
	return string(id[:])
}

func (d *decoder) end() error {
	if d.err == nil && len(d.rest) > 0 {
		return errRecord
	}
	return d.err
}
