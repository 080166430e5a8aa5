package openapi

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Operation is one operation of a document.
type Operation struct {
	ID     string
	Method string
	Path   string // with {name} for parameters
	// TakesBody says that a JSON body is declared; NeedsBody that it is required.
	TakesBody, NeedsBody bool

	// details returns what the operation checks, and look what is looked at before. Of a part of a document
	// each is read when first asked for.
	details func() *details
	look    func() *look
}

// look is what a request usually fits; what does not is judged by the details, which stand in the same order.
type look struct {
	Params []parameter `json:"params,omitempty"`
	Bodies []body      `json:"bodies,omitempty"` // by variant
}

// body is a variant of the body: one without a name when it is no union.
type body struct {
	Name string `json:"name,omitempty"`
	Is   *quick `json:"is"`
}

// parameter is one of the path or the query.
type parameter struct {
	Name     string `json:"name"`
	In       string `json:"in"`
	Deep     bool   `json:"deep,omitempty"` // an object as name[member]=…
	Required bool   `json:"required,omitempty"`
	Is       *quick `json:"is"`
}

// look makes what is looked at before.
func (d *details) look() *look {
	out := &look{}
	for _, p := range d.params {
		out.Params = append(out.Params, parameter{p.Name, p.In, p.Style == "deepObject", p.Required, quickOf(p.Schema.Value)})
	}
	for _, v := range d.variants {
		out.Bodies = append(out.Bodies, body{v.name, quickOf(v.schema)})
	}
	return out
}

// details are the schemas of an operation.
type details struct {
	params    []*openapi3.Parameter
	variants  []variant // of the body
	responses *openapi3.Responses
}

type variant struct {
	name   string
	schema *openapi3.Schema
}

const mediaJSON = "application/json"

func newOperation(method, path string, item *openapi3.PathItem, raw *openapi3.Operation) (*Operation, error) {
	d := &details{responses: raw.Responses}
	op := &Operation{ID: raw.OperationID, Method: method, Path: path, details: func() *details { return d }, look: sync.OnceValue(d.look)}
	for _, refs := range []openapi3.Parameters{item.Parameters, raw.Parameters} {
		for _, ref := range refs {
			if ref.Value.In == openapi3.ParameterInPath || ref.Value.In == openapi3.ParameterInQuery {
				d.params = append(d.params, ref.Value)
			}
		}
	}
	if raw.RequestBody == nil {
		return op, nil
	}
	media := raw.RequestBody.Value.Content.Get(mediaJSON)
	if media == nil || media.Schema == nil {
		return nil, fmt.Errorf("the body has no %s schema", mediaJSON)
	}
	op.TakesBody, op.NeedsBody = true, raw.RequestBody.Value.Required
	if union := media.Schema.Value.AnyOf; len(union) > 0 {
		for _, ref := range union {
			d.variants = append(d.variants, variant{name: ref.Ref[strings.LastIndex(ref.Ref, "/")+1:], schema: ref.Value})
		}
		return op, nil
	}
	d.variants = []variant{{schema: media.Schema.Value}}
	return op, nil
}

// Body validates a parsed body. It returns the name of the union member that fits, "" when the body
// is no union, or all faults: of a union those of every member.
func (op *Operation) Body(body any) (string, []checkout.Violation) {
	var all []checkout.Violation
	for i, b := range op.look().Bodies {
		if b.Is.accepts(body) {
			return b.Name, nil
		}
		faults := validate(op.details().variants[i].schema, body, openapi3.VisitAsRequest())
		if len(faults) == 0 {
			return b.Name, nil
		}
		for i := range faults {
			faults[i].In, faults[i].Variant = checkout.InBody, b.Name
		}
		all = append(all, faults...)
	}
	return "", all
}

// Declares reports whether the document has an answer for a status.
func (op *Operation) Declares(status int) bool {
	all := op.details().responses
	return all.Status(status) != nil || all.Default() != nil
}

// CheckResponse reports how a response departs from the document, nil when it does not: an
// undeclared status, a body where none is declared or the reverse, a body that breaks its schema or
// has members that it does not declare.
func (op *Operation) CheckResponse(status int, contentType string, body []byte) error {
	ref := op.details().responses.Status(status)
	if ref == nil {
		ref = op.details().responses.Default()
	}
	if ref == nil {
		return fmt.Errorf("%s answers the undeclared status %d %s", op.ID, status, http.StatusText(status))
	}
	media, _, _ := mime.ParseMediaType(contentType)
	declared := ref.Value.Content.Get(media)
	if declared == nil && len(ref.Value.Content) == 0 && len(body) == 0 {
		return nil
	}
	if declared == nil {
		return fmt.Errorf("%s answers %d with the undeclared content type %q", op.ID, status, contentType)
	}
	if media != mediaJSON && !strings.HasSuffix(media, "+json") || declared.Schema == nil {
		return nil
	}
	tree, err := wire.Parse(body)
	if err != nil {
		return fmt.Errorf("%s answers %d: %w", op.ID, status, err)
	}
	faults := validate(declared.Schema.Value, tree, openapi3.VisitAsResponse())
	if faults = append(faults, undeclared(declared.Schema.Value, tree, nil)...); len(faults) > 0 {
		return fmt.Errorf("%s answers %d against the document: %s", op.ID, status, describe(faults))
	}
	return nil
}

// schemas calls visit with the roots of all schemas of the operation.
func (op *Operation) schemas(visit func(*openapi3.Schema)) {
	for _, p := range op.details().params {
		if p.Schema != nil {
			visit(p.Schema.Value)
		}
	}
	for _, v := range op.details().variants {
		visit(v.schema)
	}
	for _, ref := range op.details().responses.Map() {
		for _, media := range ref.Value.Content {
			if media.Schema != nil {
				visit(media.Schema.Value)
			}
		}
	}
}

func describe(faults []checkout.Violation) string {
	parts := make([]string, len(faults))
	for i, f := range faults {
		parts[i] = fmt.Sprintf("%v breaks %s (%s)", f.Path, f.Rule, f.Message)
	}
	return strings.Join(parts, "; ")
}
