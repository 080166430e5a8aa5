package wire

import (
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"
	"unsafe"
)

// placeWriter appends a value of its type from where it stands. It does what the encoder of the type does with
// a value that has an address, without reflection for what snapshots and answers are made of.
type placeWriter func(dst []byte, at unsafe.Pointer) ([]byte, error)

var placeWriters sync.Map // reflect.Type → func() placeWriter

// placeOf returns what makes the writer at first use: types may hold themselves.
func placeOf(t reflect.Type) func() placeWriter {
	if w, ok := placeWriters.Load(t); ok {
		return w.(func() placeWriter)
	}
	w, _ := placeWriters.LoadOrStore(t, sync.OnceValue(func() placeWriter { return newPlaceWriter(t) }))
	return w.(func() placeWriter)
}

func newPlaceWriter(t reflect.Type) placeWriter {
	switch t {
	case rawType:
		return func(dst []byte, at unsafe.Pointer) ([]byte, error) { return appendRaw(dst, *(*string)(at)), nil }
	case treeType:
		return func(dst []byte, at unsafe.Pointer) ([]byte, error) { return appendObject(dst, *(*map[string]any)(at)) }
	case textsType:
		return func(dst []byte, at unsafe.Pointer) ([]byte, error) {
			return appendTexts(dst, *(*map[string]string)(at)), nil
		}
	case timeType:
		return func(dst []byte, at unsafe.Pointer) ([]byte, error) {
			if out := appendInstant(dst, *(*time.Time)(at)); out != nil {
				return out, nil
			}
			return standard(dst, reflect.NewAt(t, at).Elem())
		}
	}
	switch {
	case reflect.PointerTo(t).Implements(appenderType):
		return func(dst []byte, at unsafe.Pointer) ([]byte, error) {
			return reflect.NewAt(t, at).Interface().(Appender).AppendJSON(dst)
		}
	case t == numberType || ownWriter(t) || isOptional(t):
		return reflected(t)
	}
	return plainPlace(t)
}

// plainPlace is newPlaceWriter for types that have no form of their own.
func plainPlace(t reflect.Type) placeWriter {
	switch t.Kind() {
	case reflect.String:
		return func(dst []byte, at unsafe.Pointer) ([]byte, error) { return AppendString(dst, *(*string)(at)), nil }
	case reflect.Bool:
		return func(dst []byte, at unsafe.Pointer) ([]byte, error) { return strconv.AppendBool(dst, *(*bool)(at)), nil }
	case reflect.Int:
		return func(dst []byte, at unsafe.Pointer) ([]byte, error) {
			return strconv.AppendInt(dst, int64(*(*int)(at)), 10), nil
		}
	case reflect.Int64:
		return func(dst []byte, at unsafe.Pointer) ([]byte, error) {
			return strconv.AppendInt(dst, *(*int64)(at), 10), nil
		}
	case reflect.Uint64:
		return func(dst []byte, at unsafe.Pointer) ([]byte, error) {
			return strconv.AppendUint(dst, *(*uint64)(at), 10), nil
		}
	case reflect.Pointer:
		return pointerPlace(t)
	case reflect.Slice:
		return slicePlace(t)
	case reflect.Struct:
		if members, ok := membersOf(t); ok {
			return func(dst []byte, at unsafe.Pointer) ([]byte, error) { return appendMembers(dst, at, members) }
		}
	}
	return reflected(t)
}

// reflected leaves a type to its encoder.
func reflected(t reflect.Type) placeWriter {
	write := encoderOf(t)
	return func(dst []byte, at unsafe.Pointer) ([]byte, error) { return write(dst, reflect.NewAt(t, at).Elem()) }
}

func pointerPlace(t reflect.Type) placeWriter {
	write := placeOf(t.Elem())
	return func(dst []byte, at unsafe.Pointer) ([]byte, error) {
		if p := *(*unsafe.Pointer)(at); p != nil {
			return write()(dst, p)
		}
		return append(dst, "null"...), nil
	}
}

func slicePlace(t reflect.Type) placeWriter {
	if t.Elem().Kind() == reflect.Uint8 {
		return reflected(t)
	}
	write, size := placeOf(t.Elem()), t.Elem().Size()
	return func(dst []byte, at unsafe.Pointer) ([]byte, error) {
		slice := *(*[]struct{})(at) // whose length is that of any other
		if slice == nil {
			return append(dst, "null"...), nil
		}
		return appendElements(dst, unsafe.Pointer(unsafe.SliceData(slice)), len(slice), size, write())
	}
}

// appendElements appends n values of a size that stand one after the other.
func appendElements(dst []byte, first unsafe.Pointer, n int, size uintptr, write placeWriter) (_ []byte, err error) {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = write(dst, unsafe.Add(first, uintptr(i)*size)); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// appendMembers appends the struct that stands at base.
func appendMembers(dst []byte, base unsafe.Pointer, members []member) (_ []byte, err error) {
	dst = append(dst, '{')
	first := len(dst)
	for i := range members {
		m := &members[i]
		at := unsafe.Add(base, m.offset)
		if m.text {
			if text := *(*string)(at); text != "" || !m.sparse {
				dst = AppendString(m.appendName(dst, len(dst) == first), text)
			}
			continue
		}
		if m.zero != nil && m.zero(at) {
			continue
		}
		if dst, err = m.place()(m.appendName(dst, len(dst) == first), at); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func appendTexts(dst []byte, texts map[string]string) []byte {
	switch {
	case texts == nil:
		return append(dst, "null"...)
	case len(texts) == 0:
		return append(dst, "{}"...)
	}
	members := make([]pair[string], 0, 8)
	for key, text := range texts {
		members = append(members, pair[string]{key, text})
	}
	slices.SortFunc(members, pair[string].compare)
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(append(AppendString(dst, m.key), ':'), m.value)
	}
	return append(dst, '}')
}

// zeroAt returns what says whether a value is zero where it stands: for most types at a look, else omit does.
func zeroAt(t reflect.Type, omit func(reflect.Value) bool) func(at unsafe.Pointer) bool {
	switch {
	case t == timeType:
		return func(at unsafe.Pointer) bool { return (*time.Time)(at).IsZero() }
	case isOptional(t) || reflect.PointerTo(t).Implements(zeroerType): // it knows itself
		return func(at unsafe.Pointer) bool { return omit(reflect.NewAt(t, at).Elem()) }
	}
	switch t.Kind() {
	case reflect.String:
		return func(at unsafe.Pointer) bool { return *(*string)(at) == "" }
	case reflect.Bool:
		return func(at unsafe.Pointer) bool { return !*(*bool)(at) }
	case reflect.Int:
		return func(at unsafe.Pointer) bool { return *(*int)(at) == 0 }
	case reflect.Int64, reflect.Uint64:
		return func(at unsafe.Pointer) bool { return *(*int64)(at) == 0 }
	case reflect.Pointer, reflect.Map, reflect.Slice: // all of which begin with a pointer
		return func(at unsafe.Pointer) bool { return *(*unsafe.Pointer)(at) == nil }
	}
	return func(at unsafe.Pointer) bool { return omit(reflect.NewAt(t, at).Elem()) }
}
