package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Marshal encodes v without escaping HTML and without a newline at the end.
func Marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// MustMarshal is [Marshal] for values that always encode: wire structs of our own.
func MustMarshal(v any) json.RawMessage {
	out, err := Marshal(v)
	if err != nil {
		panic("wire: " + err.Error())
	}
	return out
}

// Member is one member of an [Object].
type Member struct {
	Name  string
	Value json.RawMessage
}

// Object writes encoded members as one JSON object, as they are: unlike a json.RawMessage inside a
// struct, they are not read again.
func Object(members ...Member) json.RawMessage {
	size := 2
	for _, m := range members {
		size += len(m.Name) + 4 + len(m.Value)
	}
	out := append(make([]byte, 0, size), '{')
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, m.Name...)
		out = append(out, '"', ':')
		out = append(out, m.Value...)
	}
	return append(out, '}')
}

// Extend adds members to an encoded object, which must not be empty. The object is not modified.
func Extend(object json.RawMessage, members ...Member) json.RawMessage {
	more := Object(members...)
	out := make([]byte, 0, len(object)+len(more))
	out = append(out, object[:len(object)-1]...)
	out = append(out, ',')
	return append(out, more[1:]...)
}

// Join writes encoded values as one JSON array.
func Join(items []json.RawMessage) json.RawMessage {
	size := 2 + len(items)
	for _, item := range items {
		size += len(item)
	}
	out := append(make([]byte, 0, size), '[')
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, item...)
	}
	return append(out, ']')
}

// SortedKeys returns the keys of m in order, for output that must not depend on chance.
func SortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// Micros formats an instant as ISO 8601 in UTC with microseconds; a zero fraction is left out.
func Micros(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.UTC().Format("2006-01-02T15:04:05Z")
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// Millis formats an instant as ISO 8601 in UTC with exactly three decimals.
func Millis(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
