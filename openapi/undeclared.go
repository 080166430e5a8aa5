package openapi

import (
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// undeclared finds the members of an answer that its schema does not name. JSON Schema lets them
// pass; for a document that is to describe our answers whole, they are an omission.
func undeclared(schema *openapi3.Schema, value any, at []any) []checkout.Violation {
	var faults []checkout.Violation
	switch v := value.(type) {
	case []any:
		if schema.Items == nil {
			return nil
		}
		for i, element := range v {
			faults = append(faults, undeclared(schema.Items.Value, element, append(at, i))...)
		}
	case map[string]any:
		properties, open := membersOf(schema)
		if open {
			return nil
		}
		for _, name := range wire.SortedKeys(v) {
			path := append(at[:len(at):len(at)], name)
			if ref := properties[name]; ref != nil {
				faults = append(faults, undeclared(ref.Value, v[name], path)...)
			} else {
				faults = append(faults, checkout.Violation{Path: path, Rule: checkout.RuleUnknown, Message: "the document does not declare it"})
			}
		}
	}
	return faults
}

// membersOf returns the properties that a schema names, those of its parts included. It is open when
// it names none, or says what others look like, or leaves the choice to a union.
func membersOf(schema *openapi3.Schema) (properties openapi3.Schemas, open bool) {
	if schema.AdditionalProperties.Schema != nil || schema.AdditionalProperties.Has != nil && *schema.AdditionalProperties.Has ||
		len(schema.AnyOf) > 0 || len(schema.OneOf) > 0 {
		return nil, true
	}
	properties = openapi3.Schemas{}
	for name, ref := range schema.Properties {
		properties[name] = ref
	}
	for _, part := range schema.AllOf {
		more, open := membersOf(part.Value)
		if open {
			return nil, true
		}
		for name, ref := range more {
			properties[name] = ref
		}
	}
	return properties, len(properties) == 0
}
