package award

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"amends/rules/ir"
)

// Key is the identity of an incident: the failure's name and the typed values
// of its key columns. It never holds a rule, an amount, a run or a date.
type Key [16]byte

// keyVersion is hashed first: a later way to hash can never collide with this.
const keyVersion = "amends-incident-v1"

// NewKey hashes the failure, then each value with its kind and length.
func NewKey(failure string, values []ir.Value) Key {
	h := sha256.New()
	write := func(kind byte, s []byte) {
		var head [9]byte
		head[0] = kind
		binary.BigEndian.PutUint64(head[1:], uint64(len(s)))
		h.Write(head[:])
		h.Write(s)
	}
	write(0, []byte(keyVersion))
	write(0, []byte(failure))
	for _, v := range values {
		if v.Kind == ir.String {
			write(byte(v.Kind), []byte(v.S))
			continue
		}
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(v.I))
		write(byte(v.Kind), b[:])
	}
	var k Key
	copy(k[:], h.Sum(nil))
	return k
}

// IncidentID is the key as people see it.
func (k Key) IncidentID() string { return incidentPrefix + hex.EncodeToString(k[:]) }

// CreditID is the id of the one credit that the incident can ever have.
func (k Key) CreditID() string { return creditPrefix + hex.EncodeToString(k[:]) }

const (
	incidentPrefix = "in1_"
	creditPrefix   = "cr1_"
)

// CreditIDOf is the id of the one credit that an incident can ever have.
func CreditIDOf(incidentID string) string {
	return creditPrefix + strings.TrimPrefix(incidentID, incidentPrefix)
}

// IsID reports whether a text looks like the id of an incident or of a credit.
func IsID(id string) bool {
	return strings.HasPrefix(id, incidentPrefix) || strings.HasPrefix(id, creditPrefix)
}
