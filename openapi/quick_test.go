package openapi

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// TestQuickAgreesWithKin holds what is accepted quickly against kin-openapi, for every request schema of
// every document, with values that nearly fit.
func TestQuickAgreesWithKin(t *testing.T) {
	rounds := 400
	if testing.Short() {
		rounds = 40
	}
	r := rand.New(rand.NewPCG(5, 5))
	for _, name := range wire.SortedKeys(documents()) {
		doc, err := Load(name, documents()[name], Whole)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range doc.Operations() {
			for _, s := range requestSchemas(op) {
				fitted, accepted := 0, 0
				for range rounds {
					value := nearly(r, s, 0)
					fitting, quickly := fits(s, value), quickOf(s).accepts(value)
					if quickly && !fitting {
						text, _ := json.Marshal(value)
						t.Fatalf("%s: accepted, but %v\n%s", op.ID, s.VisitJSON(value), text)
					}
					if fitting {
						fitted++
					}
					if quickly {
						accepted++
					}
				}
				if accepted*2 < fitted {
					t.Errorf("%s: of %d bodies that fit only %d are accepted quickly", op.ID, fitted, accepted)
				}
			}
		}
	}
}

// fits asks kin-openapi.
func fits(schema *openapi3.Schema, value any) bool {
	return validate(schema, value, openapi3.VisitAsRequest()) == nil
}

func requestSchemas(op *Operation) []*openapi3.Schema {
	var out []*openapi3.Schema
	for _, v := range op.details().variants {
		out = append(out, v.schema)
	}
	for _, p := range op.details().params {
		out = append(out, p.Schema.Value)
	}
	return out
}

// nearly makes a value that fits a schema, but for a fault here and there.
func nearly(r *rand.Rand, s *openapi3.Schema, deep int) any {
	if r.IntN(60) == 0 || deep > 8 {
		return odd(r)
	}
	for _, refs := range []openapi3.SchemaRefs{s.AnyOf, s.OneOf, s.AllOf} {
		if len(refs) > 0 {
			return nearly(r, refs[r.IntN(len(refs))].Value, deep+1)
		}
	}
	if s.Nullable && r.IntN(12) == 0 {
		return nil
	}
	if len(s.Enum) > 0 {
		if word, isNumber := s.Enum[r.IntN(len(s.Enum))].(float64); isNumber {
			return json.Number(fmt.Sprint(word))
		}
		return s.Enum[r.IntN(len(s.Enum))]
	}
	switch typeName(s) {
	case openapi3.TypeString:
		return text(r, s)
	case openapi3.TypeInteger, openapi3.TypeNumber:
		return number(r, s)
	case openapi3.TypeBoolean:
		return r.IntN(2) == 0
	case openapi3.TypeArray:
		out := []any{}
		for range int(s.MinItems) + r.IntN(3) {
			out = append(out, nearly(r, s.Items.Value, deep+1))
		}
		return out
	case openapi3.TypeObject:
		return members(r, s, deep)
	}
	return odd(r)
}

func members(r *rand.Rand, s *openapi3.Schema, deep int) any {
	out := map[string]any{}
	for _, name := range wire.SortedKeys(s.Properties) {
		if slices.Contains(s.Required, name) && r.IntN(60) > 0 || r.IntN(3) == 0 {
			out[name] = nearly(r, s.Properties[name].Value, deep+1)
		}
	}
	if ref := s.AdditionalProperties.Schema; ref != nil {
		n := r.IntN(4)
		if s.MaxProps != nil && r.IntN(8) == 0 {
			n = int(*s.MaxProps) + r.IntN(3) - 1
		}
		for i := range n {
			out[fmt.Sprint("k", i)] = nearly(r, ref.Value, deep+1)
		}
	}
	if r.IntN(40) == 0 {
		out["unknown"] = odd(r)
	}
	return out
}

// patterned are texts that fit the patterns of our documents, one at least for each.
var patterned = []string{"usd", "12.50", "200", "Main Street 1", "order.paid", "cus_1", "cs_1", "ch_1", "cl_1", "csli_1", "pi_1", "pm_1", "price_1", "prod_1", "ref_1", "we_1"}

func text(r *rand.Rand, s *openapi3.Schema) any {
	samples := map[string][]string{
		"uuid": {"0f0c3f2e-7a4b-4a52-8d2c-6f1f6c2f9d11"}, "uuid4": {"0f0c3f2e-7a4b-4a52-8d2c-6f1f6c2f9d11"}, "email": {"a@example.com"},
		"date-time": {"2026-11-21T10:00:00Z"}, "date": {"2026-11-21"}, "uri": {"https://example.com/x"}, "http-url": {"http://example.com"}, "ip": {"127.0.0.1"},
	}
	if of := samples[s.Format]; of != nil && r.IntN(10) > 0 {
		return of[0]
	}
	if s.Pattern != "" && r.IntN(10) > 0 {
		form := regexp.MustCompile(s.Pattern)
		return strings.Join(slices.DeleteFunc(slices.Clone(patterned), func(t string) bool { return !form.MatchString(t) })[:1], "")
	}
	n := int(s.MinLength)
	if r.IntN(2) == 0 {
		n += r.IntN(5)
	}
	if s.MaxLength != nil && r.IntN(8) == 0 {
		n = int(min(*s.MaxLength, 4000)) + r.IntN(3) - 1
	}
	return strings.Repeat([]string{"a", "7", "é", "😀"}[r.IntN(4)], max(n, 0))
}

func number(r *rand.Rand, s *openapi3.Schema) any {
	n := r.Int64N(1000)
	if s.Min != nil && r.IntN(3) == 0 {
		n = int64(*s.Min) + r.Int64N(3) - 1
	}
	if s.Max != nil && r.IntN(3) == 0 {
		n = int64(*s.Max) + r.Int64N(3) - 1
	}
	return json.Number([]string{fmt.Sprint(n), fmt.Sprint(n), fmt.Sprint(n), fmt.Sprint(n, ".5"), fmt.Sprint(n, "e2"), fmt.Sprint(-n), "1e400"}[r.IntN(7)])
}

func odd(r *rand.Rand) any {
	return []any{nil, true, "", "x", json.Number("0"), json.Number("-1.5"), json.Number("99999999999999999999"), []any{}, []any{"x", nil}, map[string]any{}, map[string]any{"x": nil}}[r.IntN(11)]
}

func TestQuickAsksAboutWhatItDoesNotKnow(t *testing.T) {
	limit := 3.0
	for name, s := range map[string]*openapi3.Schema{
		"pattern":   {Type: &openapi3.Types{"string"}, Pattern: `^\u00e9+$`},
		"lookahead": {Type: &openapi3.Types{"string"}, Pattern: "^(?=a)"},
		"no length": {Type: &openapi3.Types{"string"}, MaxLength: new(uint64)},
		"multiple":  {Type: &openapi3.Types{"integer"}, MultipleOf: &limit},
		"exclusive": {Type: &openapi3.Types{"integer"}, ExclusiveMax: openapi3.ExclusiveBound{Value: &limit}},
		"all of":    {AllOf: openapi3.SchemaRefs{{Value: &openapi3.Schema{Type: &openapi3.Types{"string"}}}}},
		"not":       {Type: &openapi3.Types{"string"}, Not: &openapi3.SchemaRef{Value: &openapi3.Schema{Enum: []any{"b"}}}},
		"unique":    {Type: &openapi3.Types{"array"}, UniqueItems: true},
		"untyped":   {MinLength: 2},
		"objects":   {Type: &openapi3.Types{"object"}, Enum: []any{map[string]any{}}},
		"two types": {Type: &openapi3.Types{"string", "null"}},
	} {
		if !quickOf(s).Ask {
			t.Errorf("%s is judged without kin-openapi", name)
		}
	}
}

func BenchmarkBody(b *testing.B) {
	doc, err := Load("polar", Polar, Whole)
	if err != nil {
		b.Fatal(err)
	}
	body, err := wire.Parse([]byte(`{"products":["0f0c3f2e-7a4b-4a52-8d2c-6f1f6c2f9d11"],"customer_email":"ada@example.com","customer_name":"Ada Lovelace",` +
		`"customer_billing_address":{"country":"FR","line1":"1 rue de la Paix","postal_code":"75002","city":"Paris"},"metadata":{"order":"1001","cart":"a-b-c"}}`))
	if err != nil {
		b.Fatal(err)
	}
	op := doc.Operation("createCheckout")
	schema := op.details().variants[0].schema
	b.Run("quick", func(b *testing.B) {
		for b.Loop() {
			if _, faults := op.Body(body); faults != nil {
				b.Fatal(faults)
			}
		}
	})
	b.Run("kin", func(b *testing.B) {
		for b.Loop() {
			_ = validate(schema, body, openapi3.VisitAsRequest())
		}
	})
}
