package openapi

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

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
	q := &quick{Kind: typeName(s), Null: s.Nullable, Min: s.Min, Max: s.Max, Required: s.Required}
	made[s] = q
	if s.IsEmpty() && len(s.AnyOf)+len(s.AllOf)+len(s.OneOf) == 0 {
		q.Any = true
		return q
	}
	for _, ref := range s.AnyOf {
		q.Union = append(q.Union, compileQuick(ref.Value, made))
	}
	if s.Items != nil {
		q.Items = compileQuick(s.Items.Value, made)
	}
	q.object(s, made)
	q.bounds(s)
	q.texts(s)
	switch {
	case !known(s) || len(s.Type.Slice()) > 1:
		q.Ask = true
	case q.Union != nil:
		q.Ask = !onlyUnion(s)
	case q.Kind == "":
		q.Ask = true
	case len(s.Enum) > 0 && q.Words == nil:
		q.Kind = "" // nothing but null fits
	}
	q.ready()
	return q
}

// bounds takes over the limits of numbers and lengths.
func (q *quick) bounds(s *openapi3.Schema) {
	q.Above, q.Below = s.ExclusiveMin.IsTrue(), s.ExclusiveMax.IsTrue()
	least, most := s.MinLength, s.MaxLength
	switch q.Kind {
	case openapi3.TypeArray:
		least, most = s.MinItems, s.MaxItems
	case openapi3.TypeObject:
		least, most = s.MinProps, s.MaxProps
	}
	q.Short = int(least)
	if most != nil {
		q.Long = int(*most)
		q.Ask = q.Ask || q.Long == 0
	}
}

// texts takes over what is said of how values are written: words, format, pattern.
func (q *quick) texts(s *openapi3.Schema) {
	for _, word := range s.Enum {
		fits := false // what is not of the kind never does
		switch word.(type) {
		case string:
			fits = q.Kind == openapi3.TypeString
		case bool:
			fits = q.Kind == openapi3.TypeBoolean
		case float64:
			fits = q.Kind == openapi3.TypeInteger || q.Kind == openapi3.TypeNumber
		case nil:
		default:
			q.Ask = true
		}
		if fits {
			q.Words = append(q.Words, fmt.Sprint(word)) // a number in another spelling costs a question
		}
	}
	q.Format, q.Pattern = s.Format, s.Pattern
	switch q.Kind {
	case openapi3.TypeInteger, openapi3.TypeNumber:
		q.Ask = q.Ask || q.Format != "" && !slices.Contains(numberFormats, q.Format)
	}
	if _, err := regexp.Compile(q.Pattern); err != nil || strings.Contains(q.Pattern, `\u`) { // which kin-openapi rewrites
		q.Ask, q.Pattern = true, ""
	}
}

func (q *quick) object(s *openapi3.Schema, made map[*openapi3.Schema]*quick) {
	q.Closed = s.AdditionalProperties.Has != nil && !*s.AdditionalProperties.Has
	if ref := s.AdditionalProperties.Schema; ref != nil {
		q.Others = compileQuick(ref.Value, made)
	}
	if len(s.Properties) > 0 {
		q.Members = make(map[string]*quick, len(s.Properties))
	}
	for name, ref := range s.Properties {
		q.Members[name] = compileQuick(ref.Value, made)
	}
}

// known reports whether a schema has nothing but what is looked at here, and what only describes it.
func known(s *openapi3.Schema) bool {
	rest := *s
	rest.Extensions, rest.Origin, rest.Title, rest.Description, rest.Default = nil, nil, "", "", nil
	rest.Example, rest.ExternalDocs, rest.Deprecated = nil, nil, false
	rest.AnyOf, rest.Type, rest.Format, rest.Pattern, rest.Enum, rest.Nullable = nil, nil, "", "", nil, false
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
