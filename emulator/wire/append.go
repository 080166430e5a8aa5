package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// AppendString appends a text as a JSON string.
func AppendString(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			dst, _ = standard(dst, reflect.ValueOf(text)) // any text is a string
			return dst
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
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
	if object == nil {
		return append(dst, "null"...), nil
	}
	dst = append(dst, '{')
	keys := make([]string, 0, 8) // of a usual size, so that they need no memory of their own
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for i, key := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, key), ':')
		if dst, err = appendTree(dst, object[key]); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// Raw is the text of a value that [Read] leaves unread.
type Raw string
