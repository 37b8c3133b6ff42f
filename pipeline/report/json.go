package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// Version is the schema of the summaries that this program writes.
const Version = 1

// JSON returns the bytes of summary.json: one summary has one sequence of
// bytes. Fields stand in the order of SUMMARY.md, currencies sorted, two spaces
// deep; what is empty is [] or {}, never null; a newline ends it.
func (s *Summary) JSON() ([]byte, error) {
	whole := withoutNil(reflect.ValueOf(*s)).Interface()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(whole); err != nil {
		return nil, fmt.Errorf("summary of %s: %w", s.BusinessDate, err)
	}
	return out.Bytes(), nil
}

// Parse reads a summary.json. A newer schema and unknown fields are errors, so
// that a figure is never left out unseen.
func Parse(content []byte) (*Summary, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(content, &head); err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	if head.Version != Version {
		return nil, fmt.Errorf("summary version %d; this program reads %d", head.Version, Version)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	s := new(Summary)
	if err := decoder.Decode(s); err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("summary: something follows it")
	}
	return s, nil
}

// withoutNil returns a copy in which every nil slice and map is an empty one.
func withoutNil(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(withoutNil(v.Field(i)))
		}
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(withoutNil(v.Index(i)))
		}
	case reflect.Map:
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for _, key := range v.MapKeys() {
			out.SetMapIndex(key, v.MapIndex(key))
		}
	default:
		out.Set(v)
	}
	return out
}
