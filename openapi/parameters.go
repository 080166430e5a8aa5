package openapi

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Arguments reads and validates the path and query parameters. The values of the query come back by
// name, in the types of the document; a parameter that was not sent is absent. Parameters that the
// document does not declare are left out.
func (op *Operation) Arguments(path func(string) string, query url.Values) (map[string]any, []checkout.Violation) {
	var args map[string]any
	var faults []checkout.Violation
	for i, p := range op.look().Params {
		value, sent := p.value(path, query)
		if !sent {
			if p.Required {
				faults = append(faults, checkout.Violation{In: p.In, Path: []any{p.Name}, Rule: checkout.RuleRequired})
			}
			continue
		}
		var bad []checkout.Violation
		if !p.Is.accepts(value) {
			bad = validate(op.details().params[i].Schema.Value, value, openapi3.VisitAsRequest())
		}
		for _, f := range bad {
			f.In, f.Path = p.In, append([]any{p.Name}, f.Path...)
			faults = append(faults, f)
		}
		if p.In == checkout.InQuery && len(bad) == 0 {
			if args == nil {
				args = map[string]any{}
			}
			args[p.Name] = value
		}
	}
	return args, faults
}

// value is what was sent for a parameter.
func (p parameter) value(path func(string) string, query url.Values) (value any, sent bool) {
	if p.In != checkout.InQuery {
		return p.Is.scalar(path(p.Name)), true
	}
	if p.Deep {
		return p.object(query)
	}
	texts := query[p.Name]
	if len(texts) == 0 {
		return nil, false
	}
	if p.Is.Kind != openapi3.TypeArray {
		return p.Is.scalar(texts[len(texts)-1]), true
	}
	items := make([]any, len(texts))
	for i, text := range texts {
		items[i] = p.Is.Items.scalar(text)
	}
	return items, true
}

func (p parameter) object(query url.Values) (any, bool) {
	out := map[string]any{}
	for key, texts := range query {
		inner, ok := strings.CutPrefix(key, p.Name+"[")
		inner, closed := strings.CutSuffix(inner, "]")
		if !ok || !closed || len(texts) == 0 {
			continue
		}
		of := p.Is.Others
		if prop := p.Is.Members[inner]; prop != nil {
			of = prop
		}
		if of != nil {
			out[inner] = of.scalar(texts[len(texts)-1])
		}
	}
	return out, len(out) > 0
}

// scalar turns text into the schema's type; text that does not fit stays text, for the validator to
// refuse.
func (q *quick) scalar(text string) any {
	switch {
	case q.Kind == openapi3.TypeInteger, q.Kind == openapi3.TypeNumber:
		if _, err := strconv.ParseFloat(text, 64); err == nil && json.Valid([]byte(text)) {
			return json.Number(text)
		}
	case q.Kind == openapi3.TypeBoolean:
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	}
	return text
}
