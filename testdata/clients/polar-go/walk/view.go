package polarwalk

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
)

// view is what the SDK made of an answer, under the wire's names. It is the SDK's own value encoded
// again, so a field is there only if the SDK read it.
type view map[string]any

// of encodes an SDK's value again.
func of(value any) view {
	body, err := json.Marshal(value)
	must(err)
	var v view
	must(json.Unmarshal(body, &v))
	return v
}

// has wants each of these fields and panics naming the first that differs.
func (v view) has(want view) {
	for _, field := range slices.Sorted(maps.Keys(want)) {
		got, found := v[field]
		if !found {
			panic(fmt.Sprintf("%s is missing in %v", field, v))
		}
		equal(field, got, of(view{"": want[field]})[""])
	}
}

// with is v with other values for some fields.
func (v view) with(other view) view {
	out := maps.Clone(v)
	maps.Copy(out, of(other))
	return out
}

func (v view) text(field string) string {
	s, isText := v[field].(string)
	if !isText {
		panic(fmt.Sprintf("%s = %v; want a string", field, v[field]))
	}
	return s
}

func (v view) instant(field string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, v.text(field))
	must(err)
	return t
}

func (v view) child(field string) view {
	m, isObject := v[field].(map[string]any)
	if !isObject {
		panic(fmt.Sprintf("%s = %v; want an object", field, v[field]))
	}
	return m
}

func equal(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		panic(fmt.Sprintf("%s = %v; want %v", what, got, want))
	}
}

// typed wants an error of the SDK's class E.
func typed[E error](err error) E {
	var e E
	if !errors.As(err, &e) {
		panic(fmt.Sprintf("error = %T %v; want %T", err, err, e))
	}
	return e
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("%T: %v", err, err))
	}
}
