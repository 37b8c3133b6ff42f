package award

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
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
	var buffer [256]byte // longer keys take memory of their own
	b := appendPart(buffer[:0], 0, keyVersion)
	b = appendPart(b, 0, failure)
	for _, v := range values {
		if v.Kind == ir.String {
			b = appendPart(b, byte(v.Kind), v.S)
			continue
		}
		b = appendHead(b, byte(v.Kind), 8)
		b = binary.BigEndian.AppendUint64(b, uint64(v.I))
	}
	sum := sha256.Sum256(b)
	return Key(sum[:len(Key{})])
}

func appendHead(b []byte, kind byte, bytes int) []byte {
	return binary.BigEndian.AppendUint64(append(b, kind), uint64(bytes))
}

func appendPart(b []byte, kind byte, text string) []byte {
	return append(appendHead(b, kind, len(text)), text...)
}

// IncidentID is the key as people see it.
func (k Key) IncidentID() string { return string(k.AppendIncidentID(make([]byte, 0, IDBytes))) }

// CreditID is the id of the one credit that the incident can ever have.
func (k Key) CreditID() string { return string(k.AppendCreditID(make([]byte, 0, IDBytes))) }

// AppendIncidentID appends what IncidentID returns, IDBytes of text.
func (k Key) AppendIncidentID(to []byte) []byte {
	return hex.AppendEncode(append(to, incidentPrefix...), k[:])
}

// AppendCreditID appends what CreditID returns, IDBytes of text.
func (k Key) AppendCreditID(to []byte) []byte {
	return hex.AppendEncode(append(to, creditPrefix...), k[:])
}

// Compare is below zero where k goes before other; ids stand in the same order.
func (k Key) Compare(other Key) int { return bytes.Compare(k[:], other[:]) }

// ParseKey is the key of an incident's id.
func ParseKey(incidentID string) (key Key, err error) {
	digits, ok := strings.CutPrefix(incidentID, incidentPrefix)
	if n := len(digits); !ok || n != 2*len(key) {
		return key, fmt.Errorf("%q is no incident's id: expected %s and %d hexadecimal digits", incidentID, incidentPrefix, 2*len(key))
	}
	if _, err = hex.Decode(key[:], []byte(digits)); err != nil {
		return key, fmt.Errorf("%q is no incident's id: %w", incidentID, err)
	}
	if key.IncidentID() != incidentID {
		return Key{}, fmt.Errorf("%q is no incident's id: expected lower-case digits", incidentID)
	}
	return key, nil
}

// IDBytes is how long an incident's and a credit's ids are.
const IDBytes = len(incidentPrefix) + 2*len(Key{})

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
