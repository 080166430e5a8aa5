package openapi

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// prune leaves of a document what is needed to validate requests. Response schemas are most of a
// document, and starting up is mostly reading it.
func prune(data []byte) ([]byte, error) {
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
	components, _ := doc["components"].(map[string]any)
	delete(components, "responses")
	schemas, _ := components["schemas"].(map[string]any)
	delete(components, "schemas")
	used := map[string]any{}
	keepUsed(doc, schemas, used)
	if components != nil {
		components["schemas"] = used
	}
	return json.Marshal(doc)
}

// keepUsed copies every schema that is referred to below node, and what those refer to.
func keepUsed(node any, schemas, used map[string]any) {
	switch n := node.(type) {
	case []any:
		for _, e := range n {
			keepUsed(e, schemas, used)
		}
	case map[string]any:
		ref, _ := n["$ref"].(string)
		if name, ok := strings.CutPrefix(ref, "#/components/schemas/"); ok && used[name] == nil && schemas[name] != nil {
			used[name] = schemas[name]
			keepUsed(schemas[name], schemas, used)
		}
		for _, e := range n {
			keepUsed(e, schemas, used)
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
