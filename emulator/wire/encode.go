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

// Member is one member of an [Object]: an encoded value, or an array of encoded values.
type Member struct {
	Name  string
	Value json.RawMessage
	Items []json.RawMessage // when Value is nil
}

func (m Member) size() int {
	n := len(m.Name) + len(m.Value) + len(`"":[],`) + len(m.Items)
	for _, item := range m.Items {
		n += len(item)
	}
	return n
}

func (m Member) appendTo(out []byte) []byte {
	out = append(out, '"')
	out = append(out, m.Name...)
	out = append(out, '"', ':')
	if m.Value != nil {
		return append(out, m.Value...)
	}
	out = append(out, '[')
	for i, item := range m.Items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, item...)
	}
	return append(out, ']')
}

// Assembly is an object whose members are encoded already, to be written when it is sent: a page of
// a hundred sessions is then copied once, into memory that is used again.
type Assembly []Member

// AppendTo appends the object to out.
func (a Assembly) AppendTo(out []byte) []byte {
	out = append(out, '{')
	for i, m := range a {
		if i > 0 {
			out = append(out, ',')
		}
		out = m.appendTo(out)
	}
	return append(out, '}')
}

// MarshalJSON implements json.Marshaler.
func (a Assembly) MarshalJSON() ([]byte, error) { return a.AppendTo(nil), nil }

// Object writes encoded members as one JSON object, as they are: unlike a json.RawMessage inside a
// struct, they are not read again.
func Object(members ...Member) json.RawMessage {
	return Extend(nil, members...)
}

// Extend adds members to an encoded object. The object is not modified; nil is an empty one.
func Extend(object json.RawMessage, members ...Member) json.RawMessage {
	size := len(object) + 2
	for _, m := range members {
		size += m.size()
	}
	out := make([]byte, 0, size)
	if len(object) > 2 {
		out = append(out, object[:len(object)-1]...)
		out = append(out, ',')
	} else {
		out = append(out, '{')
	}
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = m.appendTo(out)
	}
	return append(out, '}')
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
