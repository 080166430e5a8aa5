package openapi

import (
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Field looks up a place in the operation's body by the steps of a JSON pointer. When there is no such
// place, at is the index of the first wrong step and valid lists the members that stand there; none when
// what stands before it has no members.
func (op *Operation) Field(path []string) (known bool, at int, valid []string) {
	var here []*openapi3.Schema
	for _, v := range op.details().variants {
		here = append(here, v.schema)
	}
	for i, step := range path {
		below, members, free := below(here, step)
		if free {
			return true, 0, nil
		}
		if len(below) == 0 {
			return false, i, members
		}
		here = below
	}
	return len(here) > 0, 0, nil
}

// below steps from schemas into a member or an element. free says that anything may stand there.
func below(schemas []*openapi3.Schema, step string) (found []*openapi3.Schema, members []string, free bool) {
	all := map[string]bool{}
	for _, s := range expand(schemas, nil) {
		for name, ref := range s.Properties {
			all[name] = true
			if name == step {
				found = append(found, ref.Value)
			}
		}
		if _, err := strconv.Atoi(step); err == nil && s.Items != nil {
			found = append(found, s.Items.Value)
		}
		if ref := s.AdditionalProperties.Schema; ref != nil {
			found = append(found, ref.Value)
		}
		open := s.AdditionalProperties.Has
		free = free || open != nil && *open || open == nil && s.AdditionalProperties.Schema == nil && len(s.Properties) == 0 && isOpen(s)
	}
	return found, wire.SortedKeys(all), free
}

// isOpen reports whether a schema without members lets an object have any.
func isOpen(s *openapi3.Schema) bool {
	return len(s.AnyOf)+len(s.OneOf)+len(s.AllOf) == 0 && s.Items == nil && (s.Type.Is("object") || len(s.Type.Slice()) == 0)
}

// expand returns the schemas with those that they are made of.
func expand(schemas, into []*openapi3.Schema) []*openapi3.Schema {
	for _, s := range schemas {
		if s == nil || slices.Contains(into, s) {
			continue
		}
		into = append(into, s)
		for _, refs := range []openapi3.SchemaRefs{s.AnyOf, s.OneOf, s.AllOf} {
			for _, ref := range refs {
				into = expand([]*openapi3.Schema{ref.Value}, into)
			}
		}
	}
	return into
}
