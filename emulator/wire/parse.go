// Package wire has the JSON helpers that dialects share: one parse of a request into a tree, the
// binding of that tree to typed structs, optional members, encoding, timestamps.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// SyntaxError is a body that is not JSON.
type SyntaxError struct {
	Offset int64 // bytes before the fault
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("broken JSON at byte %d: %s", e.Offset, e.Reason)
}

// Parse reads one JSON value: nil, bool, string, [json.Number], []any or map[string]any. Of a
// repeated key the last one counts, as in the runtimes of the providers. Invalid UTF-8 and anything
// after the value are refused with a [*SyntaxError].
func Parse(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, &SyntaxError{Offset: invalidUTF8(body), Reason: "invalid UTF-8"}
	}
	if len(body) <= quickAtMost {
		r := reader{text: string(body)}
		if v, err := r.tree(); err == nil && r.end() == nil {
			return v, nil
		}
	}
	return parseSlowly(body)
}

// quickAtMost is the longest body, in bytes, whose strings share its memory: a short one that is kept
// must not keep megabytes.
const quickAtMost = 4096

// parseSlowly is [Parse] by encoding/json, which tells what is wrong and where.
func parseSlowly(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, syntax(err, body)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, &SyntaxError{Offset: dec.InputOffset(), Reason: "data after the value"}
	}
	return v, nil
}

func syntax(err error, body []byte) error {
	var se *json.SyntaxError
	switch {
	case errors.As(err, &se):
		return &SyntaxError{Offset: max(se.Offset-1, 0), Reason: se.Error()}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &SyntaxError{Offset: int64(len(body)), Reason: "unexpected end"}
	default:
		return &SyntaxError{Reason: err.Error()}
	}
}

func invalidUTF8(body []byte) int64 {
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && size == 1 {
			return int64(i)
		}
		i += size
	}
	return int64(len(body))
}

// NUL returns the paths of all strings and keys in v that hold U+0000, which no provider can store.
func NUL(v any) [][]any { return findNUL(v, nil, nil) }

func findNUL(v any, at []any, found [][]any) [][]any {
	switch v := v.(type) {
	case string:
		if strings.IndexByte(v, 0) >= 0 {
			found = append(found, clonePath(at))
		}
	case []any:
		for i, e := range v {
			found = findNUL(e, append(at, i), found)
		}
	case map[string]any:
		for _, k := range SortedKeys(v) {
			if strings.IndexByte(k, 0) >= 0 {
				found = append(found, clonePath(append(at, k)))
			}
			found = findNUL(v[k], append(at, k), found)
		}
	}
	return found
}

func clonePath(at []any) []any { return append([]any(nil), at...) }

// Lookup returns the value at a path of string keys and int indexes; nil where there is none.
func Lookup(v any, path []any) any {
	for _, step := range path {
		switch key := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[key]
		case int:
			a, _ := v.([]any)
			if key < 0 || key >= len(a) {
				return nil
			}
			v = a[key]
		}
	}
	return v
}

// Strict reads one JSON object into a struct and refuses members that it does not know. Numbers in
// fields of type any stay [json.Number].
func Strict(raw []byte, into any) error {
	if Read(string(raw), into) == nil {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw)) // which takes more, such as null for a text, and words what is wrong
	dec.DisallowUnknownFields()
	dec.UseNumber()
	return dec.Decode(into)
}
