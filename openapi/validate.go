package openapi

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// validate returns all faults of a value; nil when it fits the schema.
func validate(schema *openapi3.Schema, value any, as openapi3.SchemaValidationOption) []checkout.Violation {
	err := schema.VisitJSON(value, openapi3.MultiErrors(), as, openapi3.WithStringFormatValidators(stringFormats))
	if err == nil {
		return nil
	}
	return collect(err, value, nil)
}

func collect(err error, root any, into []checkout.Violation) []checkout.Violation {
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, one := range e {
			into = collect(one, root, into)
		}
		return into
	case *openapi3.SchemaError:
		return append(into, violation(e, root))
	}
	var se *openapi3.SchemaError
	if errors.As(err, &se) {
		return append(into, violation(se, root))
	}
	return append(into, checkout.Violation{Rule: checkout.RuleUnreadable, Value: root, Message: err.Error()})
}

func violation(e *openapi3.SchemaError, root any) checkout.Violation {
	v := checkout.Violation{Path: path(e.JSONPointer(), root), Rule: e.SchemaField, Message: e.Reason}
	s := e.Schema
	switch e.SchemaField {
	case checkout.RuleRequired:
		return v
	case checkout.RuleUnknown: // kin-openapi points at the object and has the member in its text only
		var member string
		if _, err := fmt.Sscanf(e.Reason, "property %q is unsupported", &member); err == nil {
			v.Path = append(v.Path, member)
		}
	case checkout.RuleType, checkout.RuleNull:
		v.Want = typeName(s)
	case checkout.RuleEnum:
		v.Allowed = s.Enum
	case checkout.RulePattern:
		v.Want = s.Pattern
	case checkout.RuleFormat:
		v.Want = s.Format
	case "oneOf":
		v.Rule = checkout.RuleUnion
	default:
		if limit, ok := limitOf(s, e.SchemaField); ok {
			v.Limit = limit
		}
	}
	v.Value = wire.Lookup(root, v.Path)
	return v
}

// path turns a pointer into keys and indexes by looking at what it leads through.
func path(pointer []string, root any) []any {
	out := make([]any, 0, len(pointer))
	for _, token := range pointer {
		var step any = token
		if _, isArray := root.([]any); isArray {
			if i, err := strconv.Atoi(token); err == nil {
				step = i
			}
		}
		out = append(out, step)
		root = wire.Lookup(root, []any{step})
	}
	return out
}

func typeName(s *openapi3.Schema) string {
	if types := s.Type.Slice(); len(types) > 0 {
		return types[0]
	}
	return ""
}

func limitOf(s *openapi3.Schema, rule string) (float64, bool) {
	count := func(p *uint64) (float64, bool) {
		if p == nil {
			return 0, false
		}
		return float64(*p), true
	}
	number := func(p *float64) (float64, bool) {
		if p == nil {
			return 0, false
		}
		return *p, true
	}
	switch rule {
	case checkout.RuleMinimum, checkout.RuleAbove:
		return number(s.Min)
	case checkout.RuleMaximum, checkout.RuleBelow:
		return number(s.Max)
	case checkout.RuleMultipleOf:
		return number(s.MultipleOf)
	case checkout.RuleMinLength:
		return count(&s.MinLength)
	case checkout.RuleMaxLength:
		return count(s.MaxLength)
	case checkout.RuleMinItems:
		return count(&s.MinItems)
	case checkout.RuleMaxItems:
		return count(s.MaxItems)
	case checkout.RuleMinMembers:
		return count(&s.MinProps)
	case checkout.RuleMaxMembers:
		return count(s.MaxProps)
	}
	return 0, false
}
