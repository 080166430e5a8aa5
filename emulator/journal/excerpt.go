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
func kept(in []checkout.Violation) []checkout.Violation {
	out := slices.Clone(in[:min(len(in), violationsAtMost)])
	for i := range out {
		out[i].Value = excerpt(out[i].Value, 0)
		out[i].Message = Text(out[i].Message)
		if at := len(out[i].Path) - 1; at >= 0 {
			if name, ok := out[i].Path[at].(string); ok && out[i].Value != nil && secretName(name) {
				out[i].Value = Redacted
			}
		}
	}
	return out
}

func excerpt(value any, depth int) any {
	switch v := value.(type) {
	case string:
		return text(v)
	case json.Number:
		if short := text(string(v)); short != string(v) {
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
			out = append(out, excerpt(element, depth+1))
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
			out[text(k)] = excerpt(v[k], depth+1)
			if secretName(k) && v[k] != nil {
				out[text(k)] = Redacted
			}
		}
		return out
	}
	return value
}

func text(s string) string {
	switch {
	case cardLike.MatchString(s[:min(len(s), textAtMost)]), liveLike.MatchString(s[:min(len(s), textAtMost)]):
		return Redacted
	case len(s) > textAtMost:
		return strings.ToValidUTF8(s[:textAtMost], "") + Cut
	}
	return s
}
