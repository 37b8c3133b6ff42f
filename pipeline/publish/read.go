package publish

import (
	"encoding/json"
	"fmt"
	"io"

	"amends/pipeline/ledger"
)

// The names of the tables' files.
var (
	IssuanceFile    = issuanceTable.file
	ForfeitureFile  = forfeitureTable.file
	AdjustmentsFile = adjustmentTable.file
	HeldFile        = holdTable.file
	DecisionsFile   = decisionTable.file
	RejectsFile     = rejectTable.file
	ExpiringFile    = expiringTable.file
	RedemptionsFile = redemptionTable.file
	PostingsFile    = postingTable.file
	OpenFile        = openTable.file
)

// ReadIssuance reads the rows of an issuance.parquet of size bytes, in the
// file's order. Like every reader here it checks types and nulls, not digests.
func ReadIssuance(r io.ReaderAt, size int64) ([]Issuance, error) { return issuanceTable.read(r, size) }

// ReadForfeiture reads the rows of a forfeiture.parquet.
func ReadForfeiture(r io.ReaderAt, size int64) ([]Forfeiture, error) {
	return forfeitureTable.read(r, size)
}

// ReadAdjustments reads the rows of an adjustments.parquet.
func ReadAdjustments(r io.ReaderAt, size int64) ([]Adjustment, error) {
	return adjustmentTable.read(r, size)
}

// ReadHolds reads the rows of a held.parquet.
func ReadHolds(r io.ReaderAt, size int64) ([]Hold, error) { return holdTable.read(r, size) }

// ReadDecisions reads the rows of a decisions.parquet.
func ReadDecisions(r io.ReaderAt, size int64) ([]Decision, error) { return decisionTable.read(r, size) }

// ReadRejects reads the rows of a rejects.parquet.
func ReadRejects(r io.ReaderAt, size int64) ([]Reject, error) { return rejectTable.read(r, size) }

// ReadExpiring reads the rows of an expiring.parquet.
func ReadExpiring(r io.ReaderAt, size int64) ([]Expiring, error) { return expiringTable.read(r, size) }

// ReadRedemptions reads the rows of a redemptions.parquet.
func ReadRedemptions(r io.ReaderAt, size int64) ([]Redemption, error) {
	return redemptionTable.read(r, size)
}

// ReadPostings reads the rows of a postings.parquet, with every field.
func ReadPostings(r io.ReaderAt, size int64) ([]ledger.Posting, error) {
	return postingTable.read(r, size)
}

// ReadOpen reads the rows of an open.parquet, with every field.
func ReadOpen(r io.ReaderAt, size int64) ([]ledger.Credit, error) { return openTable.read(r, size) }

// ReadRequests reads a requests.json.
func ReadRequests(content []byte) ([]RequestOutcome, error) {
	var requests []RequestOutcome
	if err := json.Unmarshal(content, &requests); err != nil {
		return nil, fmt.Errorf("%s: %w", RequestsFile, err)
	}
	return requests, nil
}
