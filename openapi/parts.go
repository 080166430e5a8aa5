package openapi

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// What is embedded of a document to validate requests is read piece by piece: starting needs to know
// which operations there are, and a request what its own operation is checked against.

// parts is what is embedded of a document.
type parts struct {
	// operations has the document's version in its first line, then a line for each operation: what it takes
	// to route to it in words, and how long its two lines of requests are. It stands apart, so that starting
	// touches nothing else.
	operations string
	// requests has two lines for each operation: what is looked at first, and an OpenAPI document that has the
	// operation alone, for what does not fit that.
	requests string
}

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
func split(data []byte) (p parts, err error) {
	doc, err := parse(data)
	if err != nil {
		return p, err
	}
	whole, err := load("", data, Whole)
	if err != nil {
		return p, err
	}
	var operations, requests strings.Builder
	fmt.Fprintln(&operations, whole.Version())
	for _, op := range whole.ops {
		look, err := json.Marshal(op.look())
		if err != nil {
			return p, err
		}
		alone, err := json.Marshal(withOperation(doc, op.Method, op.Path))
		if err != nil {
			return p, err
		}
		fmt.Fprintln(&operations, op.ID, op.Method, op.Path, bodyWord(op), len(look), len(alone))
		fmt.Fprintf(&requests, "%s\n%s\n", look, alone)
	}
	return parts{operations.String(), requests.String()}, nil
}

// loadParts reads what [split] wrote. What an operation is checked against is read when it is first asked
// for; that it can be is for tests to show.
func loadParts(name string, p parts) (*Document, error) {
	version, rest, _ := strings.Cut(strings.TrimSuffix(p.operations, "\n"), "\n")
	d := &Document{name: name, version: version}
	for line := range strings.SplitSeq(rest, "\n") {
		op, after, err := partOf(name, line, p.requests)
		if err != nil {
			return nil, err
		}
		d.ops, p.requests = append(d.ops, op), after
	}
	return d, nil
}

// partOf reads the line of an operation, whose texts come next; after are those of the others.
func partOf(name, line, texts string) (op *Operation, after string, err error) {
	words := strings.Split(line, " ")
	if len(words) != 6 {
		return nil, "", fmt.Errorf("%.40q is no operation", line)
	}
	first, texts, err := cut(texts, words[4])
	if err != nil {
		return nil, "", err
	}
	alone, after, err := cut(texts, words[5])
	if err != nil {
		return nil, "", err
	}
	id, body := words[0], words[3]
	return &Operation{
		ID: id, Method: words[1], Path: words[2], TakesBody: body != bodyNone, NeedsBody: body == bodyRequired,
		look:    sync.OnceValue(func() *look { return mustLook(name, id, first) }),
		details: sync.OnceValue(func() *details { return mustOperation(name, id, alone).details() }),
	}, after, nil
}

// cut takes a line of a known length from the front of a text, without looking at it.
func cut(text, length string) (line, after string, err error) {
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n >= len(text) {
		return "", "", fmt.Errorf("there is no text of %s bytes", length)
	}
	return text[:n], text[n+1:], nil
}

// mustLook reads what is looked at first.
func mustLook(name, id, text string) *look {
	out := &look{}
	if err := wire.Read(text, out); err != nil {
		panic(fmt.Sprintf("load what %s of %s takes: %v", id, name, err))
	}
	for _, p := range out.Params {
		p.Is.readyAll()
	}
	for _, b := range out.Bodies {
		b.Is.readyAll()
	}
	return out
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
