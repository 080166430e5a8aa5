package match

import (
	"fmt"
	"strconv"
	"strings"
)

var (
	pointerPlain  = strings.NewReplacer("~1", "/", "~0", "~")
	pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")
)

func escapePointer(step string) string { return pointerEscape.Replace(step) }

// parsePointer splits a JSON pointer (RFC 6901) into its steps; none is the whole body.
func parsePointer(text string, at []any) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	if text[0] != '/' || len(text) > textAtMost {
		meant := "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(text)
		return nil, Refused(at, text, fmt.Sprintf("a field of the body is a JSON pointer of at most %d bytes; did you mean %q?", textAtMost, meant[:min(len(meant), longestWord)]), nil)
	}
	steps := strings.Split(text[1:], "/")
	for i, s := range steps {
		steps[i] = pointerPlain.Replace(s)
	}
	return steps, nil
}

// find follows a pointer through a tree.
func find(tree any, path []string) (any, bool) {
	if tree == nil {
		return nil, false
	}
	for _, step := range path {
		switch node := tree.(type) {
		case map[string]any:
			next, ok := node[step]
			if !ok {
				return nil, false
			}
			tree = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(node) {
				return nil, false
			}
			tree = node[i]
		default:
			return nil, false
		}
	}
	return tree, true
}
