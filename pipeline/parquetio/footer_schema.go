package parquetio

import (
	"fmt"
	"slices"
	"sync"
)

// fileSchema is the columns of a file. Nothing in it changes, and files share it.
type fileSchema struct {
	fields []Field
	byName map[string]int
	leaves int
}

// schemas are those met before, by their bytes in the footer: the files of a source
// have one, and to build it takes as long as the rest of opening a file.
var schemas = struct {
	sync.Mutex
	known map[string]*fileSchema
}{known: map[string]*fileSchema{}}

// Whoever serves for months meets more schemas than are kept.
const (
	mostSchemas     = 64
	mostSchemaBytes = 1 << 14 // of one that is kept
)

// schemaOf returns the schema whose elements are in list, as a footer has it.
func schemaOf(list []byte) (*fileSchema, error) {
	schemas.Lock()
	known := schemas.known[string(list)]
	schemas.Unlock()
	if known != nil {
		return known, nil
	}
	s, err := newSchema(list)
	if err != nil || len(list) > mostSchemaBytes {
		return s, err
	}
	schemas.Lock()
	defer schemas.Unlock()
	if len(schemas.known) >= mostSchemas {
		clear(schemas.known)
	}
	schemas.known[string(list)] = s
	return s, nil
}

// newSchema has the library build a schema: it is given a footer of no rows.
func newSchema(list []byte) (s *fileSchema, err error) {
	defer func() { // the library trusts what it parsed
		if caught := recover(); caught != nil {
			s, err = nil, fmt.Errorf("footer: %v", caught)
		}
	}()
	const next = 1 << 4                                                            // a field's number is one more
	footer := slices.Concat([]byte{next | compactI32, 2 << 1, next | compactList}, // version 2; the schema
		list, []byte{next | compactI64, 0, next | compactList, compactStruct, compactStop}) // no rows, no row groups
	meta, err := parseFooter(footer)
	if err != nil {
		return nil, err
	}
	s = &fileSchema{fields: describe(meta.Schema), leaves: meta.Schema.NumColumns()}
	s.byName = make(map[string]int, len(s.fields))
	for i := range s.fields {
		name := s.fields[i].Name
		if _, twice := s.byName[name]; twice {
			return nil, fmt.Errorf("two columns have the name %q", name)
		}
		s.byName[name] = i
	}
	return s, nil
}
