package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// AppendString appends a text as a JSON string.
func AppendString(dst []byte, text string) []byte {
	if !plainText(text) {
		dst, _ = standard(dst, reflect.ValueOf(text)) // any text is a string
		return dst
	}
	return append(append(append(dst, '"'), text...), '"')
}

// plainText reports whether a text surely stands in JSON as it is: it has nothing but ASCII, and nothing that
// has to be escaped.
func plainText(text string) bool {
	n := len(text)
	if n < 8 {
		return plainBytes(text)
	}
	first := unsafe.Pointer(unsafe.StringData(text))
	found := suspects(*(*uint64)(unsafe.Add(first, n-8))) // in the order of bytes of any machine
	for i := 0; i < n-8; i += 8 {
		found |= suspects(*(*uint64)(unsafe.Add(first, i)))
	}
	return found == 0 || plainBytes(text)
}

func plainBytes(text string) bool {
	for i := range len(text) {
		if special[text[i]] || text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// AppendTree appends a tree as [Parse] makes it, with the keys of objects in order.
func AppendTree(dst []byte, tree any) []byte {
	dst, err := appendTree(dst, tree)
	if err != nil {
		panic(fmt.Sprintf("wire: %T is no value of a tree", tree))
	}
	return dst
}

func appendTree(dst []byte, tree any) (_ []byte, err error) {
	switch v := tree.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return AppendString(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case []any:
		if v == nil {
			return append(dst, "null"...), nil
		}
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendTree(dst, e); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	case map[string]any:
		return appendObject(dst, v)
	}
	return appendValue(dst, reflect.ValueOf(tree))
}

func appendObject(dst []byte, object map[string]any) (_ []byte, err error) {
	switch {
	case object == nil:
		return append(dst, "null"...), nil
	case len(object) == 0:
		return append(dst, "{}"...), nil
	}
	dst = append(dst, '{')
	members := make([]pair[any], 0, 8) // of a usual size, so that they need no memory of their own
	for key, value := range object {
		members = append(members, pair[any]{key, value})
	}
	slices.SortFunc(members, pair[any].compare)
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, m.key), ':')
		if dst, err = appendTree(dst, m.value); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// pair is a member of a map.
type pair[V any] struct {
	key   string
	value V
}

func (p pair[V]) compare(other pair[V]) int { return strings.Compare(p.key, other.key) }

// Raw is the text of a value that [Read] leaves unread and [Marshal] writes as it is; "" is null.
type Raw string

// MarshalJSON implements json.Marshaler.
func (r Raw) MarshalJSON() ([]byte, error) { return appendRaw(nil, string(r)), nil }

func appendRaw(dst []byte, text string) []byte {
	if text == "" {
		text = "null"
	}
	return append(dst, text...)
}

// String returns bytes as a string that shares their memory: nobody may change them any more. It is for texts
// so long that a copy takes a millisecond.
func String(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Bytes returns the bytes of a string, which nobody may change.
func Bytes(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }
