package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// What is embedded of a document to validate requests is read piece by piece: starting needs to know
// which operations there are, and a request the schemas of its own operation. The first line of the file
// is the document's version. Each other line is an operation: what it takes to route to it in words, and
// an OpenAPI document that has it alone.

// bodies are the words for what an operation takes.
const (
	bodyNone     = "none"
	bodyOptional = "optional"
	bodyRequired = "required"
)

func bodyWord(op *Operation) string {
	switch {
	case op.NeedsBody:
		return bodyRequired
	case op.TakesBody:
		return bodyOptional
	}
	return bodyNone
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
	var out bytes.Buffer
	fmt.Fprintln(&out, whole.Version())
	for _, op := range whole.ops {
		alone, err := json.Marshal(withOperation(doc, op.Method, op.Path))
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(&out, op.ID, op.Method, op.Path, bodyWord(op), string(alone))
	}
	return out.Bytes(), nil
}

// loadParts reads what [split] wrote. The document of an operation is read when it is first asked about;
// that it can be is for tests to show.
func loadParts(name, text string) (*Document, error) {
	version, rest, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "\n")
	d := &Document{name: name, version: version}
	for line := range strings.SplitSeq(rest, "\n") {
		words := strings.SplitN(line, " ", 5)
		if len(words) != 5 {
			return nil, fmt.Errorf("%.40q is no operation", line)
		}
		id, body := words[0], words[3]
		d.ops = append(d.ops, &Operation{
			ID: id, Method: words[1], Path: words[2], TakesBody: body != bodyNone, NeedsBody: body == bodyRequired,
			details: sync.OnceValue(func() *details { return mustOperation(name, id, words[4]).details() }),
		})
	}
	return d, nil
}

// mustOperation reads a document that has one operation.
func mustOperation(name, id, text string) *Operation {
	d := &Document{name: name}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err == nil {
		d.doc = doc
		err = d.collect()
	}
	op := d.Operation(id)
	if err == nil && op == nil {
		err = fmt.Errorf("%s is missing", id)
	}
	if err != nil {
		panic(fmt.Sprintf("load a part of %s: %v", name, err))
	}
	return op
}
