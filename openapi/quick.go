package openapi

import (
	"encoding/json"
	"reflect"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// quick is a schema made ready to accept what surely fits it. What it does not accept need not be wrong:
// kin-openapi judges that, and words the refusal. It takes a tenth of the time, as it needs no order of
// members, no path and no error; a test holds the two together.
type quick struct {
	schema   *openapi3.Schema
	ask      bool // kin-openapi about everything: the schema has what is not known here
	any      bool // everything but null fits
	null     bool
	kind     string
	words    []string // of an enumeration; nil: none
	min, max *float64
	above    bool // min itself does not fit
	below    bool // max itself does not fit
	short    int  // lengths of strings, arrays and objects
	long     int  // -1: any
	format   openapi3.StringFormatValidator
	members  map[string]*quick
	required []string
	more     bool   // further members may stand there
	others   *quick // what they are; nil: anything
	items    *quick
	union    []*quick // one of which must fit
}

var quicks sync.Map // *openapi3.Schema → *quick

func quickOf(s *openapi3.Schema) *quick {
	if q, ok := quicks.Load(s); ok {
		return q.(*quick)
	}
	made := map[*openapi3.Schema]*quick{}
	q := compileQuick(s, made)
	for of, one := range made {
		quicks.LoadOrStore(of, one)
	}
	return q
}

// compileQuick makes a schema ready; made holds those of this round, which may refer to each other.
func compileQuick(s *openapi3.Schema, made map[*openapi3.Schema]*quick) *quick {
	if q := made[s]; q != nil {
		return q
	}
	q := &quick{schema: s, kind: typeName(s), null: s.Nullable, min: s.Min, max: s.Max, short: int(s.MinLength), long: -1, required: s.Required}
	made[s] = q
	switch {
	case s.IsEmpty() && len(s.AnyOf)+len(s.AllOf)+len(s.OneOf) == 0:
		q.any = true
		return q
	case !known(s) || len(s.Type.Slice()) > 1:
		q.ask = true
		return q
	}
	for _, ref := range s.AnyOf {
		q.union = append(q.union, compileQuick(ref.Value, made))
	}
	if q.union != nil {
		q.ask = !onlyUnion(s)
		return q
	}
	q.ask = q.kind == ""
	for _, word := range s.Enum {
		if text, ok := word.(string); ok {
			q.words = append(q.words, text)
		} else if word != nil {
			q.ask = true
		}
	}
	q.ask = q.ask || len(s.Enum) > 0 && q.words == nil // nothing but null
	q.above, q.below = s.ExclusiveMin.IsTrue(), s.ExclusiveMax.IsTrue()
	q.bounds(s)
	if s.Format != "" && q.kind == openapi3.TypeString {
		q.format = stringFormats[s.Format]
		q.ask = q.ask || q.format == nil
	}
	if s.Items != nil {
		q.items = compileQuick(s.Items.Value, made)
	}
	q.object(s, made)
	return q
}

// bounds takes over the lengths.
func (q *quick) bounds(s *openapi3.Schema) {
	most := s.MaxLength
	switch q.kind {
	case openapi3.TypeArray:
		q.short, most = int(s.MinItems), s.MaxItems
	case openapi3.TypeObject:
		q.short, most = int(s.MinProps), s.MaxProps
	}
	if most != nil {
		q.long = int(*most)
	}
}

func (q *quick) object(s *openapi3.Schema, made map[*openapi3.Schema]*quick) {
	q.more = s.AdditionalProperties.Has == nil || *s.AdditionalProperties.Has
	if ref := s.AdditionalProperties.Schema; ref != nil {
		q.others = compileQuick(ref.Value, made)
	}
	if len(s.Properties) > 0 {
		q.members = make(map[string]*quick, len(s.Properties))
	}
	for name, ref := range s.Properties {
		q.members[name] = compileQuick(ref.Value, made)
	}
}

// known reports whether a schema has nothing but what is looked at here, and what only describes it.
func known(s *openapi3.Schema) bool {
	rest := *s
	rest.Extensions, rest.Origin, rest.Title, rest.Description, rest.Default = nil, nil, "", "", nil
	rest.Example, rest.ExternalDocs, rest.Deprecated = nil, nil, false
	rest.AnyOf, rest.Type, rest.Format, rest.Enum, rest.Nullable = nil, nil, "", nil, false
	rest.Min, rest.Max, rest.MinLength, rest.MaxLength, rest.MinItems, rest.MaxItems, rest.Items = nil, nil, 0, nil, 0, nil, nil
	if rest.ExclusiveMin.Value == nil && rest.ExclusiveMax.Value == nil { // as OpenAPI 3.0 has them
		rest.ExclusiveMin, rest.ExclusiveMax = openapi3.ExclusiveBound{}, openapi3.ExclusiveBound{}
	}
	rest.Required, rest.Properties, rest.AdditionalProperties = nil, nil, openapi3.AdditionalProperties{}
	rest.MinProps, rest.MaxProps = 0, nil
	return reflect.DeepEqual(rest, openapi3.Schema{})
}

// onlyUnion reports whether a schema with a union has nothing else.
func onlyUnion(s *openapi3.Schema) bool {
	rest := *s
	rest.AnyOf, rest.Nullable = nil, false
	return rest.IsEmpty()
}

// accepts reports whether a value surely fits.
func (q *quick) accepts(value any) bool {
	switch {
	case q.ask:
		return fits(q.schema, value)
	case value == nil:
		return q.null
	case q.any:
		return true
	case q.union != nil:
		return slices.ContainsFunc(q.union, func(one *quick) bool { return one.accepts(value) })
	}
	switch v := value.(type) {
	case string:
		return q.kind == openapi3.TypeString && q.acceptsText(v)
	case bool:
		return q.kind == openapi3.TypeBoolean && q.words == nil
	case json.Number:
		return (q.kind == openapi3.TypeInteger || q.kind == openapi3.TypeNumber) && q.acceptsNumber(v)
	case []any:
		return q.kind == openapi3.TypeArray && q.acceptsItems(v)
	case map[string]any:
		return q.kind == openapi3.TypeObject && q.acceptsMembers(v)
	}
	return false
}

func (q *quick) acceptsText(v string) bool {
	if q.words != nil && !slices.Contains(q.words, v) {
		return false
	}
	if q.short > 0 && utf8.RuneCountInString(v) < q.short {
		return false
	}
	if q.long >= 0 && len(v) > q.long && utf8.RuneCountInString(v) > q.long {
		return false
	}
	return q.format == nil || q.format.Validate(v) == nil
}

// digitsAtMost is how many digits a number may have to be exact in a float64.
const digitsAtMost = 15

// acceptsNumber accepts whole numbers of a usual size.
func (q *quick) acceptsNumber(v json.Number) bool {
	if len(v) > digitsAtMost || q.words != nil || q.schema.Format != "" && !slices.Contains(numberFormats, q.schema.Format) {
		return fits(q.schema, v)
	}
	n, err := v.Int64()
	if err != nil || q.schema.Format == "int32" && n != int64(int32(n)) {
		return fits(q.schema, v)
	}
	f := float64(n)
	if q.min != nil && (f < *q.min || q.above && f == *q.min) {
		return false
	}
	return q.max == nil || f < *q.max || !q.below && f == *q.max
}

func (q *quick) acceptsItems(v []any) bool {
	if len(v) < q.short || q.long >= 0 && len(v) > q.long || q.words != nil {
		return false
	}
	if q.items != nil {
		for _, one := range v {
			if !q.items.accepts(one) {
				return false
			}
		}
	}
	return true
}

func (q *quick) acceptsMembers(v map[string]any) bool {
	if len(v) < q.short || q.long >= 0 && len(v) > q.long || q.words != nil {
		return false
	}
	for _, name := range q.required {
		if _, ok := v[name]; !ok {
			return false
		}
	}
	for name, one := range v {
		of, declared := q.members[name]
		switch {
		case declared:
		case !q.more:
			return false
		case q.others != nil:
			of = q.others
		default:
			continue
		}
		if !of.accepts(one) {
			return false
		}
	}
	return true
}

// fits asks kin-openapi.
func fits(schema *openapi3.Schema, value any) bool {
	return schema.VisitJSON(value, openapi3.VisitAsRequest(), openapi3.WithStringFormatValidators(stringFormats), openapi3.FailFast()) == nil
}
