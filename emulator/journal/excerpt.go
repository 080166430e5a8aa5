package journal

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Redacted stands where a value looked like a card number or a live key, Cut where there was more than is kept.
const (
	Redacted = "[redacted]"
	Cut      = "[cut]"
)

// Bounds of what an entry keeps of a request's faults.
const (
	violationsAtMost = 100
	elementsAtMost   = 20
	depthAtMost      = 4
	textAtMost       = 500 // bytes
)

// cardLike is any run of 12 to 19 digits, with spaces or dashes between them; liveLike is the key of a
// live environment.
var (
	cardLike = regexp.MustCompile(`(?:\d[ -]?){12,19}`)
	liveLike = regexp.MustCompile(`[spr]k_live_\w+`)
)

// kept returns what is kept of the faults of a request: values of any size may have been refused.
func kept(in []checkout.Violation, x excerpts) []checkout.Violation {
	out := slices.Clone(in[:min(len(in), violationsAtMost)])
	for i := range out {
		out[i].Value = x.value(out[i].Value, 0)
		out[i].Message = Text(Without(out[i].Message, x.secrets...))
		out[i].Path = steps(out[i].Path)
		if at := len(out[i].Path) - 1; at >= 0 {
			if name, ok := out[i].Path[at].(string); ok && out[i].Value != nil && secretName(name) {
				out[i].Value = Redacted
			}
		}
	}
	return out
}

// named returns paths as they are kept.
func named(paths [][]any) [][]any {
	for i, path := range paths {
		if clean := steps(path); len(path) > 0 && &clean[0] != &path[0] {
			paths = slices.Clone(paths)
			paths[i] = clean
		}
	}
	return paths
}

// steps is a path without card numbers in its names; the path itself when there are none.
func steps(path []any) []any {
	for i, step := range path {
		if name, ok := step.(string); ok && Text(name) != name {
			path = slices.Clone(path)
			path[i] = Text(name)
		}
	}
	return path
}

// excerpts makes excerpts of values, without the secrets that it knows and those that look like any.
type excerpts struct{ secrets []string }

func (x excerpts) value(value any, depth int) any {
	switch v := value.(type) {
	case string:
		return x.text(v)
	case json.Number:
		if short := x.text(string(v)); short != string(v) {
			return short
		}
	case []any:
		if depth == depthAtMost {
			return Cut
		}
		out := make([]any, 0, min(len(v), elementsAtMost+1))
		for _, element := range v {
			if len(out) == elementsAtMost {
				return append(out, Cut)
			}
			out = append(out, x.value(element, depth+1))
		}
		return out
	case map[string]any:
		if depth == depthAtMost {
			return Cut
		}
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if len(out) == elementsAtMost {
				out[Cut] = nil
				break
			}
			out[x.text(k)] = x.value(v[k], depth+1)
			if secretName(k) && v[k] != nil {
				out[x.text(k)] = Redacted
			}
		}
		return out
	}
	return value
}

func (x excerpts) text(s string) string {
	s = Without(s, x.secrets...)
	switch {
	case cardLike.MatchString(s[:min(len(s), textAtMost)]), liveLike.MatchString(s[:min(len(s), textAtMost)]):
		return Redacted
	case len(s) > textAtMost:
		return strings.ToValidUTF8(s[:textAtMost], "") + Cut
	}
	return s
}
