package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// digest is the hash in a posting id.
type digest [16]byte

const (
	idPrefix = "po1_"
	// idVersion is hashed first: a later way to hash can never collide with this.
	idVersion = "amends-posting-v1"
	// seenVersion keeps the keys of redemptions apart from posting ids.
	seenVersion = "amends-redemption-v1"
)

// hash returns the digest of parts, each with its length.
func hash(version string, parts ...string) digest {
	var room [256]byte // holds the parts of most postings
	text := appendPart(room[:0], version)
	for _, part := range parts {
		text = appendPart(text, part)
	}
	sum := sha256.Sum256(text)
	return digest(sum[:len(digest{})])
}

func appendPart(to []byte, part string) []byte {
	return append(binary.BigEndian.AppendUint64(to, uint64(len(part))), part...)
}

func (d digest) String() string {
	var id [len(idPrefix) + 2*len(d)]byte
	copy(id[:], idPrefix)
	hex.Encode(id[len(idPrefix):], d[:])
	return string(id[:])
}

// parseID reads a posting id: the error is ErrMalformed.
func parseID(id string) (digest, error) {
	var d digest
	digits, ok := strings.CutPrefix(id, idPrefix)
	if !ok || len(digits) != hex.EncodedLen(len(d)) {
		return d, fmt.Errorf("%w posting id", ErrMalformed)
	}
	if _, err := hex.Decode(d[:], []byte(digits)); err != nil {
		return d, fmt.Errorf("%w posting id: %w", ErrMalformed, err)
	}
	return d, nil
}

// postingID returns the digest of the facts that make a posting the one it is.
//
// An issue is the one of its credit. What takes all of a credit's value can do
// so once a night, and what becomes of an incident is decided once a night, so
// their date makes them one.
func postingID(p *Posting) digest {
	switch p.Kind {
	case Issue:
		return hash(idVersion, string(p.Kind), p.CreditID)
	case Reinstate:
		return hash(idVersion, string(p.Kind), p.CreditID, p.Reference, p.Reason)
	case Void, Forfeit:
		return hash(idVersion, string(p.Kind), p.CreditID, p.BusinessDate.String())
	}
	return hash(idVersion, string(p.Kind), p.IncidentID, p.BusinessDate.String())
}

// redemptionID returns the posting id's digest of a redemption. It covers all
// that was asked for, which a posting of a part does not hold: so a row that
// comes again is told from another row of the same redemption id.
func redemptionID(r *Redemption) digest {
	return hash(idVersion, string(Redeem), r.CreditID, r.ID, r.CustomerID, r.Currency,
		strconv.FormatInt(r.Minor, 10), strconv.FormatInt(int64(r.At), 10))
}

// seenKey is what counts once per credit.
func seenKey(creditID, redemptionID string) digest {
	return hash(seenVersion, creditID, redemptionID)
}
