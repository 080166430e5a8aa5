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
	for _, p := range op.details().params {
		in, value, sent := checkout.InPath, any(nil), true
		if p.In == openapi3.ParameterInQuery {
			in = checkout.InQuery
			value, sent = queryValue(p, query)
		} else {
			value = scalar(p.Schema.Value, path(p.Name))
		}
		if !sent {
			if p.Required {
				faults = append(faults, checkout.Violation{In: in, Path: []any{p.Name}, Rule: checkout.RuleRequired})
			}
			continue
		}
		bad := validateRequest(p.Schema.Value, value)
		for _, f := range bad {
			f.In, f.Path = in, append([]any{p.Name}, f.Path...)
			faults = append(faults, f)
		}
		if in == checkout.InQuery && len(bad) == 0 {
			if args == nil {
				args = map[string]any{}
			}
			args[p.Name] = value
		}
	}
	return args, faults
}

func queryValue(p *openapi3.Parameter, query url.Values) (any, bool) {
	schema := p.Schema.Value
	if p.Style == "deepObject" {
		return deepObject(p.Name, schema, query)
	}
	texts, sent := query[p.Name]
	if !sent || len(texts) == 0 {
		return nil, false
	}
	if !schema.Type.Is(openapi3.TypeArray) {
		return scalar(schema, texts[len(texts)-1]), true
	}
	items := make([]any, len(texts))
	for i, text := range texts {
		items[i] = scalar(schema.Items.Value, text)
	}
	return items, true
}

func deepObject(name string, schema *openapi3.Schema, query url.Values) (any, bool) {
	out := map[string]any{}
	for key, texts := range query {
		inner, ok := strings.CutPrefix(key, name+"[")
		inner, closed := strings.CutSuffix(inner, "]")
		if !ok || !closed || len(texts) == 0 {
			continue
		}
		of := schema.AdditionalProperties.Schema
		if prop := schema.Properties[inner]; prop != nil {
			of = prop
		}
		if of != nil {
			out[inner] = scalar(of.Value, texts[len(texts)-1])
		}
	}
	return out, len(out) > 0
}

// scalar turns text into the schema's type; text that does not fit stays text, for the validator to
// refuse.
func scalar(schema *openapi3.Schema, text string) any {
	switch {
	case schema.Type.Is(openapi3.TypeInteger), schema.Type.Is(openapi3.TypeNumber):
		if _, err := strconv.ParseFloat(text, 64); err == nil && json.Valid([]byte(text)) {
			return json.Number(text)
		}
	case schema.Type.Is(openapi3.TypeBoolean):
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	}
	return text
}
