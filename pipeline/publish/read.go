package publish

import (
	"encoding/json"
	"fmt"
	"io"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
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

// EachPosting visits the rows of a postings.parquet that its manifest lists as
// want, neighbours at a time, so that those of a large night are never in memory
// all at once: first is where they begin. Row groups are read on so many workers,
// in any order. Rows and their texts are visit's until it returns. Rows that do
// not stand in the order of ledger.Compare are an error.
func EachPosting(r io.ReaderAt, want Output, workers int, visit func(first int, postings []ledger.Posting) error) error {
	f, err := parquetio.Open(r, want.Size, parquetio.Limits{})
	if err == nil && f.Rows() != want.Rows {
		err = fmt.Errorf("%d rows, and its manifest lists %d", f.Rows(), want.Rows)
	}
	if err == nil {
		err = postingTable.eachInOrder(f, workers, visit)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", postingTable.file, err)
	}
	return nil
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
