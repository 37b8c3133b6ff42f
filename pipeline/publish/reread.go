package publish

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"github.com/xitongsys/parquet-go/common"
	"github.com/xitongsys/parquet-go/reader"
	"github.com/xitongsys/parquet-go/source"

	"amends/pipeline/durable"
)

// ErrDiffers is why a file is not what its manifest says.
var ErrDiffers = errors.New("differs from the manifest")

// Reread holds a published file to its control totals. Size and SHA-256 come
// first; only a file that has them is then decoded, by a library that shares no
// code with the one that wrote it, and its rows, sums and id hash total are
// computed again. Every error names the path; ErrDiffers is among its causes.
func Reread(fsys durable.FS, path string, want Output) error {
	content, err := fsys.ReadFile(path)
	if err != nil {
		return err
	}
	if err := reread(content, want); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func reread(content []byte, want Output) error {
	if size := int64(len(content)); size != want.Size {
		return fmt.Errorf("%w: %d bytes, not %d", ErrDiffers, size, want.Size)
	}
	if got := digest(content); got != want.SHA256 {
		return fmt.Errorf("%w: sha256 %s, not %s", ErrDiffers, got, want.SHA256)
	}
	if !strings.HasSuffix(want.Name, ".parquet") {
		return nil
	}
	l, ok := layoutOf(want.Name)
	if !ok {
		return fmt.Errorf("%w: no table of the name %q", ErrDiffers, want.Name)
	}
	got, err := decodeTotals(l, content)
	if err != nil {
		return fmt.Errorf("%w: independent reading: %w", ErrDiffers, err)
	}
	return sameTotals(want, got)
}

func layoutOf(name string) (layout, bool) {
	for _, l := range []layout{
		issuanceTable.layout(), forfeitureTable.layout(), adjustmentTable.layout(), holdTable.layout(),
		decisionTable.layout(), rejectTable.layout(), expiringTable.layout(), redemptionTable.layout(),
		postingTable.layout(), openTable.layout(),
	} {
		if l.file == name {
			return l, true
		}
	}
	return layout{}, false
}

func sameTotals(want, got Output) error {
	if got.Rows != want.Rows {
		return fmt.Errorf("%w: %d rows, not %d", ErrDiffers, got.Rows, want.Rows)
	}
	if got.IDHashTotal != want.IDHashTotal {
		return fmt.Errorf("%w: id hash total %s, not %s", ErrDiffers, got.IDHashTotal, want.IDHashTotal)
	}
	if !reflect.DeepEqual(got.SumsMinor, want.SumsMinor) {
		return fmt.Errorf("%w: sums %v, not %v", ErrDiffers, got.SumsMinor, want.SumsMinor)
	}
	return nil
}

// decodeTotals computes control totals with nothing of Arrow and nothing of
// totals.go but the hash of one id. The library panics on what it does not
// expect.
func decodeTotals(l layout, content []byte) (out Output, err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = fmt.Errorf("panic: %v", caught)
		}
	}()
	parquet, err := reader.NewParquetColumnReader(&memoryFile{Reader: bytes.NewReader(content), content: content}, 1)
	if err != nil {
		return out, err
	}
	defer parquet.ReadStop()
	out.Rows = parquet.GetNumRows()
	if got, want := len(parquet.SchemaHandler.ValueColumns), len(l.fields); got != want {
		return out, fmt.Errorf("%d columns, not %d", got, want)
	}
	read := func(name string) ([]any, error) {
		path := common.ReformPathStr("schema." + name)
		values, _, _, err := parquet.ReadColumnByPath(path, out.Rows)
		if err == nil && int64(len(values)) != out.Rows {
			err = fmt.Errorf("%d values, not %d", len(values), out.Rows)
		}
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", name, err)
		}
		return values, nil
	}
	return out, decodeColumns(l, read, &out)
}

func decodeColumns(l layout, read func(string) ([]any, error), out *Output) error {
	columns := make(map[string][]any, len(l.fields))
	for _, f := range l.fields {
		values, err := read(f.name)
		if err != nil {
			return err
		}
		for row, v := range values {
			if v == nil && !f.optional {
				return fmt.Errorf("column %q, row %d: null", f.name, row)
			}
		}
		if f.summed || f.name == currencyColumn || contains(l.id, f.name) {
			columns[f.name] = values
		}
	}
	var total uint64
	for row := range out.Rows {
		id := ""
		for i, name := range l.id {
			if i > 0 {
				id += idSeparator
			}
			part, err := asText(columns[name][row])
			if err != nil {
				return fmt.Errorf("column %q, row %d: %w", name, row, err)
			}
			id += part
		}
		total += hashID(id)
	}
	out.IDHashTotal = formatHash(total)
	for _, f := range l.fields {
		if err := decodeSum(f, columns, out); err != nil {
			return err
		}
	}
	return nil
}

func decodeSum(f field, columns map[string][]any, out *Output) error {
	if !f.summed || out.Rows == 0 {
		return nil
	}
	sums := map[string]*big.Int{}
	for row, v := range columns[f.name] {
		minor, isInt := v.(int64)
		currency, isText := columns[currencyColumn][row].(string)
		if !isInt || !isText || minor < 0 {
			return fmt.Errorf("column %q, row %d: %v of %v is no amount", f.name, row, v, columns[currencyColumn][row])
		}
		if sums[currency] == nil {
			sums[currency] = new(big.Int)
		}
		sums[currency].Add(sums[currency], big.NewInt(minor))
	}
	if out.SumsMinor == nil {
		out.SumsMinor = map[string]map[string]string{}
	}
	out.SumsMinor[f.name] = map[string]string{}
	for currency, total := range sums {
		out.SumsMinor[f.name][currency] = total.String()
	}
	return nil
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func asText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case int32:
		return strconv.FormatInt(int64(v), 10), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	}
	return "", fmt.Errorf("%T is neither text nor a number", v)
}

// memoryFile is a file's content as the library wants it: it opens the file
// again for each column.
type memoryFile struct {
	*bytes.Reader
	content []byte
}

var errReadOnly = errors.New("read only")

// Open implements source.ParquetFile.
func (f *memoryFile) Open(string) (source.ParquetFile, error) {
	return &memoryFile{Reader: bytes.NewReader(f.content), content: f.content}, nil
}

// Create implements source.ParquetFile: it never does.
func (f *memoryFile) Create(string) (source.ParquetFile, error) { return nil, errReadOnly }

// Write implements source.ParquetFile: it never does.
func (f *memoryFile) Write([]byte) (int, error) { return 0, errReadOnly }

// Close implements source.ParquetFile.
func (f *memoryFile) Close() error { return nil }
