package wire

import (
	"encoding/json"
	"reflect"
	"strconv"
	"sync"
	"time"
)

// shape is what [Read] knows of a type.
type shape struct {
	fields map[string][]int // of a struct: name → index
	own    bool             // the type reads itself
}

var (
	shapes          sync.Map // reflect.Type → *shape
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	rawType         = reflect.TypeFor[Raw]()
	timeType        = reflect.TypeFor[time.Time]()
	treeType        = reflect.TypeFor[map[string]any]()
	textsType       = reflect.TypeFor[map[string]string]()
)

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s := &shape{own: reflect.PointerTo(t).Implements(unmarshalerType), fields: map[string][]int{}}
	if t.Kind() == reflect.Struct && !s.own {
		for _, f := range planOf(t) {
			s.fields[f.name] = f.index
		}
	}
	shapes.Store(t, s)
	return s
}

// value reads the next value into dst.
func (r *reader) value(dst reflect.Value) error {
	if r.peek() == 'n' && dst.Type() != rawType {
		return r.null(dst)
	}
	switch dst.Kind() {
	case reflect.String:
		return r.textual(dst)
	case reflect.Bool:
		w := r.word()
		dst.SetBool(w == "true")
		if w != "true" && w != "false" {
			return r.broken("it is neither true nor false")
		}
		return nil
	case reflect.Pointer:
		v := reflect.New(dst.Type().Elem())
		if err := r.value(v.Elem()); err != nil {
			return err
		}
		dst.Set(v)
		return nil
	case reflect.Struct:
		return r.object(dst)
	case reflect.Slice:
		return r.slice(dst)
	case reflect.Map:
		return r.dictionary(dst)
	case reflect.Interface:
		v, err := r.tree()
		if err == nil && v != nil {
			dst.Set(reflect.ValueOf(v))
		}
		return err
	}
	return r.numeric(dst)
}

func (r *reader) null(dst reflect.Value) error {
	if shapeOf(dst.Type()).own && dst.Kind() == reflect.Struct && dst.Type() != timeType {
		return r.ownValue(dst)
	}
	if r.word() != "null" {
		return r.broken("it is not a value of JSON")
	}
	switch dst.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		dst.SetZero()
		return nil
	}
	return r.broken("it is null")
}

func (r *reader) textual(dst reflect.Value) (err error) {
	var s string
	if dst.Type() == rawType {
		s, err = r.skip()
	} else if dst.Type() == numberType {
		s, err = r.number()
	} else if shapeOf(dst.Type()).own {
		return r.ownValue(dst)
	} else {
		s, err = r.str()
	}
	dst.SetString(s)
	return err
}

func (r *reader) numeric(dst reflect.Value) error {
	if shapeOf(dst.Type()).own {
		return r.ownValue(dst)
	}
	w, err := r.number()
	if err != nil {
		return err
	}
	switch {
	case dst.CanInt():
		if n, err := strconv.ParseInt(w, 10, 64); err == nil && !dst.OverflowInt(n) {
			dst.SetInt(n)
			return nil
		}
	case dst.CanUint():
		if n, err := strconv.ParseUint(w, 10, 64); err == nil && !dst.OverflowUint(n) {
			dst.SetUint(n)
			return nil
		}
	case dst.CanFloat():
		if f, err := strconv.ParseFloat(w, 64); err == nil {
			dst.SetFloat(f)
			return nil
		}
	}
	return r.broken(w + " does not fit " + dst.Kind().String())
}

// ownValue has a type read itself.
func (r *reader) ownValue(dst reflect.Value) error {
	raw, err := r.skip()
	if err != nil {
		return err
	}
	if !json.Valid([]byte(raw)) {
		return r.broken("it is not JSON")
	}
	if err := dst.Addr().Interface().(json.Unmarshaler).UnmarshalJSON([]byte(raw)); err != nil {
		return r.broken(err.Error())
	}
	return nil
}

func (r *reader) object(dst reflect.Value) error {
	if dst.Type() == timeType {
		s, err := r.str()
		if err != nil {
			return err
		}
		if err := dst.Addr().Interface().(*time.Time).UnmarshalText([]byte(s)); err != nil {
			return r.broken(strconv.Quote(s) + " is not an RFC 3339 instant")
		}
		return nil
	}
	known := shapeOf(dst.Type())
	if known.own {
		return r.ownValue(dst)
	}
	return r.members(func(name string) error {
		index, ok := known.fields[name]
		if !ok {
			return r.broken("nobody knows this member")
		}
		if len(index) == 1 {
			return r.value(dst.Field(index[0]))
		}
		return r.value(dst.FieldByIndex(index))
	})
}

func (r *reader) slice(dst reflect.Value) error {
	if shapeOf(dst.Type()).own || dst.Type().Elem().Kind() == reflect.Uint8 {
		return r.bytes(dst)
	}
	dst.Set(reflect.MakeSlice(dst.Type(), 0, 0))
	return r.elements(func(i int) error {
		dst.Grow(1)
		dst.SetLen(i + 1)
		return r.value(dst.Index(i))
	})
}

// bytes reads what encoding/json reads in its own way: [json.RawMessage] and base64.
func (r *reader) bytes(dst reflect.Value) error {
	raw, err := r.skip()
	if err == nil {
		err = json.Unmarshal([]byte(raw), dst.Addr().Interface())
	}
	if err != nil {
		return r.broken(err.Error())
	}
	return nil
}

func (r *reader) dictionary(dst reflect.Value) error {
	switch dst.Type() {
	case treeType:
		if r.peek() != '{' {
			return r.broken("it is not an object")
		}
		v, err := r.tree()
		if err == nil {
			dst.Set(reflect.ValueOf(v))
		}
		return err
	case textsType:
		out := map[string]string{}
		dst.Set(reflect.ValueOf(out))
		return r.members(func(name string) (err error) {
			out[name], err = r.str()
			return err
		})
	}
	out := reflect.MakeMap(dst.Type())
	dst.Set(out)
	return r.members(func(name string) error {
		v := reflect.New(dst.Type().Elem()).Elem()
		if err := r.value(v); err != nil {
			return err
		}
		out.SetMapIndex(reflect.ValueOf(name).Convert(dst.Type().Key()), v)
		return nil
	})
}
