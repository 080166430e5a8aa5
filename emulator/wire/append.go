package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// AppendString appends a text as a JSON string.
func AppendString(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			return append(dst, MustMarshal(text)...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

// AppendTree appends a tree as [Parse] makes it, with the keys of objects in order.
func AppendTree(dst []byte, tree any) []byte {
	switch v := tree.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return AppendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case json.Number:
		return append(dst, v...)
	case []any:
		if v == nil {
			return append(dst, "null"...)
		}
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendTree(dst, e)
		}
		return append(dst, ']')
	case map[string]any:
		if v == nil {
			return append(dst, "null"...)
		}
		dst = append(dst, '{')
		for i, key := range SortedKeys(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendString(dst, key), ':')
			dst = AppendTree(dst, v[key])
		}
		return append(dst, '}')
	}
	raw, err := Marshal(tree)
	if err != nil {
		panic(fmt.Sprintf("wire: %T is no value of a tree", tree))
	}
	return append(dst, raw...)
}

// Raw is the text of a value that [Read] leaves unread.
type Raw string
