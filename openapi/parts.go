package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// What is embedded of a document to validate requests is read piece by piece: starting needs to know
// which operations there are, and a request the schemas of its own part of the API. Each line of the
// file is a JSON document: the first is a contents, the others are OpenAPI documents, one for each
// group of paths.

// contents lists the operations of a document and what it takes to route to them.
type contents struct {
	Version    string   `json:"version"`
	Groups     []string `json:"groups"` // in the order of the lines that follow
	Operations []entry  `json:"operations"`
}

type entry struct {
	ID        string `json:"id"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	Group     int    `json:"group"`
	TakesBody bool   `json:"takes_body,omitzero"`
	NeedsBody bool   `json:"needs_body,omitzero"`
}

// groupOf is the group of a path: its first segment that is neither a version nor a parameter.
func groupOf(path string) string {
	for segment := range strings.SplitSeq(path, "/") {
		version := len(segment) > 1 && segment[0] == 'v' && strings.Trim(segment[1:], "0123456789") == ""
		if segment != "" && segment[0] != '{' && !version {
			return segment
		}
	}
	return ""
}

// split makes what is embedded of a document to validate requests.
func split(data []byte) ([]byte, error) {
	doc, err := parse(data)
	if err != nil {
		return nil, err
	}
	whole, err := load("", data, Whole)
	if err != nil {
		return nil, err
	}
	groups := map[string]bool{}
	for _, op := range whole.ops {
		groups[groupOf(op.Path)] = true
	}
	head := contents{Version: whole.Version(), Groups: slices.Sorted(maps.Keys(groups))}
	for _, op := range whole.ops {
		head.Operations = append(head.Operations, entry{op.ID, op.Method, op.Path, slices.Index(head.Groups, groupOf(op.Path)), op.TakesBody, op.NeedsBody})
	}
	lines := []any{head}
	for _, group := range head.Groups {
		lines = append(lines, withPaths(doc, func(path string) bool { return groupOf(path) == group }))
	}
	var out bytes.Buffer
	for _, line := range lines {
		text, err := json.Marshal(line)
		if err != nil {
			return nil, err
		}
		out.Write(append(text, '\n'))
	}
	return out.Bytes(), nil
}

// loadParts reads what [split] wrote. The groups are read when one of their operations is first asked
// about; that they can be is for tests to show.
func loadParts(name, text string) (*Document, error) {
	first, rest, _ := strings.Cut(text, "\n")
	var head contents
	if err := json.Unmarshal([]byte(first), &head); err != nil {
		return nil, err
	}
	groups := make([]func() map[string]*Operation, len(head.Groups))
	for i := range groups {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		groups[i] = sync.OnceValue(func() map[string]*Operation { return mustGroup(name, []byte(line)) })
	}
	d := &Document{name: name, version: head.Version}
	for _, e := range head.Operations {
		if e.Group < 0 || e.Group >= len(groups) {
			return nil, fmt.Errorf("%s is in no group", e.ID)
		}
		details := sync.OnceValue(func() *details { return groups[e.Group]()[e.ID].details() })
		d.ops = append(d.ops, &Operation{ID: e.ID, Method: e.Method, Path: e.Path, TakesBody: e.TakesBody, NeedsBody: e.NeedsBody, details: details})
	}
	return d, nil
}

// mustGroup reads a group's operations by id.
func mustGroup(name string, data []byte) map[string]*Operation {
	d := &Document{name: name}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err == nil {
		d.doc = doc
		err = d.collect()
	}
	if err != nil {
		panic(fmt.Sprintf("load a part of %s: %v", name, err))
	}
	out := make(map[string]*Operation, len(d.ops))
	for _, op := range d.ops {
		out[op.ID] = op
	}
	return out
}
