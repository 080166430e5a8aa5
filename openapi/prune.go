package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// prune leaves of a document what is needed to validate requests. Response schemas are most of a
// document, and starting up is mostly reading it.
func prune(data []byte) ([]byte, error) {
	doc, err := parse(data)
	if err != nil {
		return nil, err
	}
	return json.Marshal(withUsed(doc))
}

func parse(data []byte) (map[string]any, error) {
	var doc map[string]any
	if err := unmarshal(data, &doc); err != nil {
		return nil, err
	}
	paths, _ := doc["paths"].(map[string]any)
	for _, item := range paths {
		operations, _ := item.(map[string]any)
		for _, op := range operations {
			if o, ok := op.(map[string]any); ok && o["responses"] != nil {
				o["responses"] = map[string]any{"default": map[string]any{"description": ""}}
			}
		}
	}
	return doc, nil
}

// withOperation returns the document with one of its operations and the components that it needs.
func withOperation(doc map[string]any, method, path string) map[string]any {
	paths, _ := doc["paths"].(map[string]any)
	item, _ := paths[path].(map[string]any)
	item = maps.Clone(item)
	maps.DeleteFunc(item, func(key string, _ any) bool { return isMethod(key) && key != strings.ToLower(method) })
	out := maps.Clone(doc)
	out["paths"] = map[string]any{path: item}
	return withUsed(out)
}

// isMethod tells the operations of a path item from what they have in common.
func isMethod(key string) bool {
	return slices.Contains([]string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}, key)
}

// withUsed returns the document with no other components than its paths need.
func withUsed(doc map[string]any) map[string]any {
	out := maps.Clone(doc)
	if components, ok := doc["components"].(map[string]any); ok {
		used := map[string]any{}
		keepUsed(doc["paths"], components, used)
		out["components"] = used
	}
	return out
}

const toComponents = "#/components/"

// keepUsed copies every component that is referred to below node, and what those refer to.
func keepUsed(node any, components, used map[string]any) {
	switch n := node.(type) {
	case []any:
		for _, e := range n {
			keepUsed(e, components, used)
		}
	case map[string]any:
		ref, _ := n["$ref"].(string)
		if place, ok := strings.CutPrefix(ref, toComponents); ok {
			kind, name, _ := strings.Cut(place, "/")
			from, _ := components[kind].(map[string]any)
			to, _ := used[kind].(map[string]any)
			if to == nil {
				to = map[string]any{}
				used[kind] = to
			}
			if to[name] == nil && from[name] != nil {
				to[name] = from[name]
				keepUsed(from[name], components, used)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(n)) {
			keepUsed(n[key], components, used)
		}
	}
}

func unmarshal(data []byte, into *map[string]any) error {
	if json.Valid(data) {
		return json.Unmarshal(data, into)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		return fmt.Errorf("neither JSON nor YAML: %w", err)
	}
	return nil
}

// Compile turns a document written in YAML into the compact JSON that is embedded: anchors are
// expanded, extensions and descriptions left out.
func Compile(source []byte) ([]byte, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(source, &doc); err != nil {
		return nil, err
	}
	return json.Marshal(slim(doc, false))
}

// slim drops extensions and texts. Within "properties" and the like, keys are names and not keywords.
func slim(node any, names bool) any {
	switch n := node.(type) {
	case []any:
		for i := range n {
			n[i] = slim(n[i], false)
		}
	case map[string]any:
		for key, value := range n {
			_, text := value.(string)
			switch {
			case !names && (strings.HasPrefix(key, "x-") || text && key == "summary"):
				delete(n, key)
			case !names && text && key == "description":
				n[key] = "" // responses must have one
			default:
				n[key] = slim(value, key == "properties" && !names)
			}
		}
	}
	return node
}
