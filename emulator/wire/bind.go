package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// BindError says which value of a tree does not fit the struct it was bound to. It happens when a
// value is valid for the document but not for us, such as an integer beyond 64 bits.
type BindError struct {
	Path  []any
	Want  string // the Go kind that was wanted
	Value any
}

func (e *BindError) Error() string {
	return fmt.Sprintf("%v: %v does not fit %s", e.Path, e.Value, e.Want)
}

// Bind copies a tree made by [Parse] into *dst: structs by their json tags, pointers (null is nil),
// slices, string-keyed maps, [Optional], [json.Number] as text, and any as the tree itself. Members
// that dst does not have are left out; null leaves a plain field at its zero value. The tree is not
// copied: what is bound as any, []any or map[string]any shares it.
func Bind(tree any, dst any, path ...any) error {
	if o, ok := dst.(treeReader); ok {
		return below(o.fromTree(tree), path...)
	}
	return below(bind(tree, reflect.ValueOf(dst).Elem()), path...)
}

type treeReader interface {
	fromTree(tree any) error
}

// below puts a path before that of an error. It is made up only once there is one.
func below(err error, path ...any) error {
	if err == nil || len(path) == 0 {
		return err
	}
	var e *BindError
	if errors.As(err, &e) {
		e.Path = append(path[:len(path):len(path)], e.Path...)
	}
	return err
}

var (
	numberType     = reflect.TypeFor[json.Number]()
	treeReaderType = reflect.TypeFor[treeReader]()
)

func bind(tree any, dst reflect.Value) error {
	if dst.Kind() == reflect.Struct && dst.CanAddr() {
		if o, ok := dst.Addr().Interface().(treeReader); ok {
			return o.fromTree(tree)
		}
	}
	if tree == nil {
		dst.SetZero()
		return nil
	}
	switch dst.Kind() {
	case reflect.Pointer:
		v := reflect.New(dst.Type().Elem())
		if err := bind(tree, v.Elem()); err != nil {
			return err
		}
		dst.Set(v)
		return nil
	case reflect.Interface:
		dst.Set(reflect.ValueOf(tree))
		return nil
	case reflect.Struct:
		return bindStruct(tree, dst)
	case reflect.Slice:
		return bindSlice(tree, dst)
	case reflect.Map:
		return bindMap(tree, dst)
	default:
		return bindScalar(tree, dst)
	}
}

func bindStruct(tree any, dst reflect.Value) error {
	m, ok := tree.(map[string]any)
	if !ok {
		return mismatch(tree, dst)
	}
	for _, f := range planOf(dst.Type()) {
		v, sent := m[f.name]
		if !sent {
			continue
		}
		if err := bind(v, dst.FieldByIndex(f.index)); err != nil {
			return below(err, f.name)
		}
	}
	return nil
}

func bindSlice(tree any, dst reflect.Value) error {
	a, ok := tree.([]any)
	if !ok {
		return mismatch(tree, dst)
	}
	if dst.Type() == reflect.TypeFor[[]any]() {
		dst.Set(reflect.ValueOf(a))
		return nil
	}
	out := reflect.MakeSlice(dst.Type(), len(a), len(a))
	for i, e := range a {
		if err := bind(e, out.Index(i)); err != nil {
			return below(err, i)
		}
	}
	dst.Set(out)
	return nil
}

func bindMap(tree any, dst reflect.Value) error {
	m, ok := tree.(map[string]any)
	if !ok {
		return mismatch(tree, dst)
	}
	if dst.Type() == reflect.TypeFor[map[string]any]() {
		dst.Set(reflect.ValueOf(m))
		return nil
	}
	out := reflect.MakeMapWithSize(dst.Type(), len(m))
	for _, k := range SortedKeys(m) {
		v := reflect.New(dst.Type().Elem()).Elem()
		if err := bind(m[k], v); err != nil {
			return below(err, k)
		}
		out.SetMapIndex(reflect.ValueOf(k).Convert(dst.Type().Key()), v)
	}
	dst.Set(out)
	return nil
}

func bindScalar(tree any, dst reflect.Value) error {
	switch v := tree.(type) {
	case string:
		if dst.Kind() == reflect.String && dst.Type() != numberType {
			dst.SetString(v)
			return nil
		}
	case bool:
		if dst.Kind() == reflect.Bool {
			dst.SetBool(v)
			return nil
		}
	case json.Number:
		return bindNumber(v, dst)
	}
	return mismatch(tree, dst)
}

func bindNumber(n json.Number, dst reflect.Value) error {
	switch {
	case dst.Type() == numberType:
		dst.SetString(string(n))
		return nil
	case dst.CanInt():
		if i, ok := integer(string(n)); ok && !dst.OverflowInt(i) {
			dst.SetInt(i)
			return nil
		}
	case dst.CanUint():
		if i, ok := natural(string(n)); ok && !dst.OverflowUint(i) {
			dst.SetUint(i)
			return nil
		}
	case dst.CanFloat():
		if f, err := n.Float64(); err == nil {
			dst.SetFloat(f)
			return nil
		}
	}
	return mismatch(n, dst)
}

// integer reads a JSON number that is whole, also when written 5.0 or 5e2.
func integer(text string) (int64, bool) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i, true
	}
	if !strings.ContainsAny(text, ".eE") {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != float64(int64(f)) || f >= 1<<53 || f <= -1<<53 {
		return 0, false
	}
	return int64(f), true
}

// natural is [integer] for numbers from 0.
func natural(text string) (uint64, bool) {
	if i, err := strconv.ParseUint(text, 10, 64); err == nil {
		return i, true
	}
	i, ok := integer(text)
	return uint64(i), ok && i >= 0
}

func mismatch(tree any, dst reflect.Value) error {
	return &BindError{Want: dst.Kind().String(), Value: tree}
}

type planned struct {
	name   string
	index  []int
	of     reflect.Type
	nested bool // may hold members that nobody knows
}

var plans sync.Map // reflect.Type → []planned

func planOf(t reflect.Type) []planned {
	if p, ok := plans.Load(t); ok {
		return p.([]planned)
	}
	plan := make([]planned, 0, t.NumField())
	for f := range visible(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "" && name != "-" {
			plan = append(plan, planned{name: name, index: f.Index, of: f.Type, nested: holdsStructs(f.Type)})
		}
	}
	plans.Store(t, plan)
	return plan
}

// visible is [reflect.VisibleFields], which takes memory for each field that most structs do not need.
func visible(t reflect.Type) iter.Seq[reflect.StructField] {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if t.Field(i).Anonymous {
				slices.Values(reflect.VisibleFields(t))(yield)
				return
			}
		}
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// Unknown returns the paths of members in tree that the struct type of dst has no field for.
func Unknown(tree any, dst any) [][]any {
	return unknown(tree, reflect.TypeOf(dst).Elem())
}

func unknown(tree any, t reflect.Type) (found [][]any) {
	in := func(name any, paths [][]any) {
		for _, path := range paths {
			found = append(found, append([]any{name}, path...))
		}
	}
	t = contentType(t)
	switch v := tree.(type) {
	case []any:
		if t.Kind() == reflect.Slice && holdsStructs(t.Elem()) {
			for i, e := range v {
				in(i, unknown(e, t.Elem()))
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return found
		}
		known := planOf(t)
		sent := 0
		for _, f := range known {
			child, ok := v[f.name]
			if !ok {
				continue
			}
			sent++
			if f.nested {
				if paths := unknown(child, f.of); paths != nil {
					in(f.name, paths)
				}
			}
		}
		if sent == len(v) {
			return found
		}
		for _, k := range SortedKeys(v) {
			if !slices.ContainsFunc(known, func(f planned) bool { return f.name == k }) {
				found = append(found, []any{k})
			}
		}
	}
	return found
}

// contentType is the type behind pointers and [Optional].
func contentType(t reflect.Type) reflect.Type {
	for {
		switch {
		case t.Kind() == reflect.Pointer:
			t = t.Elem()
		case t.Kind() == reflect.Struct && reflect.PointerTo(t).Implements(treeReaderType):
			t = t.Field(0).Type
		default:
			return t
		}
	}
}

// holdsStructs reports whether values of a type may have members that a struct does not know.
func holdsStructs(t reflect.Type) bool {
	t = contentType(t)
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Slice && holdsStructs(t.Elem())
}
