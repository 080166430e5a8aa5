package wire

import (
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// encoder appends a value of its type.
type encoder func(dst []byte, v reflect.Value) ([]byte, error)

var (
	encoders          sync.Map // reflect.Type → encoder
	appenderType      = reflect.TypeFor[Appender]()
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// encoderOf returns what writes a type as encoding/json does. Looking at a type takes longer than writing
// a value of it, so that it is done once.
func encoderOf(t reflect.Type) encoder {
	if e, ok := encoders.Load(t); ok {
		return e.(encoder)
	}
	e, _ := encoders.LoadOrStore(t, newEncoder(t))
	return e.(encoder)
}

// appendValue appends any value.
func appendValue(dst []byte, v reflect.Value) ([]byte, error) {
	if !v.IsValid() {
		return append(dst, "null"...), nil
	}
	return encoderOf(v.Type())(dst, v)
}

// newEncoder leaves to encoding/json what is rare: types that write themselves, floats, bytes.
func newEncoder(t reflect.Type) encoder {
	switch {
	case isOptional(t):
		return optionalWriter(t)
	case t == numberType:
		return numberWriter
	case t == rawType:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return appendRaw(dst, v.String()), nil }
	case t == timeType:
		return timeWriter
	case t.Implements(appenderType):
		return ownAppender
	case ownWriter(t):
		return standard
	}
	switch t.Kind() {
	case reflect.String:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return AppendString(dst, v.String()), nil }
	case reflect.Bool:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(dst, v.Bool()), nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(dst, v.Int(), 10), nil }
	case reflect.Uint64:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return strconv.AppendUint(dst, v.Uint(), 10), nil }
	case reflect.Interface:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return appendValue(dst, v.Elem()) }
	case reflect.Pointer:
		return pointerWriter(t)
	case reflect.Slice:
		return sliceWriter(t)
	case reflect.Map:
		return mapWriter(t)
	case reflect.Struct:
		return structWriter(t)
	}
	return standard
}

// ownWriter reports whether a type, or a pointer to it, writes itself.
func ownWriter(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(marshalerType) || p.Implements(textMarshalerType)
}

// standard is encoding/json, which has a pointer write itself where there can be one.
func standard(dst []byte, v reflect.Value) ([]byte, error) {
	if v.CanAddr() {
		v = v.Addr()
	}
	w := writers.Get().(*writer)
	defer writers.Put(w)
	w.buf.Reset()
	if err := w.enc.Encode(v.Interface()); err != nil {
		return dst, err
	}
	return append(dst, w.buf.Bytes()[:w.buf.Len()-len("\n")]...), nil
}

// isOptional reports whether a type is an [Optional].
func isOptional(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && reflect.PointerTo(t).Implements(treeReaderType)
}

// optionalWriter knows the fields of an [Optional] by their places.
func optionalWriter(t reflect.Type) encoder {
	const value, set, null = 0, 1, 2
	write := encoderOf(t.Field(value).Type)
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		if !v.Field(set).Bool() || v.Field(null).Bool() {
			return append(dst, "null"...), nil
		}
		return write(dst, v.Field(value))
	}
}

// Appender is a type that writes itself: one value of JSON without white space.
type Appender interface {
	AppendJSON(dst []byte) ([]byte, error)
}

func ownAppender(dst []byte, v reflect.Value) ([]byte, error) {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return append(dst, "null"...), nil
	}
	return v.Interface().(Appender).AppendJSON(dst)
}

func timeWriter(dst []byte, v reflect.Value) ([]byte, error) {
	if out := appendInstant(dst, v.Interface().(time.Time)); out != nil {
		return out, nil
	}
	return standard(dst, v)
}

// appendInstant appends an instant in UTC; nil: it is of another zone, whose offset encoding/json judges, or
// of another age.
func appendInstant(dst []byte, t time.Time) []byte {
	if year := t.Year(); year < 0 || year > 9999 || t.Location() != time.UTC {
		return nil
	}
	dst = appendSeconds(append(dst, '"'), t)
	if fraction, digits := t.Nanosecond(), 9; fraction > 0 {
		for fraction%10 == 0 {
			fraction, digits = fraction/10, digits-1
		}
		dst = padded(append(dst, '.'), fraction, digits)
	}
	return append(dst, 'Z', '"')
}

func numberWriter(dst []byte, v reflect.Value) ([]byte, error) {
	if n := v.String(); isNumber(n) {
		return append(dst, n...), nil
	}
	return standard(dst, v)
}

func pointerWriter(t reflect.Type) encoder {
	write := placeOf(t.Elem())
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		return write()(dst, v.UnsafePointer())
	}
}

func sliceWriter(t reflect.Type) encoder {
	if t.Elem().Kind() == reflect.Uint8 {
		return standard
	}
	write, size := placeOf(t.Elem()), t.Elem().Size()
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		return appendElements(dst, v.UnsafePointer(), v.Len(), size, write())
	}
}

func mapWriter(t reflect.Type) encoder {
	switch {
	case t == treeType:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return appendTree(dst, v.Interface()) }
	case t.Key().Kind() != reflect.String || ownWriter(t.Key()):
		return standard
	}
	write := sync.OnceValue(func() encoder { return encoderOf(t.Elem()) })
	return func(dst []byte, v reflect.Value) (_ []byte, err error) {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		dst = append(dst, '{')
		for i, key := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendString(dst, key.String()), ':')
			if dst, err = write()(dst, v.MapIndex(key)); err != nil {
				return dst, err
			}
		}
		return append(dst, '}'), nil
	}
}

// member is a field of a struct as it is written.
type member struct {
	index  []int
	offset uintptr // of it in the struct
	name   string  // with the comma before it and the colon
	omit   func(reflect.Value) bool
	write  func() encoder
	// Instead of omit and write where the struct has an address.
	zero   func(at unsafe.Pointer) bool
	place  func() placeWriter
	text   bool // it is a plain string, as most are
	sparse bool // and left out when it is ""
}

func structWriter(t reflect.Type) encoder {
	members, ok := membersOf(t)
	if !ok {
		return standard
	}
	return func(dst []byte, v reflect.Value) (_ []byte, err error) {
		if v.CanAddr() {
			return appendMembers(dst, v.Addr().UnsafePointer(), members)
		}
		dst = append(dst, '{')
		first := len(dst)
		for i := range members {
			m := &members[i]
			f := v.Field(m.index[0])
			for _, at := range m.index[1:] {
				f = f.Field(at)
			}
			if m.omit != nil && m.omit(f) {
				continue
			}
			if dst, err = m.write()(m.appendName(dst, len(dst) == first), f); err != nil {
				return dst, err
			}
		}
		return append(dst, '}'), nil
	}
}

func (m *member) appendName(dst []byte, first bool) []byte {
	if first {
		return append(dst, m.name[1:]...)
	}
	return append(dst, m.name...)
}

// membersOf lists what is written of a struct; ok is false where its tags or what is embedded in it take
// more than is done here.
func membersOf(t reflect.Type) (members []member, ok bool) {
	names := make(map[string]bool, t.NumField())
	members = make([]member, 0, t.NumField())
	for f := range visible(t) {
		tag := f.Tag.Get("json")
		switch {
		case f.Anonymous && (f.Type.Kind() != reflect.Struct || tag != ""):
			return nil, false
		case f.Anonymous || !f.IsExported() || tag == "-":
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		name = cmp.Or(name, f.Name)
		m := member{index: f.Index, name: "," + string(AppendString(nil, name)) + ":", write: sync.OnceValue(func() encoder { return encoderOf(f.Type) })}
		m.offset, m.place = offsetOf(t, f.Index), placeOf(f.Type)
		known := options == ""
		if options == "omitzero" {
			m.omit, known = zeroOf(f.Type)
			m.zero = zeroAt(f.Type, m.omit)
		}
		m.text = f.Type.Kind() == reflect.String && f.Type != rawType && f.Type != numberType && !ownWriter(f.Type) && !reflect.PointerTo(f.Type).Implements(appenderType)
		m.sparse = m.omit != nil
		m.text = m.text && (!m.sparse || !reflect.PointerTo(f.Type).Implements(zeroerType))
		if !known || names[name] || !plainName(name) {
			return nil, false
		}
		names[name] = true
		members = append(members, m)
	}
	return members, true
}

// plainName reports whether encoding/json surely takes a name as it stands in a tag.
func plainName(name string) bool {
	return !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.'
	})
}

// zeroOf returns what says whether a value is left out as zero: the type itself when it can.
func zeroOf(t reflect.Type) (zero func(reflect.Value) bool, ok bool) {
	switch {
	case isOptional(t):
		return func(v reflect.Value) bool { return !v.Field(1).Bool() }, true
	case !reflect.PointerTo(t).Implements(zeroerType):
		return reflect.Value.IsZero, true
	case t.Kind() == reflect.Struct && t.Implements(zeroerType):
		return func(v reflect.Value) bool { return v.Interface().(zeroer).IsZero() }, true
	}
	return nil, false
}

type zeroer interface{ IsZero() bool }

var zeroerType = reflect.TypeFor[zeroer]()
