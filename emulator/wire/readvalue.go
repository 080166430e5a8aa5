package wire

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// decoder reads the next value into one of its type.
type decoder func(r *reader, dst reflect.Value) error

var (
	decoders        sync.Map // reflect.Type → decoder
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	rawType         = reflect.TypeFor[Raw]()
	timeType        = reflect.TypeFor[time.Time]()
	treeType        = reflect.TypeFor[map[string]any]()
	textsType       = reflect.TypeFor[map[string]string]()
)

// decoderOf returns what reads a type. Looking at a type takes longer than reading a value of it, so that
// it is done once.
func decoderOf(t reflect.Type) decoder {
	if d, ok := decoders.Load(t); ok {
		return d.(decoder)
	}
	d, _ := decoders.LoadOrStore(t, newDecoder(t))
	return d.(decoder)
}

// lazily is decoderOf at first use: types may hold themselves.
func lazily(t reflect.Type) func() decoder {
	return sync.OnceValue(func() decoder { return decoderOf(t) })
}

// ownReader reports whether a type reads itself.
func ownReader(t reflect.Type) bool { return reflect.PointerTo(t).Implements(unmarshalerType) }

func newDecoder(t reflect.Type) decoder {
	read := readerOf(t)
	if t == rawType {
		return read
	}
	ownNull := t.Kind() == reflect.Struct && t != timeType && ownReader(t)
	nullable := slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface}, t.Kind())
	return func(r *reader, dst reflect.Value) error {
		switch {
		case r.peek() != 'n':
			return read(r, dst)
		case ownNull:
			return r.ownValue(dst)
		case r.word() != "null":
			return r.broken("it is not a value of JSON")
		case nullable:
			dst.SetZero()
			return nil
		}
		return r.broken("it is null")
	}
}

// readerOf returns what reads the values of a type other than null.
func readerOf(t reflect.Type) decoder {
	switch t.Kind() {
	case reflect.String:
		return textReader(t)
	case reflect.Bool:
		return (*reader).boolean
	case reflect.Pointer:
		return pointerReader(t)
	case reflect.Struct:
		return structReader(t)
	case reflect.Slice:
		return sliceReader(t)
	case reflect.Map:
		return mapReader(t)
	case reflect.Interface:
		return (*reader).anything
	}
	if ownReader(t) {
		return (*reader).ownValue
	}
	return (*reader).numeric
}

func textReader(t reflect.Type) decoder {
	part := (*reader).number
	switch {
	case t == rawType:
		part = (*reader).skip
	case t == numberType:
	case ownReader(t):
		return (*reader).ownValue
	default:
		return (*reader).plain
	}
	return func(r *reader, dst reflect.Value) error {
		s, err := part(r)
		dst.SetString(s)
		return err
	}
}

func (r *reader) plain(dst reflect.Value) error {
	s, err := r.str()
	dst.SetString(s)
	return err
}

func (r *reader) boolean(dst reflect.Value) error {
	w := r.word()
	dst.SetBool(w == "true")
	if w != "true" && w != "false" {
		return r.broken("it is neither true nor false")
	}
	return nil
}

func (r *reader) anything(dst reflect.Value) error {
	v, err := r.tree()
	if err == nil && v != nil {
		dst.Set(reflect.ValueOf(v))
	}
	return err
}

func pointerReader(t reflect.Type) decoder {
	of, read := t.Elem(), lazily(t.Elem())
	return func(r *reader, dst reflect.Value) error {
		v := reflect.New(of)
		if err := read()(r, v.Elem()); err != nil {
			return err
		}
		dst.Set(v)
		return nil
	}
}

func (r *reader) numeric(dst reflect.Value) error {
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

func (r *reader) instant(dst reflect.Value) error {
	s, err := r.str()
	if err != nil {
		return err
	}
	into := dst.Addr().Interface().(*time.Time)
	if t, ok := instantUTC(s); ok {
		*into = t
		return nil
	}
	if err := into.UnmarshalText([]byte(s)); err != nil {
		return r.broken(strconv.Quote(s) + " is not an RFC 3339 instant")
	}
	return nil
}

// instantUTC reads an instant in UTC with up to nine decimals, which is how we write them; ok is false for
// anything else, or when it is no instant.
func instantUTC(s string) (t time.Time, ok bool) {
	const date, clock = "2006-01-02T", "15:04:05"
	const least = len(date) + len(clock) + len("Z")
	if len(s) < least || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' {
		return t, false
	}
	part := [...]int{0, 0, 0, 0, 0, 0}
	for i, at := range [...][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}} {
		if part[i], ok = digits(s[at[0]:at[1]]); !ok {
			return t, false
		}
	}
	nanos := 0
	if fraction := s[19 : len(s)-1]; fraction != "" {
		if nanos, ok = digits(fraction[1:]); !ok || fraction[0] != '.' || len(fraction) == 1 || len(fraction) > len(".999999999") {
			return t, false
		}
		for range len(".999999999") - len(fraction) {
			nanos *= 10
		}
	}
	t = time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], nanos, time.UTC)
	return t, part[1] >= 1 && part[1] <= 12 && t.Day() == part[2] && part[3] < 24 && part[4] < 60 && part[5] < 60
}

// digits reads a number without sign, of a few digits.
func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

func structReader(t reflect.Type) decoder {
	if t == timeType {
		return (*reader).instant
	}
	if ownReader(t) {
		return (*reader).ownValue
	}
	fields := fieldsOf(t)
	return func(r *reader, dst reflect.Value) error {
		if r.peek() != '{' {
			return r.broken("it is not an object")
		}
		at := 0
		more, err := r.open('}')
		for more && err == nil {
			if at, err = fields.next(r, at); err != nil {
				return err
			}
			f := &fields[at]
			if err = f.read(r, f.of(dst)); err != nil {
				return Below(err, f.name)
			}
			at++
			more, err = r.next('}')
		}
		return err
	}
}

// fields are those of a struct, in its order.
type fields []field

type field struct {
	name  string
	shown string // as it stands in what we have written ourselves, with the colon
	index []int
	read  decoder
}

func fieldsOf(t reflect.Type) (out fields) {
	for _, f := range planOf(t) {
		out = append(out, field{f.name, string(AppendString(nil, f.name)) + ":", f.index, decoderOf(f.of)})
	}
	return out
}

// next reads the name of a member and returns the place of its field, which usually is the next one from
// at on.
func (fs fields) next(r *reader, at int) (int, error) {
	r.peek()
	rest := r.text[r.at:]
	for i := at; i < len(fs); i++ {
		if strings.HasPrefix(rest, fs[i].shown) {
			r.at += len(fs[i].shown)
			return i, nil
		}
	}
	name, err := r.name()
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(fs, func(f field) bool { return f.name == name })
	if i < 0 {
		return 0, Below(r.broken("nobody knows this member"), name)
	}
	return i, nil
}

// of is the field in a struct.
func (f *field) of(v reflect.Value) reflect.Value {
	for _, i := range f.index {
		v = v.Field(i)
	}
	return v
}

// growAtMost is how many elements memory is taken for before they are seen.
const growAtMost = 4096

func sliceReader(t reflect.Type) decoder {
	if ownReader(t) || t.Elem().Kind() == reflect.Uint8 {
		return (*reader).bytes
	}
	read, empty := lazily(t.Elem()), reflect.MakeSlice(t, 0, 0)
	return func(r *reader, dst reflect.Value) error {
		if r.peek() != '[' {
			return r.broken("it is not an array")
		}
		start := r.at
		dst.Set(empty)
		more, err := r.open(']')
		for i := 0; more && err == nil; i++ {
			if i == 1 && r.deep == 1 { // the rest of the text is elements, likely about as long as the first
				dst.Grow(min((len(r.text)-start)/(r.at-start), growAtMost))
			}
			if dst.Cap() == i {
				dst.Grow(max(i, 2))
			}
			dst.SetLen(i + 1)
			if err := read()(r, dst.Index(i)); err != nil {
				return Below(err, i)
			}
			more, err = r.next(']')
		}
		return err
	}
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

func mapReader(t reflect.Type) decoder {
	switch t {
	case treeType:
		return (*reader).treeInto
	case textsType:
		return (*reader).textsInto
	}
	read := lazily(t.Elem())
	return func(r *reader, dst reflect.Value) error {
		out := reflect.MakeMap(t)
		dst.Set(out)
		return r.members(func(name string) error {
			v := reflect.New(t.Elem()).Elem()
			if err := read()(r, v); err != nil {
				return err
			}
			out.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), v)
			return nil
		})
	}
}

func (r *reader) treeInto(dst reflect.Value) error {
	if r.peek() != '{' {
		return r.broken("it is not an object")
	}
	v, err := r.tree()
	if err == nil {
		dst.Set(reflect.ValueOf(v))
	}
	return err
}

func (r *reader) textsInto(dst reflect.Value) error {
	if r.peek() != '{' {
		return r.broken("it is not an object")
	}
	out := map[string]string{}
	dst.Set(reflect.ValueOf(out))
	more, err := r.open('}')
	for more && err == nil {
		var name string
		if name, err = r.name(); err != nil {
			return err
		}
		if out[name], err = r.str(); err != nil {
			return Below(err, name)
		}
		more, err = r.next('}')
	}
	return err
}
