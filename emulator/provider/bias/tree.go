package bias

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Bounds of a structured query parameter.
const (
	treeDepth   = 8
	treeMembers = 200
)

// readTree reads a structured query parameter: JSON text in the parameter itself, or one parameter
// for each leaf, named by the way to it in brackets, as in filters[and][0][mode]=payment. Leaves of
// the second form are texts, and its lists are objects with numbers for keys. A nil tree is an
// absent parameter.
//
// Assumed: both forms; the documentation shows the SDK's calls only.
func readTree(rawQuery, name string) (map[string]any, []checkout.Violation) {
	query, _ := url.ParseQuery(rawQuery) // that it cannot be read was told before
	out := map[string]any{}
	leaves := 0
	for _, key := range wire.SortedKeys(query) {
		steps, ok := bracketed(key, name)
		if !ok || len(steps) == 0 {
			continue
		}
		if leaves++; leaves > treeMembers || len(steps) > treeDepth {
			return nil, []checkout.Violation{badQuery([]any{name}, nil, name+" is too large.")}
		}
		if !put(out, steps, query[key][len(query[key])-1]) {
			return nil, []checkout.Violation{badQuery([]any{name}, key, name+" has "+key+" both as a value and as an object.")}
		}
	}
	texts, whole := query[name]
	switch {
	case !whole && leaves == 0:
		return nil, nil
	case !whole:
		return out, nil
	case leaves > 0 || len(texts) > 1:
		return nil, []checkout.Violation{badQuery([]any{name}, nil, name+" is given twice.")}
	}
	return jsonTree(texts[0], name)
}

func jsonTree(text, name string) (map[string]any, []checkout.Violation) {
	value, err := wire.Parse([]byte(text))
	tree, ok := value.(map[string]any)
	if err != nil || !ok {
		return nil, []checkout.Violation{badQuery([]any{name}, text, name+" must be an object, as JSON or with its members in brackets.")}
	}
	if members := 0; !small(tree, treeDepth, &members) {
		return nil, []checkout.Violation{badQuery([]any{name}, nil, name+" is too large.")}
	}
	return tree, nil
}

// bracketed splits name[a][b] into a and b; not ok when the key is not about that name.
func bracketed(key, name string) (steps []string, ok bool) {
	rest, ok := strings.CutPrefix(key, name)
	if !ok || rest == "" || rest[0] != '[' || rest[len(rest)-1] != ']' {
		return nil, false
	}
	return strings.Split(rest[1:len(rest)-1], "]["), true
}

// put sets a leaf; it fails where a value stands in the way.
func put(tree map[string]any, steps []string, leaf string) bool {
	for _, step := range steps[:len(steps)-1] {
		next, sent := tree[step]
		if !sent {
			next = map[string]any{}
			tree[step] = next
		}
		inner, ok := next.(map[string]any)
		if !ok {
			return false
		}
		tree = inner
	}
	last := steps[len(steps)-1]
	if _, sent := tree[last]; sent {
		return false
	}
	tree[last] = leaf
	return true
}

func small(v any, depth int, members *int) bool {
	if *members++; depth < 0 || *members > treeMembers {
		return false
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if !small(e, depth-1, members) {
				return false
			}
		}
	case map[string]any:
		for _, e := range v {
			if !small(e, depth-1, members) {
				return false
			}
		}
	}
	return true
}

// listOf returns the elements of a list, which in brackets is an object with the keys 0, 1, 2, ….
func listOf(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case map[string]any:
		out := make([]any, len(v))
		for i := range out {
			e, sent := v[strconv.Itoa(i)]
			if !sent {
				return nil, false
			}
			out[i] = e
		}
		return out, len(out) > 0
	}
	return nil, false
}
