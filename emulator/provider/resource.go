package provider

import (
	"encoding/json"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/openapi"
)

// Resource is one kind of object in the catalog.
type Resource struct {
	// Name is the provider's word in the plural, such as "products"; also the file's name in
	// fixtures/<provider>/.
	Name string
	// Decode reads one object in the provider's own wire shape. Errors name the field.
	Decode func(raw json.RawMessage) (id string, value any, err error)
	// Encode returns the wire shape of a value that Decode made.
	Encode func(value any) any
}

// Kind is the name of a resource in the sandbox's catalog.
func Kind(p interface{ Name() string }, resource string) string { return p.Name() + "." + resource }

// RuleFixture is the rule of a violation that a dialect has found in an object of its catalog.
const RuleFixture = "fixture"

// Read reads one object that somebody wrote: first the document's shape, nil for none, judges what is there,
// then the dialect the whole. The tree is the object as wire.Parse reads raw.
func (res Resource) Read(shape *openapi.Shape, tree any, raw json.RawMessage) (id string, value any, faults []checkout.Violation) {
	if faults = shape.Check(tree); len(faults) > 0 {
		return "", nil, faults
	}
	id, value, err := res.Decode(raw)
	if err != nil {
		return "", nil, []checkout.Violation{{Rule: RuleFixture, Path: memberIn(err.Error(), tree), Message: err.Error()}}
	}
	return id, value, nil
}

// memberIn is the member that a dialect's message names first, if the object has it.
func memberIn(message string, tree any) []any {
	members, _ := tree.(map[string]any)
	for word := range strings.FieldsFuncSeq(message, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		if _, ok := members[word]; ok {
			return []any{word}
		}
	}
	return nil
}
