package wire

import (
	"encoding/binary"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// decoder reads the next value into one of its type, which stands at dst. That is what makes restoring a
// snapshot fast: reflection is for finding out, once for each type, what is where.
type decoder func(r *reader, dst unsafe.Pointer) error

var (
	decoders        sync.Map // reflect.Type → decoder
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	takerType       = reflect.TypeFor[Taker]()
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
	if reflect.PointerTo(t).Implements(takerType) {
		return ownTaker(t)
	}
	read := readerOf(t)
	if t == rawType {
		return read
	}
	nullable := slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface}, t.Kind())
	if t.Kind() == reflect.Struct || !nullable && !ownReader(t) {
		return read // which sees null itself
	}
	return func(r *reader, dst unsafe.Pointer) error {
		switch {
		case r.peek() != 'n':
			return read(r, dst)
		case r.word() != "null":
			return r.broken("it is not a value of JSON")
		case !nullable:
			return r.broken("it is null")
		}
		reflect.NewAt(t, dst).Elem().SetZero()
		return nil
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
		return ownValue(t)
	}
	switch t.Kind() {
	case reflect.Int:
		return signed[int]
	case reflect.Int64:
		return signed[int64]
	}
	return numeric(t)
}

func textReader(t reflect.Type) decoder {
	part := (*reader).number
	switch {
	case t == rawType:
		part = (*reader).skip
	case t == numberType:
	case ownReader(t):
		return ownValue(t)
	default:
		return (*reader).plain
	}
	return func(r *reader, dst unsafe.Pointer) (err error) {
		*(*string)(dst), err = part(r)
		return err
	}
}

func (r *reader) plain(dst unsafe.Pointer) (err error) {
	*(*string)(dst), err = r.str()
	return err
}

func (r *reader) boolean(dst unsafe.Pointer) error {
	w := r.word()
	*(*bool)(dst) = w == "true"
	if w != "true" && w != "false" {
		return r.wrong(w, "it is neither true nor false")
	}
	return nil
}

func (r *reader) anything(dst unsafe.Pointer) (err error) {
	*(*any)(dst), err = r.tree()
	return err
}

func pointerReader(t reflect.Type) decoder {
	of, read := t.Elem(), lazily(t.Elem())
	return func(r *reader, dst unsafe.Pointer) error {
		v := reflect.New(of).UnsafePointer()
		if err := read()(r, v); err != nil {
			return err
		}
		*(*unsafe.Pointer)(dst) = v
		return nil
	}
}

// signed reads the kinds of number that are most.
func signed[N int | int64](r *reader, dst unsafe.Pointer) error {
	w, err := r.number()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(w, 10, 64)
	if err != nil || int64(N(n)) != n {
		return r.broken(w + " does not fit " + reflect.TypeFor[N]().String())
	}
	*(*N)(dst) = N(n)
	return nil
}

func numeric(t reflect.Type) decoder {
	return func(r *reader, at unsafe.Pointer) error {
		w, err := r.number()
		if err != nil {
			return err
		}
		dst := reflect.NewAt(t, at).Elem()
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
		return r.broken(w + " does not fit " + t.Kind().String())
	}
}

// ownValue has a type read itself.
func ownValue(t reflect.Type) decoder {
	return func(r *reader, dst unsafe.Pointer) error {
		raw, err := r.skip()
		if err != nil {
			return err
		}
		if !json.Valid([]byte(raw)) {
			return r.broken("it is not JSON")
		}
		if err := reflect.NewAt(t, dst).Interface().(json.Unmarshaler).UnmarshalJSON([]byte(raw)); err != nil {
			return r.broken(err.Error())
		}
		return nil
	}
}

func (r *reader) instant(dst unsafe.Pointer) error {
	s, err := r.str()
	if err != nil {
		return err
	}
	into := (*time.Time)(dst)
	if s == r.instantText && s != "" { // what was made and what was changed last often are the same instant
		*into = r.instantLast
		return nil
	}
	if t, ok := instantUTC(s); ok {
		*into, r.instantText, r.instantLast = t, s, t
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
	if part[3] > 23 || part[4] > 59 || part[5] > 59 {
		return t, false
	}
	days, ok := daysTo(part[0], part[1], part[2])
	seconds := ((days*24+int64(part[3]))*60+int64(part[4]))*60 + int64(part[5])
	return time.Unix(seconds, int64(nanos)).UTC(), ok
}

// daysTo counts the days from 1970 to a date of the Gregorian calendar; ok is false when there is no such date.
func daysTo(year, month, day int) (days int64, ok bool) {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	leap := year%4 == 0 && (year%100 != 0 || year%400 == 0)
	length := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if leap && month == 2 {
		length++
	}
	before := [...]int{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}[month-1]
	if leap && month > 2 {
		before++
	}
	const daysTo1970 = 719162 // from the first day of the year 1
	y := year + 399           // of which 400 years are too many, so that nothing is negative
	days = int64(y)*365 + int64(y/4-y/100+y/400) - 146097 - daysTo1970
	return days + int64(before+day-1), day <= length
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
		return ownValue(t)
	}
	fields := fieldsOf(t)
	return func(r *reader, dst unsafe.Pointer) error {
		if r.peek() != '{' {
			return r.unexpected("it is not an object")
		}
		at := 0
		more, err := r.open('}')
		for more && err == nil {
			if at, err = fields.next(r, at); err != nil {
				return err
			}
			f := &fields.all[at]
			if err = f.read(r, unsafe.Add(dst, f.offset)); err != nil {
				return Below(err, f.name)
			}
			at++
			more, err = r.next('}')
		}
		return err
	}
}

// fields are those of a struct, in its order.
type fields struct {
	all   []field
	heads []head
}

// head is what the name of a field begins with as it is usually written, its first byte the lowest of the
// word; mask has those that it has.
type head struct{ mask, word uint64 }

func headOf(shown string) (h head) {
	for i := range min(len(shown), 8) {
		h.mask |= 0xff << (8 * i)
		h.word |= uint64(shown[i]) << (8 * i)
	}
	return h
}

type field struct {
	name   string
	shown  string // as it stands in what we have written ourselves, with the colon
	offset uintptr
	read   decoder
}

func fieldsOf(t reflect.Type) (out fields) {
	plan := planOf(t)
	out.all, out.heads = make([]field, 0, len(plan)), make([]head, 0, len(plan))
	for _, f := range plan {
		shown := string(AppendString(nil, f.name)) + ":"
		out.all = append(out.all, field{f.name, shown, offsetOf(t, f.index), decoderOf(f.of)})
		out.heads = append(out.heads, headOf(shown))
	}
	return out
}

// next reads the name of a member and returns the place of its field, which usually is the next one from
// at on.
func (fs *fields) next(r *reader, at int) (int, error) {
	r.peek()
	if rest := r.text[r.at:]; len(rest) >= 8 {
		word := binary.LittleEndian.Uint64(Bytes(rest[:8]))
		for i := at; i < len(fs.heads); i++ {
			if h := &fs.heads[i]; word&h.mask == h.word && strings.HasPrefix(rest, fs.all[i].shown) {
				r.at += len(fs.all[i].shown)
				return i, nil
			}
		}
	}
	name, err := r.name()
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(fs.all, func(f field) bool { return f.name == name })
	if i < 0 {
		return 0, Below(r.broken("nobody knows this member"), name)
	}
	return i, nil
}

// offsetOf returns where a field stands in a struct, be it one of a struct in it.
func offsetOf(t reflect.Type, index []int) (offset uintptr) {
	for _, i := range index {
		f := t.Field(i) // which panics for a pointer
		offset, t = offset+f.Offset, f.Type
	}
	return offset
}

// growAtMost is how many elements memory is taken for before they are seen.
const growAtMost = 4096

func sliceReader(t reflect.Type) decoder {
	if ownReader(t) || t.Elem().Kind() == reflect.Uint8 {
		return bytesReader(t)
	}
	read, empty, size := lazily(t.Elem()), reflect.MakeSlice(t, 0, 0), t.Elem().Size()
	return func(r *reader, at unsafe.Pointer) error {
		dst := reflect.NewAt(t, at).Elem()
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
			if err := read()(r, unsafe.Add(dst.UnsafePointer(), uintptr(i)*size)); err != nil {
				return Below(err, i)
			}
			more, err = r.next(']')
		}
		return err
	}
}

// bytesReader reads what encoding/json reads in its own way: [json.RawMessage] and base64.
func bytesReader(t reflect.Type) decoder {
	return func(r *reader, dst unsafe.Pointer) error {
		raw, err := r.skip()
		if err == nil {
			err = json.Unmarshal([]byte(raw), reflect.NewAt(t, dst).Interface())
		}
		if err != nil {
			return r.broken(err.Error())
		}
		return nil
	}
}

func mapReader(t reflect.Type) decoder {
	switch t {
	case treeType:
		return (*reader).treeInto
	case textsType:
		return (*reader).textsInto
	}
	read := lazily(t.Elem())
	return func(r *reader, dst unsafe.Pointer) error {
		out := reflect.MakeMap(t)
		reflect.NewAt(t, dst).Elem().Set(out)
		return r.members(func(name string) error {
			v := reflect.New(t.Elem())
			if err := read()(r, v.UnsafePointer()); err != nil {
				return err
			}
			out.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), v.Elem())
			return nil
		})
	}
}

func (r *reader) treeInto(dst unsafe.Pointer) (err error) {
	if r.peek() != '{' {
		return r.broken("it is not an object")
	}
	*(*map[string]any)(dst), err = r.treeObject()
	return err
}

func (r *reader) textsInto(dst unsafe.Pointer) error {
	if r.peek() != '{' {
		return r.broken("it is not an object")
	}
	out := map[string]string{}
	*(*map[string]string)(dst) = out
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
