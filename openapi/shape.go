package openapi

import (
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Shape is a schema of a document, for objects that people write down: what it requires may be absent,
// and what it does not name is passed over.
type Shape struct{ schema *openapi3.Schema }

var relaxed sync.Map // *openapi3.Schema → *openapi3.Schema

// Shape returns the schema of that name of a [Whole] document; nil when there is none.
func (d *Document) Shape(name string) *Shape {
	if d.doc == nil || d.doc.Components == nil || d.doc.Components.Schemas[name] == nil {
		return nil
	}
	strict := d.doc.Components.Schemas[name].Value
	made, _ := relaxed.LoadOrStore(strict, sync.OnceValue(func() *openapi3.Schema {
		return relax(strict, map[*openapi3.Schema]*openapi3.Schema{})
	}))
	return &Shape{made.(func() *openapi3.Schema)()}
}

// ShapeOf is Shape of the schema of a resource's objects, if it has one of their name: PaymentMethod for
// payment_methods.
func (d *Document) ShapeOf(resource string) *Shape {
	var name strings.Builder
	for word := range strings.FieldsFuncSeq(strings.TrimSuffix(resource, "s"), func(r rune) bool { return r == '_' || r == '-' }) {
		name.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return d.Shape(name.String())
}

// Check returns all faults of a value; nil when it fits. A nil Shape takes everything.
func (s *Shape) Check(value any) []checkout.Violation {
	if s == nil || quickOf(s.schema).accepts(value) {
		return nil
	}
	return validate(s.schema, value, openapi3.VisitAsResponse())
}

// relax copies a schema without what it requires and forbids; made holds the copies, which may refer to
// each other.
func relax(s *openapi3.Schema, made map[*openapi3.Schema]*openapi3.Schema) *openapi3.Schema {
	if made[s] != nil {
		return made[s]
	}
	out := *s
	made[s] = &out
	out.Required = nil
	if out.AdditionalProperties.Schema == nil {
		out.AdditionalProperties.Has = nil
	}
	ref := func(r *openapi3.SchemaRef) *openapi3.SchemaRef {
		if r == nil {
			return nil
		}
		return openapi3.NewSchemaRef("", relax(r.Value, made))
	}
	all := func(refs openapi3.SchemaRefs) openapi3.SchemaRefs {
		refs = slices.Clone(refs)
		for i := range refs {
			refs[i] = ref(refs[i])
		}
		return refs
	}
	out.AnyOf, out.OneOf, out.AllOf = all(s.AnyOf), all(s.OneOf), all(s.AllOf)
	out.Items, out.AdditionalProperties.Schema = ref(s.Items), ref(s.AdditionalProperties.Schema)
	if s.Properties != nil {
		out.Properties = openapi3.Schemas{}
		for name, r := range s.Properties {
			out.Properties[name] = ref(r)
		}
	}
	return &out
}
