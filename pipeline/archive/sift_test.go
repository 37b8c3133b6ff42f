package archive_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"amends/pipeline/archive"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/ledger"
)

// A filter that is damaged is not believed, however many are asked for: all of its
// blocks are checked at once, or those that are asked, or one by one.
func TestAFilterThatIsDamaged(t *testing.T) {
	t.Parallel()
	const credits = 12_000 // of about 600 blocks
	id := func(i int) string { return fmt.Sprintf("cr1_%032x", i) }
	var postings []ledger.Posting
	for i := range credits {
		postings = append(postings, ledger.Posting{
			ID: fmt.Sprintf("po1_%032x", i), BusinessDate: firstDay, Kind: ledger.Issue, CreditID: id(i),
			CustomerID: fmt.Sprint("customer ", i), EventID: "e", Currency: "USD", Minor: 1,
		})
	}
	c := &chain{nights: []archive.Night{{Date: firstDay, SHA256: fmt.Sprintf("%064x", 1)}}, postings: [][]ledger.Posting{postings}}
	for _, step := range []int{1, 40, 997} { // of nobody the second half of the ids is
		fsys := durabletest.New()
		config := c.config(fsys, 1)
		if err := archive.Keep(config); err != nil {
			t.Fatal(err)
		}
		damageFilters(t, fsys)
		a, err := archive.Open(config)
		if err != nil {
			t.Fatal(err)
		}
		digests := archive.Digests(2*credits/step, func(i int) string { return id(i * step) }, 2)
		places, err := a.Before(firstDay+1).Ask(archive.OfCredit, digests, firstDay, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i := range places.Len() {
			if place := places.At(i); place.Nothing() != (i*step >= credits) {
				t.Fatalf("step %d: of credit %d there is nothing: %t", step, i*step, place.Nothing())
			}
		}
		if len(a.Damaged()) == 0 {
			t.Errorf("step %d: nobody found the damage", step)
		}
	}
}

// damageFilters flips a byte in each block of the filter of each volume.
func damageFilters(t *testing.T, fsys *durabletest.FS) {
	const block, footer, checksum = 64, 128, 4
	for _, name := range files(fsys) {
		full := dir + "/" + name
		volume := fsys.Tree()[strings.TrimPrefix(full, "/")]
		numbers := []byte(volume[len(volume)-footer+84:])
		pages, size := int(binary.LittleEndian.Uint64(numbers)), int(binary.LittleEndian.Uint64(numbers[8:]))
		end := len(volume) - footer - checksum - 8*pages
		if size < 256*block {
			t.Fatalf("a filter of %d bytes", size)
		}
		for at := end - size; at < end; at += block {
			if err := fsys.Flip(full, at+block/2); err != nil {
				t.Fatal(err)
			}
		}
	}
}
