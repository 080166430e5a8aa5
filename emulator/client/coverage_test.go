package client_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/localcheckout/localcheckout/openapi"
	"go.yaml.in/yaml/v3"
)

// document is control.yaml as a tree.
type document struct{ root map[string]any }

func readDocument(t *testing.T) document {
	t.Helper()
	var d document
	if err := yaml.Unmarshal(openapi.ControlYAML, &d.root); err != nil {
		t.Fatal(err)
	}
	return d
}

// described is one operation of the document.
type described struct {
	id, method, path string
	node             map[string]any
	form             *regexp.Regexp // of its paths
}

func (d document) operations() []described {
	var all []described
	for path, item := range d.root["paths"].(map[string]any) {
		for method, node := range item.(map[string]any) {
			form := regexp.MustCompile(`^/_control` + regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + `$`)
			op := node.(map[string]any)
			all = append(all, described{op["operationId"].(string), strings.ToUpper(method), path, op, form})
		}
	}
	return all
}

// resolve follows references; each component on the way is seen.
func (d document) resolve(node map[string]any, seen map[string]bool) map[string]any {
	for {
		ref, ok := node["$ref"].(string)
		if !ok {
			return node
		}
		seen[ref] = true
		var at any = d.root
		for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			at = at.(map[string]any)[step]
		}
		node = at.(map[string]any)
	}
}

// visit marks the components that an instance of a schema is made of.
func (d document) visit(schema any, instance any, seen map[string]bool) {
	node, ok := schema.(map[string]any)
	if !ok {
		return
	}
	node = d.resolve(node, seen)
	for _, union := range []string{"allOf", "anyOf", "oneOf"} {
		if parts, ok := node[union].([]any); ok {
			for _, part := range parts {
				d.visit(part, instance, seen)
			}
		}
	}
	switch v := instance.(type) {
	case map[string]any:
		properties, _ := node["properties"].(map[string]any)
		for name, member := range v {
			if own, ok := properties[name]; ok && member != nil {
				d.visit(own, member, seen)
			} else if !ok {
				d.visit(node["additionalProperties"], member, seen)
			}
		}
	case []any:
		for _, item := range v {
			d.visit(node["items"], item, seen)
		}
	}
}

// covered is a transport that notes which operations and components its calls are made of.
type covered struct {
	http.RoundTripper
	document document

	mu         sync.Mutex // guards what follows
	operations map[string]bool
	components map[string]bool
}

// RoundTrip implements http.RoundTripper.
func (c *covered) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		sent, _ = io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := c.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	var got []byte
	if media := resp.Header.Get("Content-Type"); !strings.HasPrefix(media, "text/event-stream") {
		if got, err = io.ReadAll(resp.Body); err != nil {
			return nil, err
		}
		resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(got))
	}
	c.note(req, sent, resp, got)
	return resp, nil
}

func (c *covered) note(req *http.Request, sent []byte, resp *http.Response, got []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, path, _ := strings.Cut(req.URL.Path, "/_control")
	for _, op := range c.document.operations() {
		if op.method != req.Method || !op.form.MatchString("/_control"+path) {
			continue
		}
		if resp.StatusCode < 300 {
			c.operations[op.id] = true
		}
		c.parameters(op, req)
		if body, ok := op.node["requestBody"].(map[string]any); ok && len(sent) > 0 {
			c.content(body, "application/json", sent)
		}
		responses := op.node["responses"].(map[string]any)
		declared, ok := responses[strconv.Itoa(resp.StatusCode)].(map[string]any)
		if !ok {
			declared, _ = responses["default"].(map[string]any)
		}
		media, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
		c.content(declared, media, got)
	}
}

func (c *covered) parameters(op described, req *http.Request) {
	list, _ := op.node["parameters"].([]any)
	for _, p := range list {
		ref := p.(map[string]any)
		node := c.document.resolve(ref, map[string]bool{})
		name := node["name"].(string)
		if in := node["in"]; in == "path" || in == "query" && req.URL.Query().Has(name) || in == "header" && req.Header.Get(name) != "" {
			c.document.resolve(ref, c.components)
			c.document.visit(node["schema"], nil, c.components)
		}
	}
}

func (c *covered) content(node map[string]any, media string, body []byte) {
	node = c.document.resolve(node, c.components)
	content, _ := node["content"].(map[string]any)
	declared, _ := content[media].(map[string]any)
	var instance any
	if declared != nil && json.Unmarshal(body, &instance) == nil {
		c.document.visit(declared["schema"], instance, c.components)
	}
}

// missing lists the operations and components that no call was made of.
func (c *covered) missing() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, op := range c.document.operations() {
		if !c.operations[op.id] {
			out = append(out, "operation "+op.id)
		}
	}
	for kind, components := range c.document.root["components"].(map[string]any) {
		for name := range components.(map[string]any) {
			if ref := "#/components/" + kind + "/" + name; !c.components[ref] {
				out = append(out, ref)
			}
		}
	}
	return out
}
