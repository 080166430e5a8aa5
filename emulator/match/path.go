package match

import "strings"

// pathPattern is a path whose segments are literal, "*" or {name} for any one segment, or "**" for any
// number of them, none included.
type pathPattern []string

func newPathPattern(text string) pathPattern {
	parts := strings.Split(strings.TrimPrefix(text, "/"), "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") && strings.HasSuffix(p, "}") {
			parts[i] = "*"
		}
	}
	return parts
}

func (p pathPattern) matches(path string) bool {
	return segments(p, strings.Split(strings.TrimPrefix(path, "/"), "/"))
}

// segments walks both sides; after a "**" it remembers where to go on when the rest does not fit, so
// that the work stays within the product of the two lengths.
func segments(pattern, path []string) bool {
	p, s, star, resume := 0, 0, -1, 0
	for s < len(path) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			star, resume = p, s
			p++
		case p < len(pattern) && (pattern[p] == path[s] || pattern[p] == "*" && path[s] != ""):
			p++
			s++
		case star >= 0:
			resume++
			p, s = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == "**" {
		p++
	}
	return p == len(pattern)
}
