package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"
	"unsafe"
)

// Marshal encodes v as encoding/json does, without escaping HTML. It takes a fraction of the time for what
// answers are made of.
func Marshal(v any) (out []byte, err error) {
	err = scratch(func(dst []byte) ([]byte, error) {
		dst, err := Append(dst, v)
		out = bytes.Clone(dst)
		return dst, err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Append is [Marshal] at the end of dst, which an error leaves with a part of v.
func Append(dst []byte, v any) ([]byte, error) { return appendValue(dst, reflect.ValueOf(v)) }

// AppenderOf is [Append] for values of one type, which it knows beforehand when that is a pointer's.
func AppenderOf[T any]() func(dst []byte, v T) ([]byte, error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Pointer {
		return func(dst []byte, v T) ([]byte, error) { return Append(dst, v) }
	}
	write := sync.OnceValue(func() placeWriter { return placeOf(t.Elem())() })
	return func(dst []byte, v T) ([]byte, error) {
		if at := *(*unsafe.Pointer)(unsafe.Pointer(&v)); at != nil {
			return write()(dst, at)
		}
		return append(dst, "null"...), nil
	}
}

// Text returns what write appends, in memory of exactly that length.
func Text(write func(dst []byte) ([]byte, error)) (text string, err error) {
	err = scratch(func(dst []byte) ([]byte, error) {
		dst, err := write(dst)
		text = string(dst)
		return dst, err
	})
	if err != nil {
		return "", err
	}
	return text, nil
}

// scratch has use write into memory that is used again.
func scratch(use func(dst []byte) ([]byte, error)) error {
	buf := encoded.Get().(*[]byte)
	defer encoded.Put(buf)
	out, err := use((*buf)[:0])
	if cap(out) <= encodedAtMost {
		*buf = out
	}
	return err
}

// encoded is memory for texts on their way.
var encoded = sync.Pool{New: func() any { return new([]byte) }}

// encodedAtMost is the largest piece of memory that is used again, in bytes.
const encodedAtMost = 1 << 20

// writer is encoding/json's encoder over memory that is used again.
type writer struct {
	buf bytes.Buffer
	enc *json.Encoder
}

var writers = sync.Pool{New: func() any { return newWriter() }}

func newWriter() *writer {
	w := &writer{}
	w.enc = json.NewEncoder(&w.buf)
	w.enc.SetEscapeHTML(false)
	return w
}

// MustMarshal is [Marshal] for values that always encode: wire structs of our own.
func MustMarshal(v any) json.RawMessage {
	out, err := Marshal(v)
	if err != nil {
		panic("wire: " + err.Error())
	}
	return out
}

// Member is a part of an [Assembly]: a name with an encoded value, or with an array of encoded values.
// Without a name, Value is the inside of an encoded object: members that are written already.
type Member struct {
	Name  string
	Value json.RawMessage
	Items []json.RawMessage // when Value is nil
}

// Members encodes a struct, or what a pointer to one has, which is quicker, to become the members of an
// [Assembly]. It must not be empty.
func Members(v any) Member {
	object := MustMarshal(v)
	return Member{Value: object[1 : len(object)-1]}
}

// Assembly is a JSON object whose parts are encoded already: unlike a json.RawMessage inside a
// struct they are not read again. Sent as it is, it is copied once, into memory that is used again.
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

// Encode returns the object in memory of its own.
func (a Assembly) Encode() json.RawMessage { return a.AppendTo(make([]byte, 0, a.Size())) }

// Size is at least the length of the encoded object, in bytes.
func (a Assembly) Size() int {
	size := len("{}")
	for _, m := range a {
		size += m.size()
	}
	return size
}

// Same reports whether two assemblies have the same items, not only equal ones, and equal values.
func (a Assembly) Same(b Assembly) bool {
	return slices.EqualFunc(a, b, func(x, y Member) bool {
		return x.Name == y.Name && bytes.Equal(x.Value, y.Value) && slices.EqualFunc(x.Items, y.Items, func(v, w json.RawMessage) bool {
			return len(v) == len(w) && (len(v) == 0 || &v[0] == &w[0])
		})
	})
}

// MarshalJSON implements json.Marshaler.
func (a Assembly) MarshalJSON() ([]byte, error) { return a.Encode(), nil }

// AppendJSON implements [Appender].
func (a Assembly) AppendJSON(dst []byte) ([]byte, error) { return a.AppendTo(dst), nil }

func (m Member) size() int {
	n := len(m.Name) + len(m.Value) + len(`"":[],`) + len(m.Items)
	for _, item := range m.Items {
		n += len(item)
	}
	return n
}

func (m Member) appendTo(out []byte) []byte {
	if m.Name != "" {
		out = append(out, '"')
		out = append(out, m.Name...)
		out = append(out, '"', ':')
	}
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

// SortedKeys returns the keys of m in order, for output that must not depend on chance.
func SortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// Micros formats an instant as ISO 8601 in UTC with microseconds; a zero fraction is left out.
func Micros(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return formatted(t, 0)
	}
	return formatted(t, 6)
}

// Millis formats an instant as ISO 8601 in UTC with exactly three decimals.
func Millis(t time.Time) string { return formatted(t, 3) }

// layouts are those of instants, by their decimals of a second.
var layouts = map[int]string{0: "2006-01-02T15:04:05Z", 3: "2006-01-02T15:04:05.000Z", 6: "2006-01-02T15:04:05.000000Z"}

// formatted is an instant in UTC, with so many decimals of a second as one of the layouts has. It takes a
// fraction of the time that the layout would.
func formatted(t time.Time, decimals int) string {
	t = t.UTC()
	if year := t.Year(); year < 0 || year > 9999 {
		return t.Format(layouts[decimals])
	}
	out := appendSeconds(make([]byte, 0, len("2006-01-02T15:04:05.000000Z")), t)
	if decimals > 0 {
		fraction := t.Nanosecond()
		for range 9 - decimals {
			fraction /= 10
		}
		out = padded(append(out, '.'), fraction, decimals)
	}
	return string(append(out, 'Z'))
}

// appendSeconds appends an instant of the years 0 to 9999, up to its seconds.
func appendSeconds(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return append(dst,
		byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10), 'T',
		byte('0'+hour/10), byte('0'+hour%10), ':', byte('0'+minute/10), byte('0'+minute%10), ':', byte('0'+second/10), byte('0'+second%10))
}

// padded appends a number with leading zeros.
func padded(dst []byte, n, digits int) []byte {
	for range digits {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; n > 0; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}
